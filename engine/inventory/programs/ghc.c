/* GHC */
#include "inventory/program.h"

const struct program program_ghc = {
	.name = "ghc",
	.files = (const char *const[]){"ghc*", NULL},
	.patterns = (const char *const[]){"%0GHC %v%0", "libHSghc-%v-", NULL},
};
