/* ingress-nginx */
#include "inventory/program.h"

const struct program program_ingress_nginx = {
	.name = "ingress-nginx",
	.files = (const char *const[]){"nginx-ingress-controller", NULL},
	.patterns = (const char *const[]){"%0v%v%s%0", NULL},
};
