/* the parts of the prelude, the environment of policies in the sandbox */
#include "policy/run.h"

struct prelude_part {
	const unsigned char *code; /* compiled by the Lua of the build */
	size_t size;
	const char *text;
};

#include "prelude.inc"

_Static_assert(sizeof prelude_parts / sizeof *prelude_parts == PRELUDE_PARTS, "as many as the Makefile's PRELUDE");

/* Compiling takes ten times as long as loading what is compiled already. */
static void push_part(lua_State *L, const struct prelude_part *part)
{
	if (luaL_loadbufferx(L, (const char *)part->code, part->size, "=prelude", "b") == LUA_OK)
		return;
	lua_pop(L, 1); /* this is another Lua than the build's */
	sandbox_load(L, span_of(part->text), "=prelude");
}

void prelude_run(lua_State *L, size_t part)
{
	push_part(L, &prelude_parts[part]);
	lua_pushvalue(L, -2);
	lua_call(L, 1, 0);
}
