/* Composer */
#include "inventory/program.h"

const struct program program_composer = {
	.name = "composer",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"composer", "composer.phar", NULL},
	.patterns = (const char *const[]){"'pretty_version' => '%v%s'", NULL},
	.text = true,
};
