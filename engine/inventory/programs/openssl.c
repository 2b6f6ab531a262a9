/* OpenSSL */
#include "inventory/program.h"

const struct program program_openssl = {
	.name = "openssl",
	.files = (const char *const[]){"openssl", "libcrypto.so*", NULL},
	.patterns = (const char *const[]){"%0OpenSSL %v%s %d ", NULL},
};
