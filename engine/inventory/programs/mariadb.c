/* MariaDB */
#include "inventory/program.h"

const struct program program_mariadb = {
	.name = "mariadb",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"mariadb", "mariadbd", "mysql", "mysqld", NULL},
	.patterns = (const char *const[]){"%v%s-MariaDB", NULL},
};
