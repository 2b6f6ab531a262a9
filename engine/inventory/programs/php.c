/* PHP */
#include "inventory/program.h"

const struct program program_php = {
	.name = "php",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"php", "php7*", "php8*", "php-fpm*", "php-cgi*", "libphp*.so", NULL},
	.patterns = (const char *const[]){"X-Powered-By: PHP/%v%s", NULL},
};
