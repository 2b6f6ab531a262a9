/* lighttpd */
#include "inventory/program.h"

const struct program program_lighttpd = {
	.name = "lighttpd",
	.files = (const char *const[]){"lighttpd", NULL},
	.patterns = (const char *const[]){"lighttpd/%v", NULL},
};
