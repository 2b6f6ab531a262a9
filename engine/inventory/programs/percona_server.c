/* Percona Server */
#include "inventory/program.h"

const struct program program_percona_server = {
	.name = "percona-server",
	.files = (const char *const[]){"mysql", "mysqld", NULL},
	.patterns = (const char *const[]){"/percona-server-%v%s", NULL},
};
