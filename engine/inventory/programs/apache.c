/* Apache HTTP Server */
#include "inventory/program.h"

const struct program program_apache = {
	.name = "apache",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"httpd", "apache2", NULL},
	.patterns = (const char *const[]){"Apache/%v", NULL},
};
