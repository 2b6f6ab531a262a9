/* Percona XtraBackup */
#include "inventory/program.h"

const struct program program_percona_xtrabackup = {
	.name = "percona-xtrabackup",
	.files = (const char *const[]){"xtrabackup", NULL},
	.patterns = (const char *const[]){"/percona-xtrabackup-%v%s", NULL},
};
