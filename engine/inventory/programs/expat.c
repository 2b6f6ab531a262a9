/* Expat */
#include "inventory/program.h"

const struct program program_expat = {
	.name = "expat",
	.files = (const char *const[]){"libexpat.so*", NULL},
	.patterns = (const char *const[]){"expat_%v", NULL},
};
