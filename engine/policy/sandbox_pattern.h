/* parses Lua's string patterns */
#ifndef TARSIER_POLICY_SANDBOX_PATTERN_H
#define TARSIER_POLICY_SANDBOX_PATTERN_H

#include "policy/sandbox.h"

/* Lua 5.4 Reference Manual, 6.4.1:
 *
 *	pattern   ::= ["^"] {item} ["$"]
 *	item      ::= class ["*" | "+" | "-" | "?"] | "%1".."%9" | "%b" x y | "%f" set | "(" | ")" | "()"
 *	class     ::= x | "." | "%" letter | "%" punctuation | set
 *	set       ::= "[" ["^"] {x | x "-" y | "%" letter | "%" punctuation} "]"
 */

enum {
	PATTERN_DEPTH = 200,   /* items that recurse, as in Lua: limits the C stack */
	PATTERN_CAPTURES = 32, /* as in Lua */
	PATTERN_INLINE = 24,   /* items of patterns that need no allocation */
};

enum kind { ONE, OPEN, CLOSE, POSITION, BALANCE, FRONTIER, BACK, END };

struct item {
	uint8_t kind;
	char repeat;     /* '*' '+' '-' '?' or 0, of ONE */
	uint8_t a, b;    /* BALANCE: the two bytes; BACK, CLOSE: the capture */
	uint32_t set[8]; /* ONE, FRONTIER: one bit for each byte */
};

struct pattern {
	struct item *items;
	size_t count;
	bool is_anchored;
	struct item room[PATTERN_INLINE];
};

static inline bool set_has(const uint32_t *set, char c)
{
	unsigned byte = (unsigned char)c;
	return set[byte / 32] >> byte % 32 & 1;
}

/* Raises for an invalid pattern. The items of a long pattern are in a userdata that is left on the stack. */
void pattern_compile(lua_State *L, struct pattern *pattern, span source, bool may_anchor);

#endif
