/* Consul */
#include "inventory/program.h"

const struct program program_consul = {
	.name = "consul",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"consul", NULL},
	.patterns = (const char *const[]){"CONSUL_VERSION: %v", "GitDescribe=%v\"", NULL},
};
