/* Dart */
#include "inventory/program.h"

const struct program program_dart = {
	.name = "dart",
	.files = (const char *const[]){"dart", NULL},
	.patterns = (const char *const[]){"%0%v (stable)", "%0%v (beta)", NULL},
};
