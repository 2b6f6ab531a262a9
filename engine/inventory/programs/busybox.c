/* BusyBox: its name for hard links may be its first applet's, "[" */
#include "inventory/program.h"

const struct program program_busybox = {
	.name = "busybox",
	.files = (const char *const[]){"busybox", "[", NULL},
	.patterns = (const char *const[]){"BusyBox v%v", NULL},
};
