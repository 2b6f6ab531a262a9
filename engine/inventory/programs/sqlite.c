/* SQLite */
#include "inventory/program.h"

const struct program program_sqlite = {
	.name = "sqlite",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"sqlite3", "libsqlite3.so*", NULL},
	.patterns = (const char *const[]){"%0%v%0", NULL},
	.named = true,
};
