/* Rust's compiler and standard library */
#include "inventory/program.h"

const struct program program_rust = {
	.name = "rust",
	.files = (const char *const[]){"rustc", "libstd-*.so", "librustc_driver-*.so", NULL},
	.patterns = (const char *const[]){"rustc version %v", NULL},
};
