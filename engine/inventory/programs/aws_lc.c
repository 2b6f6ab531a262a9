/* AWS-LC */
#include "inventory/program.h"

const struct program program_aws_lc = {
	.name = "aws-lc",
	.files = (const char *const[]){"openssl", "libcrypto.so*", NULL},
	.patterns = (const char *const[]){"AWS-LC %v)", NULL},
};
