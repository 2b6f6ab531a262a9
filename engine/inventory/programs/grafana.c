/* Grafana */
#include "inventory/program.h"

const struct program program_grafana = {
	.name = "grafana",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"grafana", "grafana-server", NULL},
	.patterns = (const char *const[]){"%0release-%v", "%0%v%0v%d.%d.x%0", NULL},
};
