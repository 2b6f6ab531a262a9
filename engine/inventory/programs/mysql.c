/* MySQL */
#include "inventory/program.h"

const struct program program_mysql = {
	.name = "mysql",
	.files = (const char *const[]){"mysql", "mysqld", NULL},
	.patterns = (const char *const[]){"%0%v%s%0mysql", "/mysql-%v%s", NULL},
};
