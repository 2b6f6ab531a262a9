/* Percona XtraDB Cluster */
#include "inventory/program.h"

const struct program program_percona_xtradb_cluster = {
	.name = "percona-xtradb-cluster",
	.files = (const char *const[]){"mysql", "mysqld", NULL},
	.patterns = (const char *const[]){"/Percona-XtraDB-Cluster-%v%s", NULL},
};
