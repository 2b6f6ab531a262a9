/* conda's VersionOrder (conda.io, "Package match specifications", version ordering):
 *
 *	version   ::= [epoch "!"] parts ["+" parts]         without regard to case
 *	parts     ::= part (("." | "_" | "-") part)*         "_" at the very end belongs to the last part: "1.0.1_"
 *	part      ::= (digits | other)+                      runs of digits are numbers, runs of other text are words
 *
 * Parts are compared run by run; a part that begins with a word has a 0 in front. An absent run is 0, an absent part is
 * empty, and the part after "+" is compared last. A word is less than a number: "dev" is the least, then the others by
 * their letters; "post" is greater than any number. */
#include "format/version.h"

#include <string.h>
#include <strings.h>

enum kind { DEV, WORD, NUMBER, POST };

struct conda_run { enum kind kind; span text; };

static bool is_separator(char c)
{
	return c == '.' || c == '_' || c == '-';
}

/* Takes the part at the front, and the separator after it. */
static span take_part(span *rest)
{
	size_t length = 0;
	while (length < rest->len && (!is_separator(rest->ptr[length]) || (rest->ptr[length] == '_' && length + 1 == rest->len)))
		length++;
	span part = {rest->ptr, length};
	*rest = span_from(*rest, length + (length < rest->len));
	return part;
}

/* Takes the run at the front; an absent one is 0. `begun` is false before the first run of a part. */
static struct conda_run take_run(span *part, bool *begun)
{
	struct conda_run run = {NUMBER, SPAN("")};
	bool first = !*begun;
	*begun = true;
	if (!part->len || (first && !version_is_digit(part->ptr[0])))
		return run; /* 0 */
	if (version_is_digit(part->ptr[0])) {
		run.text = version_take_digits(part);
		return run;
	}
	size_t length = 0;
	bool star = part->ptr[0] == '*';
	while (length < part->len && !version_is_digit(part->ptr[length]) && (part->ptr[length] == '*') == star)
		length++;
	run.text = (span){part->ptr, length};
	*part = span_from(*part, length);
	run.kind = span_is_nocase(run.text, "dev") ? DEV : span_is_nocase(run.text, "post") ? POST : WORD;
	return run;
}

static int compare_words(span a, span b)
{
	int order = strncasecmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
	return order ? (order > 0) - (order < 0) : (a.len > b.len) - (a.len < b.len);
}

static int compare_part(span a, span b)
{
	bool begun_a = !a.len, begun_b = !b.len;
	do {
		struct conda_run left = take_run(&a, &begun_a), right = take_run(&b, &begun_b);
		if (left.kind != right.kind)
			return left.kind < right.kind ? -1 : 1;
		int order = left.kind == NUMBER ? version_compare_digits(left.text, right.text)
		                                : compare_words(left.text, right.text);
		if (order)
			return order;
	} while (a.len || b.len);
	return 0;
}

static int compare_parts(span a, span b)
{
	int order = 0;
	while (order == 0 && (a.len || b.len))
		order = compare_part(take_part(&a), take_part(&b));
	return order;
}

struct conda_version { span epoch, main, local; };

static struct conda_version split(span text)
{
	struct conda_version parts = {.epoch = SPAN("")};
	span rest;
	if (span_cut(text, '!', &parts.epoch, &rest))
		text = rest;
	else
		parts.epoch = SPAN("");
	span_cut(text, '+', &parts.main, &parts.local);
	return parts;
}

static int compare(span a, span b)
{
	struct conda_version left = split(a), right = split(b);
	int order = compare_parts(left.epoch, right.epoch);
	if (order == 0)
		order = compare_parts(left.main, right.main);
	return order ? order : compare_parts(left.local, right.local);
}

static bool has_empty_part(span parts)
{
	bool more = true;
	while (more) {
		size_t before = parts.len;
		span part = take_part(&parts);
		more = part.len < before;
		if (!part.len)
			return true;
	}
	return false;
}

static bool valid(span version)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.*+!_-";
	bool hyphen = span_find(version, '-') >= 0, underscore = span_find(version, '_') >= 0;
	struct conda_version parts = split(version);
	for (size_t i = 0; i < version.len; i++)
		if (!memchr(allowed, version.ptr[i], sizeof allowed - 1))
			return false;
	span epoch = parts.epoch;
	version_take_digits(&epoch);
	bool has_epoch = span_find(version, '!') >= 0, has_local = span_find(version, '+') >= 0;
	return !(hyphen && underscore) && !epoch.len && (!has_epoch || parts.epoch.len) && !has_empty_part(parts.main) &&
	       (!has_local || !has_empty_part(parts.local)) && span_find(parts.main, '!') < 0 &&
	       span_find(parts.local, '+') < 0 && span_find(parts.local, '!') < 0;
}

static const char *const ecosystems[] = {"Conda", NULL};

const struct version_scheme scheme_conda = {
	.name = "conda", .compare = compare, .valid = valid, .ecosystems = ecosystems};
