/* HAProxy */
#include "inventory/program.h"

const struct program program_haproxy = {
	.name = "haproxy",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"haproxy", NULL},
	.patterns = (const char *const[]){"HA-Proxy version %v%s", "HAProxy version %v%s", "version %v%s-%w, released 20", "version %v%s, released 20", NULL},
};
