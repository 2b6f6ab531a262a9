/* Erlang/OTP */
#include "inventory/program.h"

const struct program program_erlang = {
	.name = "erlang",
	.files = (const char *const[]){"erlexec", "beam.smp", NULL},
	.patterns = (const char *const[]){"/src/otp_src_%v%s/erts/", "/src/otp-%v%s/erts/", "%0%v%s%0Erlang/OTP", NULL},
};
