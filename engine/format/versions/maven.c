/* Maven's ComparableVersion, as of Maven 3 (https://maven.apache.org/pom.html, "Version Order Specification"):
 *
 *	version ::= item ((("." | "-") item?)* | item)…    item ::= digits | word    word: anything else but "." and "-"
 *
 * A hyphen begins a list inside the list, which is always its last member, and so does a change between digits and a
 * word: 1.0-rc2 is [1 0 [rc [2]]]. A word after a dot has a list of its own if it ends the version or a digit follows:
 * 1.0.RC2 = 1.0-RC2. An absent item is 0. Null items (0, "final", "ga", "release") at the end of a list have no effect,
 * nor has a list without any other: 1.0.0-ga = 1. Case does not matter.
 *
 * Lists are compared item by item. Where both have one, a word is before a list, and a list is before a number. An item
 * beside nothing is compared with a null item. Words have the order of `qualifiers`, then all others by their bytes.
 *
 * The order is Maven's own, and as there it is not transitive where a separator follows a word or a separator, or a number
 * "ga" or "final": 1.x.2 < 1-alpha < 1 < 1.x.2, 01.a < 1ga00alpha10 < 1 < 01.a, 2 < 2-_1000SNAPSHOT < 2--.0cr < 2. */
#include "format/version.h"

#include <string.h>
#include <strings.h>

enum kind { END, WORD, OPEN, NUMBER }; /* in their order, apart from END */

struct maven_item {
	enum kind kind;
	span text;
	bool before_digit; /* a word; so "a1" is alpha 1, and "a" is just a */
};

struct maven_items {
	span rest;
	size_t depth;   /* of lists */
	bool empty;     /* nothing is in the innermost list yet */
	bool open;      /* the next token opens a list */
};

/* A version without the items that have no effect. */
struct maven_cursor {
	struct maven_items tokens;
	bool looked;          /* the next two are known */
	bool more;            /* an item follows that is not null */
	size_t depth;         /* … in this list */
};

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

static span take_word(span *rest)
{
	size_t length = 0;
	while (length < rest->len && rest->ptr[length] != '.' && rest->ptr[length] != '-' &&
	       !version_is_digit(rest->ptr[length]))
		length++;
	span word = {rest->ptr, length};
	*rest = span_from(*rest, length);
	return word;
}

/* Takes the separator after an item. No separator but more text means a change between digits and a word. */
static void take_separator(struct maven_items *tokens)
{
	tokens->empty = false;
	if (tokens->rest.len > 0 && !version_take_char(&tokens->rest, '.')) {
		version_take_char(&tokens->rest, '-');
		tokens->open = true;
	}
}

static struct maven_item open_list(struct maven_items *tokens)
{
	tokens->open = false;
	tokens->empty = true;
	tokens->depth++;
	return (struct maven_item){.kind = OPEN};
}

static struct maven_item next_token(struct maven_items *tokens)
{
	if (tokens->open)
		return open_list(tokens);
	if (tokens->rest.len == 0)
		return (struct maven_item){.kind = END};
	span before = tokens->rest;
	struct maven_item token = {.kind = WORD, .text = take_word(&tokens->rest)};
	if (token.text.len == 0) {
		token.kind = NUMBER;
		token.text = version_take_digits(&tokens->rest);
	} else {
		token.before_digit = tokens->rest.len > 0 && version_is_digit(tokens->rest.ptr[0]);
		if (!tokens->empty && (token.before_digit || tokens->rest.len == 0)) {
			tokens->rest = before;
			return open_list(tokens);
		}
	}
	take_separator(tokens);
	return token;
}

/* ---- qualifiers -------------------------------------------------------------------------------------------------- */

enum { RELEASE = 5, OTHER = 7 };

static int rank_of(struct maven_item word)
{
	static const struct { const char *name; int rank; bool before_digit; } qualifiers[] = {
		{"alpha", 0, false}, {"a", 0, true},    {"beta", 1, false},     {"b", 1, true},      {"milestone", 2, false},
		{"m", 2, true},      {"rc", 3, false},  {"cr", 3, false},       {"snapshot", 4, false}, {"", RELEASE, false},
		{"ga", RELEASE, false}, {"final", RELEASE, false}, {"release", RELEASE, false}, {"sp", 6, false},
	};
	for (size_t i = 0; i < sizeof qualifiers / sizeof *qualifiers; i++)
		if (word.text.len == strlen(qualifiers[i].name) && (!qualifiers[i].before_digit || word.before_digit) &&
		    strncasecmp(word.text.ptr, qualifiers[i].name, word.text.len) == 0)
			return qualifiers[i].rank;
	return OTHER;
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

static int compare_letters(span a, span b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++)
		if (lower(a.ptr[i]) != lower(b.ptr[i]))
			return lower(a.ptr[i]) < lower(b.ptr[i]) ? -1 : 1;
	return (a.len > b.len) - (a.len < b.len);
}

static int compare_words(struct maven_item a, struct maven_item b)
{
	int left = rank_of(a), right = rank_of(b);
	if (left != right)
		return left < right ? -1 : 1;
	return left == OTHER ? compare_letters(a.text, b.text) : 0;
}

/* Returns the order of an item and nothing. A list has none of its own: its items decide. */
static int compare_with_nothing(struct maven_item token)
{
	if (token.kind == NUMBER)
		return version_compare_digits(token.text, SPAN("0"));
	int rank = token.kind == WORD ? rank_of(token) : RELEASE;
	return (rank > RELEASE) - (rank < RELEASE);
}

/* ---- without null items ------------------------------------------------------------------------------------------ */

static bool is_null(struct maven_item token)
{
	return token.kind != OPEN && token.kind != END && compare_with_nothing(token) == 0;
}

/* Finds the next item that is not null. Each is looked for once, so that time stays linear. */
static void look_ahead(struct maven_cursor *cursor)
{
	if (cursor->looked)
		return;
	struct maven_items tokens = cursor->tokens;
	struct maven_item token;
	do
		token = next_token(&tokens);
	while (token.kind == OPEN || is_null(token));
	cursor->looked = true;
	cursor->more = token.kind != END;
	cursor->depth = tokens.depth;
}

static struct maven_item next(struct maven_cursor *cursor)
{
	for (;;) {
		struct maven_item token = next_token(&cursor->tokens);
		if (token.kind == END)
			return token;
		if (token.kind != OPEN && !is_null(token)) {
			cursor->looked = false;
			return token;
		}
		look_ahead(cursor);
		if (!cursor->more)
			return (struct maven_item){.kind = END};
		if (token.kind == OPEN || cursor->depth == cursor->tokens.depth)
			return token;
	}
}

static int compare_rest_with_nothing(struct maven_item token, struct maven_cursor *rest)
{
	int order = 0;
	for (; order == 0 && token.kind != END; token = next(rest))
		order = compare_with_nothing(token);
	return order;
}

static int compare(span a, span b)
{
	struct maven_cursor left = {.tokens = {.rest = a, .empty = true}}, right = {.tokens = {.rest = b, .empty = true}};
	int order = 0;
	while (order == 0) {
		struct maven_item from_a = next(&left), from_b = next(&right);
		if (from_a.kind == END)
			return -compare_rest_with_nothing(from_b, &right);
		if (from_b.kind == END)
			return compare_rest_with_nothing(from_a, &left);
		if (from_a.kind != from_b.kind)
			order = from_a.kind < from_b.kind ? -1 : 1;
		else if (from_a.kind == NUMBER)
			order = version_compare_digits(from_a.text, from_b.text);
		else if (from_a.kind == WORD)
			order = compare_words(from_a, from_b);
	}
	return order;
}

/* ComparableVersion takes any text. What has blanks or an unresolved property of a build ("${revision}") is not a
 * version, though. */
static bool valid(span version)
{
	for (size_t i = 0; i < version.len; i++)
		if ((unsigned char)version.ptr[i] <= ' ' || version.ptr[i] == 0x7f || strchr("${}", version.ptr[i]))
			return false;
	return version.len > 0;
}

static const char *const ecosystems[] = {"Maven", NULL};

const struct version_scheme scheme_maven = {
	.name = "maven", .compare = compare, .valid = valid, .ecosystems = ecosystems, .circular = true};
