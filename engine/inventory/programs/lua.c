/* Lua */
#include "inventory/program.h"

const struct program program_lua = {
	.name = "lua",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"lua", "lua5*", "liblua*.so*", NULL},
	.patterns = (const char *const[]){"Lua %v  Copyright", NULL},
};
