/* Vault */
#include "inventory/program.h"

const struct program program_vault = {
	.name = "vault",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"vault", NULL},
	.patterns = (const char *const[]){"revoke%v", "index_state%v%s", NULL},
};
