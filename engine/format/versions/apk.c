/* apk-package(5), as apk-tools orders it (`apk version -t`). Versions 2 and 3 agree except as noted here:
 *
 *	version  ::= numbers (letter numbers?)* ("_" suffix number?)* ("~" hash)? ("-r" number)?
 *	numbers  ::= number ("." number)*
 *	suffix   ::= "alpha" | "beta" | "pre" | "rc" | "cvs" | "svn" | "git" | "hg" | "p"
 *	letter   ::= [a-z]    number ::= [0-9]+    hash ::= [0-9a-f]+
 *
 * Numbers after a letter ("1.9.5p2") are from apk-tools 2, hashes from 3. A number that begins with a zero is compared
 * as text, as apk-tools 3 does and Gentoo specifies.
 *
 * Two versions are read side by side, token by token, until they differ. The text after the difference is ignored: apk
 * orders 70.3.0-rc0 relative to 75.0.0, though it would not build such a package. */
#include "format/version.h"

#include <string.h>

/* If the next tokens are of different kinds, or one version has ended, the kind that is earlier in this list is
 * greater. Only the suffix of a pre-release is less than all others. */
enum kind { FIRST_NUMBER, NUMBER, LETTER_NUMBER, LETTER, SUFFIX, SUFFIX_NUMBER, HASH, REVISION, END, INVALID };

struct token {
	enum kind kind;
	span text;
	int suffix;  /* negative for a pre-release */
	bool broken; /* the token is invalid, but apk continues */
};

struct suffix { const char *word; int rank; };

/* Reads the front of the text only: in "_patch" the text after p makes the version invalid. */
static const struct suffix *find_suffix(span text)
{
	static const struct suffix suffixes[] = {
		{"alpha", -4}, {"beta", -3}, {"pre", -2}, {"rc", -1}, {"cvs", 1}, {"svn", 2}, {"git", 3}, {"hg", 4}, {"p", 5},
	};
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (span_starts(text, suffixes[i].word))
			return &suffixes[i];
	return NULL;
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_hex(char c)
{
	return version_is_digit(c) || (c >= 'a' && c <= 'f');
}

/* An absent number is 0. */
static struct token number(enum kind kind, span *rest)
{
	struct token token = {.kind = kind, .text = version_take_digits(rest)};
	token.broken = token.text.len == 0;
	return token;
}

static struct token first_number(span *rest)
{
	struct token token = number(FIRST_NUMBER, rest);
	return token.broken ? (struct token){.kind = INVALID, .text = SPAN("")} : token;
}

static struct token suffix(span *rest)
{
	span word = span_from(*rest, 1);
	const struct suffix *found = find_suffix(word);
	if (!found)
		return (struct token){.kind = INVALID, .text = SPAN("")};
	*rest = span_from(word, strlen(found->word));
	return (struct token){.kind = SUFFIX, .text = {word.ptr, strlen(found->word)}, .suffix = found->rank};
}

static struct token hash(span *rest)
{
	size_t length = 1;
	while (length < rest->len && is_hex(rest->ptr[length]))
		length++;
	struct token token = {.kind = length > 1 ? HASH : INVALID, .text = {rest->ptr + 1, length - 1}};
	*rest = span_from(*rest, length);
	return token;
}

/* Returns the token after one of kind `last`; INVALID if it may not follow. */
static struct token next_token(enum kind last, span *rest)
{
	const struct token invalid = {.kind = INVALID, .text = SPAN("")};
	bool in_numbers = last <= LETTER_NUMBER;
	if (rest->len == 0)
		return (struct token){.kind = END, .text = SPAN("")};
	char c = rest->ptr[0];
	if (version_is_digit(c))
		return last == SUFFIX ? number(SUFFIX_NUMBER, rest) : last == LETTER ? number(LETTER_NUMBER, rest) : invalid;
	if (is_lower(c) && in_numbers) {
		struct token token = {.kind = LETTER, .text = {rest->ptr, 1}};
		*rest = span_from(*rest, 1);
		return token;
	}
	if (c == '.' && in_numbers && version_take_char(rest, '.'))
		return number(NUMBER, rest);
	if (c == '_' && last <= SUFFIX_NUMBER)
		return suffix(rest);
	if (c == '~' && last < HASH)
		return hash(rest);
	if (c == '-' && last < REVISION && version_take_char(rest, '-') && version_take_char(rest, 'r'))
		return number(REVISION, rest);
	return invalid;
}

/* Compares two tokens of one kind. A number after a dot that begins with a zero is a fraction: 1.05 < 1.1, 1.10 >
 * 1.1. */
static int compare_tokens(const struct token *a, const struct token *b)
{
	switch (a->kind) {
	case NUMBER:
		if (span_starts(a->text, "0") || span_starts(b->text, "0"))
			return span_compare(a->text, b->text);
		return version_compare_digits(a->text, b->text);
	case FIRST_NUMBER:
	case LETTER_NUMBER:
	case SUFFIX_NUMBER:
	case REVISION:
		return version_compare_digits(a->text, b->text);
	case SUFFIX:
		return (a->suffix > b->suffix) - (a->suffix < b->suffix);
	default:
		return span_compare(a->text, b->text);
	}
}

static bool is_pre(const struct token *token)
{
	return token->kind == SUFFIX && token->suffix < 0;
}

/* Takes equal tokens off both fronts. Returns the order of the last two, if they are of one kind. */
static int skip_common(span *a, span *b, struct token *left, struct token *right)
{
	*left = first_number(a);
	*right = first_number(b);
	while (left->kind == right->kind && left->kind < END) {
		int order = compare_tokens(left, right);
		if (order)
			return order;
		*left = next_token(left->kind, a);
		*right = next_token(right->kind, b);
	}
	return 0;
}

static int compare(span a, span b)
{
	struct token left, right;
	int order = skip_common(&a, &b, &left, &right);
	if (order || left.kind == right.kind)
		return order;
	if (is_pre(&left) || is_pre(&right))
		return is_pre(&left) ? -1 : 1;
	return left.kind > right.kind ? -1 : 1;
}

/* They differ before either becomes invalid. */
static bool ordered(span a, span b)
{
	struct token left, right;
	int order = skip_common(&a, &b, &left, &right);
	return left.kind != INVALID && right.kind != INVALID && (order || left.kind != right.kind);
}

static bool valid(span version)
{
	bool broken = false;
	struct token token = first_number(&version);
	for (; token.kind < END; token = next_token(token.kind, &version))
		broken = broken || token.broken;
	return token.kind == END && !broken;
}

/* "1.2.3" means 1.2.3-r0, -r1 and so on. */
static bool covers(span bound, span version)
{
	ptrdiff_t revision = span_find_last(version, '-');
	return revision >= 0 && span_find(bound, '-') < 0 && compare(bound, (span){version.ptr, (size_t)revision}) == 0;
}

static const char *const ecosystems[] = {
	"Alpine", "Alpaquita", "BellSoft Hardened Containers", "Chainguard", "CleanStart", "MinimOS", "Wolfi", NULL,
};

const struct version_scheme scheme_apk = {
	.name = "apk", .compare = compare, .valid = valid, .ecosystems = ecosystems, .ordered = ordered, .covers = covers};
