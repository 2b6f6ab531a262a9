/* Istio */
#include "inventory/program.h"

const struct program program_istio = {
	.name = "istio",
	.files = (const char *const[]){"pilot-discovery", "pilot-agent", NULL},
	.patterns = (const char *const[]){"Clean%0%v%s%0", NULL},
};
