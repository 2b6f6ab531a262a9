/* Perl */
#include "inventory/program.h"

const struct program program_perl = {
	.name = "perl",
	.files = (const char *const[]){"perl", "perl5*", "libperl.so*", NULL},
	.patterns = (const char *const[]){"/lib/perl5/%v", "/perl5/%v/", "/perl/%v", NULL},
};
