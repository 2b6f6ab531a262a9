/* ProFTPD */
#include "inventory/program.h"

const struct program program_proftpd = {
	.name = "proftpd",
	.files = (const char *const[]){"proftpd", NULL},
	.patterns = (const char *const[]){"ProFTPD Version %v%s", NULL},
};
