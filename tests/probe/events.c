/* events that wait for the host's thread */
#include "probe.h"

#include "scan/events.h"

#include <string.h>

int probe_events(lua_State *L);

static void on_event(void *user, const struct tarsier_event *event)
{
	lua_State *L = user;
	if (event->kind != TARSIER_EVENT_WARNING)
		return;
	lua_createtable(L, 0, 2);
	lua_pushstring(L, event->digest);
	lua_setfield(L, -2, "digest");
	lua_pushstring(L, event->message);
	lua_setfield(L, -2, "message");
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

/* deliver({ { digest =, message = }, … }) --> the same, from copies: what was posted is overwritten before it is delivered */
static int l_deliver(lua_State *L)
{
	struct events events;
	struct tarsier_error error;
	char digest[2000], message[2000];
	if (events_init(&events, NULL, on_event, L, &error) < 0)
		return probe_fail(L, &error);
	for (lua_Integer i = 1; lua_rawgeti(L, 1, i) == LUA_TTABLE; i++) {
		struct tarsier_event event = {.kind = TARSIER_EVENT_WARNING};
		if (lua_getfield(L, -1, "digest") == LUA_TSTRING)
			event.digest = strncpy(digest, lua_tostring(L, -1), sizeof digest - 1);
		if (lua_getfield(L, -2, "message") == LUA_TSTRING)
			event.message = strncpy(message, lua_tostring(L, -1), sizeof message - 1);
		events_post(&events, &event);
		memset(digest, '\0', sizeof digest);
		memset(message, '\0', sizeof message);
		lua_pop(L, 3);
	}
	events_finish(&events);
	lua_newtable(L);
	while (events_pump(&events))
		;
	events_free(&events);
	return 1;
}

static const luaL_Reg functions[] = {{"deliver", l_deliver}, {NULL, NULL}};

int probe_events(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
