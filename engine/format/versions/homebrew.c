/* Homebrew's PkgVersion and Version (Library/Homebrew/version.rb, pkg_version.rb):
 *
 *	version ::= text ["_" revision] | "HEAD" ["-" commit]
 *	text    ::= (token | any other character)*
 *	token   ::= ("alpha" | "beta" | "pre" | "rc" | "p") digits | ("a" | "b") digits+ | any "post" digits+
 *	          | digits+ | letters+
 *
 * in any case, where the first kind that matches is taken: "patch" is "p", then "atch". Any character may precede "post".
 * Tokens that are missing count as a null token: a number of 0 equals it, pre-releases are less, all else is greater. A
 * number is compared with what follows if the other side has letters. HEAD is greater than all.
 *
 * The order is Homebrew's own, and as there it is not transitive where words are compared as text:
 * 1b2 < 1 < 1HEAD < 1b2. */
#include "format/version.h"

#include <string.h>
#include <strings.h>

/* Pre-releases first, in their order. Words are all that is compared as text. */
enum kind { ALPHA, BETA, PRE, CANDIDATE, PATCH, POST, WORD, NUMBER, NOTHING };

struct brew_token {
	enum kind kind;
	span text;
	span number; /* of a word that has one, or the number itself */
};

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

static const struct { const char *word; enum kind kind; bool numbered; } words[] = {
	{"alpha", ALPHA, false}, {"a", ALPHA, true}, {"beta", BETA, false}, {"b", BETA, true},
	{"pre", PRE, false},     {"rc", CANDIDATE, false}, {"p", PATCH, false},
};

static bool take_word(span *rest, const char *word, bool numbered, struct brew_token *token)
{
	size_t length = strlen(word);
	if (rest->len < length || strncasecmp(rest->ptr, word, length) != 0)
		return false;
	span after = span_from(*rest, length), number = version_take_digits(&after);
	if (numbered && !number.len)
		return false;
	token->number = number;
	token->text = (span){rest->ptr, rest->len - after.len};
	*rest = after;
	return true;
}

static bool take_post(span *rest, struct brew_token *token)
{
	span after = span_from(*rest, 1);
	if (!take_word(&after, "post", true, token))
		return false;
	token->text = (span){rest->ptr, rest->len - after.len};
	*rest = after;
	return true;
}

static bool take_token(span *rest, struct brew_token *token)
{
	*token = (struct brew_token){.text = SPAN(""), .number = SPAN("")};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		token->kind = words[i].kind;
		if (take_word(rest, words[i].word, words[i].numbered, token))
			return true;
	}
	token->kind = POST;
	if (take_post(rest, token))
		return true;
	token->kind = NUMBER;
	token->number = token->text = version_take_digits(rest);
	if (token->text.len)
		return true;
	token->kind = WORD;
	token->text = version_take_letters(rest);
	return token->text.len;
}

static struct brew_token next_token(span *rest)
{
	struct brew_token token;
	for (; rest->len; *rest = span_from(*rest, 1))
		if (take_token(rest, &token))
			return token;
	return (struct brew_token){.kind = NOTHING, .text = SPAN(""), .number = SPAN("")};
}

/* ---- their order ------------------------------------------------------------------------------------------------- */

static int compare_null(const struct brew_token *other)
{
	if (other->kind == NUMBER)
		return -version_compare_digits(other->number, SPAN(""));
	if (other->kind == NOTHING)
		return 0;
	return other->kind <= CANDIDATE ? 1 : -1;
}

static int compare_tokens(const struct brew_token *a, const struct brew_token *b)
{
	if (a->kind == NOTHING)
		return compare_null(b);
	if (b->kind == NOTHING)
		return -compare_null(a);
	if (a->kind == NUMBER || b->kind == NUMBER)
		return a->kind == b->kind ? version_compare_digits(a->number, b->number) : a->kind == NUMBER ? 1 : -1;
	if (a->kind == b->kind && a->kind != WORD)
		return version_compare_digits(a->number, b->number);
	bool as_text = a->kind == WORD || b->kind == WORD || (a->kind > CANDIDATE && b->kind > CANDIDATE);
	return as_text ? span_compare(a->text, b->text) : a->kind < b->kind ? -1 : 1;
}

static int compare_texts(span a, span b)
{
	struct brew_token left = next_token(&a), right = next_token(&b);
	while (left.kind != NOTHING || right.kind != NOTHING) {
		int order = compare_tokens(&left, &right);
		bool number = left.kind == NUMBER, other = right.kind == NUMBER;
		if (order && (number == other || compare_null(number ? &left : &right)))
			return number == other ? order : number ? 1 : -1;
		if (!order || number)
			left = next_token(&a);
		if (!order || other)
			right = next_token(&b);
	}
	return 0;
}

/* Cuts "_3" off a version, unless nothing else is left of it. */
static span take_revision(span *version)
{
	ptrdiff_t at = span_find_last(*version, '_');
	span revision = at > 0 ? span_from(*version, (size_t)at + 1) : SPAN(""), rest = revision;
	version_take_digits(&rest);
	if (!revision.len || rest.len)
		return SPAN("");
	version->len = (size_t)at;
	return revision;
}

static bool is_head(span version)
{
	return span_is(version, "HEAD") || span_starts(version, "HEAD-");
}

static int compare(span a, span b)
{
	span left = take_revision(&a), right = take_revision(&b);
	if (is_head(a) != is_head(b))
		return is_head(a) ? 1 : -1;
	int order = is_head(a) ? 0 : compare_texts(a, b);
	return order ? order : version_compare_digits(left, right);
}

static bool valid(span version)
{
	bool any = false;
	for (size_t i = 0; i < version.len; i++) {
		if ((unsigned char)version.ptr[i] <= ' ' || (unsigned char)version.ptr[i] >= 0x7f || version.ptr[i] == '/')
			return false;
		any = any || version_is_digit(version.ptr[i]);
	}
	return any || is_head(version);
}

static const char *const ecosystems[] = {"Homebrew", NULL};

const struct version_scheme scheme_homebrew = {
	.name = "homebrew", .compare = compare, .valid = valid, .ecosystems = ecosystems, .circular = true};
