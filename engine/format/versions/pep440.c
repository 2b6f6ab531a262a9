/* PEP 440, "Version Identification", with its normalisation (appendix B):
 *
 *	version ::= "v"? [number "!"] number ("." number)* pre? post? dev? ["+" local]
 *	pre     ::= sep? ("alpha" | "a" | "beta" | "b" | "preview" | "pre" | "c" | "rc") (sep? number)?
 *	post    ::= "-" number | sep? ("post" | "rev" | "r") (sep? number)?
 *	dev     ::= sep? "dev" (sep? number)?
 *	local   ::= word (sep word)*    word ::= [a-z0-9]+    sep ::= "." | "-" | "_"
 *
 * Case and surrounding white space do not matter. An absent number is 0. A specifier without a local part, and so an
 * advisory, includes all local versions: 2.0.1+cu118 is <= 2.0.1 and == 2.0.1. */
#include "format/version.h"

#include <string.h>
#include <strings.h>

struct pep440_version {
	span epoch, release, local;
	int pre; /* 1 alpha, 2 beta, 3 rc; 0: none */
	bool has_post, has_dev, valid;
	span pre_number, post_number, dev_number;
};

static bool take_word(span *rest, const char *word)
{
	size_t length = strlen(word);
	if (rest->len < length || strncasecmp(rest->ptr, word, length) != 0)
		return false;
	*rest = span_from(*rest, length);
	return true;
}

static void take_separator(span *rest)
{
	if (rest->len > 0 && memchr(".-_", rest->ptr[0], 3))
		*rest = span_from(*rest, 1);
}

/* Takes sep? word (sep? number)?. Returns the rank of the word, or 0 with *rest unchanged. */
static int take_part(span *rest, const char *const *words, const int *ranks, span *number)
{
	span at = *rest;
	take_separator(&at);
	for (size_t i = 0; words[i]; i++) {
		if (!take_word(&at, words[i]))
			continue;
		take_separator(&at);
		*number = version_take_digits(&at);
		*rest = at;
		return ranks[i];
	}
	return 0;
}

static int take_pre(span *rest, span *number)
{
	static const char *const words[] = {"alpha", "a", "beta", "b", "preview", "pre", "c", "rc", NULL};
	static const int ranks[] = {1, 1, 2, 2, 3, 3, 3, 3};
	return take_part(rest, words, ranks, number);
}

static bool take_post(span *rest, span *number)
{
	static const char *const words[] = {"post", "rev", "r", NULL};
	static const int ranks[] = {1, 1, 1};
	if (rest->len > 1 && rest->ptr[0] == '-' && version_is_digit(rest->ptr[1])) {
		*rest = span_from(*rest, 1);
		*number = version_take_digits(rest);
		return true;
	}
	return take_part(rest, words, ranks, number);
}

static bool take_dev(span *rest, span *number)
{
	static const char *const words[] = {"dev", NULL};
	static const int ranks[] = {1};
	return take_part(rest, words, ranks, number);
}

static bool is_word(char c)
{
	return version_is_digit(c) || version_is_letter(c);
}

static span take_local_word(span *rest)
{
	span all = *rest;
	while (rest->len > 0 && is_word(rest->ptr[0]))
		*rest = span_from(*rest, 1);
	return (span){all.ptr, all.len - rest->len};
}

static bool valid_local(span local)
{
	for (;;) {
		if (take_local_word(&local).len == 0)
			return false;
		if (local.len == 0)
			return true;
		size_t before = local.len;
		take_separator(&local);
		if (local.len == before)
			return false;
	}
}

static struct pep440_version split(span text)
{
	struct pep440_version parts = {.epoch = SPAN(""), .local = SPAN("")};
	text = span_trim(text);
	take_word(&text, "v");
	span rest = text, epoch = version_take_digits(&rest);
	if (epoch.len > 0 && version_take_char(&rest, '!')) {
		parts.epoch = epoch;
		text = rest;
	}
	parts.release = version_take_numbers(&text);
	parts.pre = take_pre(&text, &parts.pre_number);
	parts.has_post = take_post(&text, &parts.post_number);
	parts.has_dev = take_dev(&text, &parts.dev_number);
	bool has_local = version_take_char(&text, '+');
	if (has_local)
		parts.local = text;
	parts.valid = parts.release.len > 0 && (has_local ? valid_local(text) : text.len == 0);
	return parts;
}

/* A plain development release sorts before every pre-release. A version without a pre-release sorts after them all. */
static int pre_rank(const struct pep440_version *parts)
{
	if (parts->pre)
		return parts->pre;
	return parts->has_dev && !parts->has_post ? 0 : 4;
}

static int compare_words(span a, span b)
{
	span left = a, right = b;
	version_take_digits(&left);
	version_take_digits(&right);
	if (left.len == 0 && right.len == 0)
		return version_compare_digits(a, b);
	if (left.len == 0 || right.len == 0)
		return left.len == 0 ? 1 : -1;
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = strncasecmp(a.ptr, b.ptr, shorter);
	if (order == 0)
		order = (a.len > b.len) - (a.len < b.len);
	return (order > 0) - (order < 0);
}

static int compare_locals(span a, span b)
{
	while (a.len > 0 && b.len > 0) {
		span left = take_local_word(&a), right = take_local_word(&b);
		int order = compare_words(left, right);
		if (order)
			return order;
		a = span_from(a, 1);
		b = span_from(b, 1);
	}
	return (a.len > 0) - (b.len > 0);
}

static int first_difference(const int *orders, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (orders[i])
			return orders[i] < 0 ? -1 : 1;
	return 0;
}

static int compare_public(const struct pep440_version *left, const struct pep440_version *right)
{
	int orders[] = {
		version_compare_digits(left->epoch, right->epoch),
		version_compare_numbers(left->release, right->release),
		pre_rank(left) - pre_rank(right),
		version_compare_digits(left->pre_number, right->pre_number),
		left->has_post - right->has_post,
		version_compare_digits(left->post_number, right->post_number),
		right->has_dev - left->has_dev,
		version_compare_digits(left->dev_number, right->dev_number),
	};
	return first_difference(orders, sizeof orders / sizeof *orders);
}

static int compare(span a, span b)
{
	struct pep440_version left = split(a), right = split(b);
	int order = compare_public(&left, &right);
	return order ? order : compare_locals(left.local, right.local);
}

static bool covers(span bound, span version)
{
	struct pep440_version left = split(bound), right = split(version);
	return left.local.len == 0 && compare_public(&left, &right) == 0;
}

static bool valid(span version)
{
	return split(version).valid;
}

static const char *const ecosystems[] = {"PyPI", NULL};

const struct version_scheme scheme_pep440 = {
	.name = "pep440", .compare = compare, .valid = valid, .ecosystems = ecosystems, .covers = covers};
