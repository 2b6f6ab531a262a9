/* Cabal */
#include "inventory/program.h"

const struct program program_cabal = {
	.name = "cabal",
	.files = (const char *const[]){"cabal", NULL},
	.patterns = (const char *const[]){"%0Cabal-%v-", "cabal-install-%v-", NULL},
};
