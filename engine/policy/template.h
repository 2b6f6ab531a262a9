/* report templates: a team's script that writes a report, in the sandbox of policies */
#ifndef TARSIER_POLICY_TEMPLATE_H
#define TARSIER_POLICY_TEMPLATE_H

#include "base/span.h"
#include "tarsier.h"

#include <lua.h>

/* A template is Lua text that returns { name, summary, extension, write = function(report, out) … end }. It sees the
 * sandbox's library, and `escape`, a table of functions that make text safe for a kind of document. */
struct template_job {
	const char *name; /* of the file, in messages */
	span text;
	lua_State *host;  /* the state that has the rest, at these absolute indexes: */
	int result;       /* the report as a table; 0: the template is only checked, and about is filled */
	int out;          /* a function that takes pieces of the report */
	int escape;       /* a function(kind, text) -> text */
	uint64_t instructions; /* what it may run; 0: a thousand million, ten times what a judgement may */
	char about[3][128]; /* name, summary, extension */
};

/* The kinds of escape; NULL at the end. */
extern const char *const template_escapes[];

/* Runs or checks the template. Raises no error in the host's state, and leaves its stack as it was. Fails with POLICY and a
 * message that names the file, the line or the exceeded bound. */
int template_run(struct template_job *job, struct tarsier_error *error);

#endif
