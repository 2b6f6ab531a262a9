/* OpenSSH */
#include "inventory/program.h"

const struct program program_openssh = {
	.name = "openssh",
	.files = (const char *const[]){"sshd", "ssh", NULL},
	.patterns = (const char *const[]){"OpenSSH_%v%s", NULL},
};
