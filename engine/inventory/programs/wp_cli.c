/* WP-CLI */
#include "inventory/program.h"

const struct program program_wp_cli = {
	.name = "wp-cli",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"wp", "wp-cli.phar", NULL},
	.patterns = (const char *const[]){"wp-cli/wp-cli %v", NULL},
	.text = true,
};
