/* the parts of the prelude, the environment of policies in the sandbox */
#include "policy/run.h"
#include "prelude.inc"

_Static_assert(sizeof prelude_parts / sizeof *prelude_parts == PRELUDE_PARTS, "as many as the Makefile's PRELUDE");

static int add_code(lua_State *L, const void *piece, size_t size, void *code)
{
	(void)L;
	return !buffer_add(code, piece, size);
}

/* A judge has a sandbox for each policy that is checked, and one that judges. What Lua compiled for the first is loaded by the
 * others in a tenth of the time. */
static void push_part(lua_State *L, struct buffer *code, size_t part)
{
	if (code->length) {
		if (luaL_loadbufferx(L, code->data, code->length, "=prelude", "b") != LUA_OK)
			lua_error(L);
		return;
	}
	sandbox_load(L, span_of(prelude_parts[part]), "=prelude");
	if (lua_dump(L, add_code, code, 0) != 0)
		buffer_free(code); /* no memory: the next one compiles it again */
}

void prelude_run(lua_State *L, tarsier_judge *judge, size_t part)
{
	push_part(L, &judge->prelude[part], part);
	lua_pushvalue(L, -2);
	lua_call(L, 1, 0);
}
