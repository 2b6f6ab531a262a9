/* Elixir */
#include "inventory/program.h"

const struct program program_elixir = {
	.name = "elixir",
	.files = (const char *const[]){"elixir", "elixir.app", NULL},
	.patterns = (const char *const[]){"ELIXIR_VERSION=%v%s", "{vsn,\"%v%s\"}", NULL},
	.text = true,
};
