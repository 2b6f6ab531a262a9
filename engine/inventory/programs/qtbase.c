/* Qt */
#include "inventory/program.h"

const struct program program_qtbase = {
	.name = "qtbase",
	.files = (const char *const[]){"libQt*Core.so*", NULL},
	.patterns = (const char *const[]){"%0Qt %v (", "QtCore library version %v", NULL},
};
