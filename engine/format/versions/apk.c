/* apk-package(5), as apk-tools 2.14 and 3 order it (`apk version -t`):
 *
 *	version  ::= number ("." number)* letter? ("_" suffix number?)* ("~" hash)? ("-r" number)?
 *	suffix   ::= "alpha" | "beta" | "pre" | "rc" | "cvs" | "svn" | "git" | "hg" | "p"
 *	letter   ::= [a-z]    number ::= [0-9]+    hash ::= [0-9a-f]+
 *
 * Two versions are read side by side, token by token, until they differ. */
#include "format/version.h"

/* Where one version has a token and the other another, or none, the earlier one in this list is the greater; only a
 * suffix of a pre-release is less than anything else. */
enum kind { FIRST_NUMBER, NUMBER, LETTER, SUFFIX, SUFFIX_NUMBER, HASH, REVISION, END, INVALID };

struct token {
	enum kind kind;
	span text;
	int suffix; /* below 0: a pre-release's */
};

static int suffix_rank(span word)
{
	static const struct { const char *word; int rank; } suffixes[] = {
		{"alpha", -4}, {"beta", -3}, {"pre", -2}, {"rc", -1}, {"cvs", 1}, {"svn", 2}, {"git", 3}, {"hg", 4}, {"p", 5},
	};
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (span_is(word, suffixes[i].word))
			return suffixes[i].rank;
	return 0;
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_hex(char c)
{
	return version_is_digit(c) || (c >= 'a' && c <= 'f');
}

static struct token number(enum kind kind, span *rest)
{
	struct token token = {kind, version_take_digits(rest), 0};
	if (token.text.len == 0)
		token.kind = INVALID;
	return token;
}

static struct token suffix(span *rest)
{
	size_t length = 1;
	while (length < rest->len && is_lower(rest->ptr[length]))
		length++;
	struct token token = {SUFFIX, {rest->ptr + 1, length - 1}, 0};
	token.suffix = suffix_rank(token.text);
	if (token.suffix == 0)
		token.kind = INVALID;
	*rest = span_from(*rest, length);
	return token;
}

static struct token hash(span *rest)
{
	size_t length = 1;
	while (length < rest->len && is_hex(rest->ptr[length]))
		length++;
	struct token token = {length > 1 ? HASH : INVALID, {rest->ptr + 1, length - 1}, 0};
	*rest = span_from(*rest, length);
	return token;
}

/* The token behind one of kind `last`; INVALID where that may not follow. */
static struct token next_token(enum kind last, span *rest)
{
	const struct token invalid = {INVALID, SPAN(""), 0};
	if (rest->len == 0)
		return (struct token){END, SPAN(""), 0};
	char c = rest->ptr[0];
	if (version_is_digit(c))
		return last == SUFFIX ? number(SUFFIX_NUMBER, rest) : invalid;
	if (is_lower(c) && last <= NUMBER) {
		struct token token = {LETTER, {rest->ptr, 1}, 0};
		*rest = span_from(*rest, 1);
		return token;
	}
	if (c == '.' && last <= NUMBER && version_take_char(rest, '.'))
		return number(NUMBER, rest);
	if (c == '_' && last <= SUFFIX_NUMBER)
		return suffix(rest);
	if (c == '~' && last < HASH)
		return hash(rest);
	if (c == '-' && last < REVISION && version_take_char(rest, '-') && version_take_char(rest, 'r'))
		return number(REVISION, rest);
	return invalid;
}

/* Both of one kind. A number behind a dot that begins with a zero is a fraction: 1.05 < 1.1, 1.10 > 1.1. */
static int compare_tokens(const struct token *a, const struct token *b)
{
	switch (a->kind) {
	case NUMBER:
		if (a->text.ptr[0] == '0' || b->text.ptr[0] == '0')
			return span_compare(a->text, b->text);
		return version_compare_digits(a->text, b->text);
	case FIRST_NUMBER:
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

static int compare(span a, span b)
{
	struct token left = number(FIRST_NUMBER, &a), right = number(FIRST_NUMBER, &b);
	while (left.kind == right.kind && left.kind < END) {
		int order = compare_tokens(&left, &right);
		if (order)
			return order;
		left = next_token(left.kind, &a);
		right = next_token(right.kind, &b);
	}
	if (left.kind == right.kind)
		return 0;
	if (is_pre(&left) || is_pre(&right))
		return is_pre(&left) ? -1 : 1;
	return left.kind > right.kind ? -1 : 1;
}

static bool valid(span version)
{
	struct token token = number(FIRST_NUMBER, &version);
	while (token.kind < END)
		token = next_token(token.kind, &version);
	return token.kind == END;
}

static const char *const ecosystems[] = {
	"Alpine", "Alpaquita", "BellSoft Hardened Containers", "Chainguard", "MinimOS", "Wolfi", NULL,
};

const struct version_scheme scheme_apk = {"apk", compare, valid, ecosystems};
