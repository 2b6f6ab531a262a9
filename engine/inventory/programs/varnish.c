/* Varnish */
#include "inventory/program.h"

const struct program program_varnish = {
	.name = "varnish",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"varnishd", NULL},
	.patterns = (const char *const[]){"varnish-%v ", NULL},
};
