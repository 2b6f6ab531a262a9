#include "format/spdx.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { TERM_LIMIT = 128, DEPTH_LIMIT = 16 };

/* ---- one term ---------------------------------------------------------------------------------------------------- */

/* Takes `word` off the front of *rest. */
static bool take(span *rest, const char *word)
{
	size_t length = strlen(word);
	if (rest->len < length || strncasecmp(rest->ptr, word, length) != 0)
		return false;
	*rest = span_from(*rest, length);
	return true;
}

static span take_number(span *rest)
{
	size_t length = 0;
	while (length < rest->len && ((rest->ptr[length] >= '0' && rest->ptr[length] <= '9') || rest->ptr[length] == '.'))
		length++;
	span number = {rest->ptr, length};
	*rest = span_from(*rest, length);
	return number;
}

/*
 * The GNU licences, whose names have a version and say whether later ones are allowed:
 *
 *	term    ::= family ["-NIV"] ["-" | " "] ["v"] [version] [later]      GPL-2, GPLv2+, LGPL-2.1-or-later, GFDL-NIV-1.3+
 *	version ::= N ["." N]                                               "2" is "2.0"
 *	later   ::= "+" | "-or-later" | " or later" | "-only" | " only"
 *
 * "GPL+" is Fedora's word for any version. "GPL" alone has no meaning that everybody shares.
 */
static const char *gnu_license(span term)
{
	static const char *const families[] = {"LGPL", "AGPL", "GPL", "GFDL"}, *const first[] = {"2.0", "1.0", "1.0", "1.1"};
	size_t family = 0;
	char name[64];
	while (family < 4 && !take(&term, families[family]))
		family++;
	if (family == 4)
		return NULL;
	bool invariant = take(&term, "-NIV");
	(void)(take(&term, "-") || take(&term, " "));
	take(&term, "v");
	span version = take_number(&term);
	bool later = take(&term, "+") || take(&term, "-or-later") || take(&term, " or later");
	bool only = !later && (take(&term, "-only") || take(&term, " only"));
	if (term.len || version.len > 8 || (!version.len && (only || !later)))
		return NULL;
	if (!version.len)
		version = span_of(first[family]);
	snprintf(name, sizeof name, "%s-%.*s%s%s-%s", families[family], SPAN_ARG(version),
	         span_find(version, '.') < 0 ? ".0" : "", invariant ? "-no-invariants" : "", later ? "or-later" : "only");
	return spdx_license(name);
}

static bool is_reference(const char *term)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
	return strncmp(term, "LicenseRef-", 11) == 0 && term[11] && strspn(term, allowed) == strlen(term);
}

/* Writes the term's identifier. "+" after an identifier means that version or a later one. */
static bool write_term(const char *term, char identifier[TERM_LIMIT])
{
	char before[TERM_LIMIT];
	size_t length = strlen(term);
	const char *found = spdx_license(term);
	if (!found)
		found = gnu_license(span_of(term));
	if (!found)
		found = spdx_alias(term);
	if (!found && is_reference(term))
		found = term;
	if (found)
		return snprintf(identifier, TERM_LIMIT, "%s", found) < TERM_LIMIT;
	if (length < 2 || term[length - 1] != '+')
		return false;
	snprintf(before, sizeof before, "%.*s", (int)length - 1, term);
	found = spdx_license(before);
	return found && snprintf(identifier, TERM_LIMIT, "%s+", found) < TERM_LIMIT;
}

/* ---- a list of terms --------------------------------------------------------------------------------------------- */

/*
 *	list ::= item { ("and" | "or") item }
 *	item ::= term ["with" exception] | "(" list ")"
 *
 * "and" binds tighter than "or" in Debian's format as in SPDX's, so that the order of the words does not change.
 */
struct spdx_writer {
	span rest;
	char *out;
	size_t used;
	int depth;
};

static bool put(struct spdx_writer *writer, const char *text)
{
	size_t length = strlen(text);
	if (writer->used + length >= SPDX_LIMIT)
		return false;
	memcpy(writer->out + writer->used, text, length + 1);
	writer->used += length;
	return true;
}

/* Returns the next word, parenthesis or slash without taking it. */
static span peek(struct spdx_writer *writer)
{
	size_t length = 0;
	writer->rest = span_trim(writer->rest);
	span rest = writer->rest;
	if (rest.len && strchr("()/", rest.ptr[0]))
		return (span){rest.ptr, 1};
	while (length < rest.len && !memchr(" \t\n\r()/", rest.ptr[length], 7))
		length++;
	return (span){rest.ptr, length};
}

static void skip(struct spdx_writer *writer, span word)
{
	writer->rest = span_from(writer->rest, word.len);
}

static bool is_operator(span word)
{
	return span_is_nocase(word, "and") || span_is_nocase(word, "or") || span_is_nocase(word, "with");
}

/* Takes the words up to the next operator or parenthesis, with one space between two. */
static bool take_words(struct spdx_writer *writer, char term[TERM_LIMIT])
{
	size_t length = 0;
	span word;
	for (term[0] = '\0'; (word = peek(writer)).len && !strchr("()/", word.ptr[0]) && !is_operator(word);) {
		if (length + word.len + 2 > TERM_LIMIT)
			return false;
		if (length)
			term[length++] = ' ';
		memcpy(term + length, word.ptr, word.len);
		length += word.len;
		term[length] = '\0';
		skip(writer, word);
	}
	return length > 0;
}

static bool write_list(struct spdx_writer *writer);

static bool write_item(struct spdx_writer *writer)
{
	char term[TERM_LIMIT], identifier[TERM_LIMIT];
	span word = peek(writer);
	if (span_is(word, "(")) {
		skip(writer, word);
		if (++writer->depth > DEPTH_LIMIT || !put(writer, "(") || !write_list(writer) || !span_is(peek(writer), ")"))
			return false;
		skip(writer, peek(writer));
		writer->depth--;
		return put(writer, ")");
	}
	if (!take_words(writer, term) || !write_term(term, identifier) || !put(writer, identifier))
		return false;
	if (!span_is_nocase(peek(writer), "with"))
		return true;
	skip(writer, peek(writer));
	const char *exception = take_words(writer, term) ? spdx_exception(term) : NULL;
	return exception && put(writer, " WITH ") && put(writer, exception);
}

static bool write_list(struct spdx_writer *writer)
{
	if (!write_item(writer))
		return false;
	for (;;) {
		span word = peek(writer);
		if (!word.len || span_is(word, ")"))
			return true;
		bool both = span_is_nocase(word, "and");
		if (!both && !span_is_nocase(word, "or") && !span_is(word, "/"))
			return false;
		skip(writer, word);
		if (!put(writer, both ? " AND " : " OR ") || !write_item(writer))
			return false;
	}
}

/* ---- the whole statement ----------------------------------------------------------------------------------------- */

static bool write_known(span statement, char expression[SPDX_LIMIT])
{
	char term[TERM_LIMIT];
	const char *found;
	if (statement.len >= TERM_LIMIT)
		return false;
	snprintf(term, sizeof term, "%.*s", SPAN_ARG(statement));
	found = spdx_alias(term);
	if (!found)
		found = gnu_license(statement); /* "GPLv2 or later" */
	if (!found && span_starts(statement, "GNU ") && span_ends(statement, ")")) { /* "GNU … License v3 (GPLv3)", on PyPI */
		span inner = span_from(statement, (size_t)(span_find_last(statement, '(') + 1));
		inner.len--;
		found = gnu_license(inner);
	}
	return found && snprintf(expression, SPDX_LIMIT, "%s", found) > 0;
}

/* Debian's ", and" and ", or" bind less tightly than the words without a comma. Returns the place of the last comma that
 * such a word follows, or -1. */
static ptrdiff_t find_comma(span statement, const char **word, size_t *length)
{
	for (size_t at = statement.len; at-- > 0;) {
		span after = span_trim(span_from(statement, at + 1));
		if (statement.ptr[at] != ',' || !(take(&after, "and ") || take(&after, "or ")))
			continue;
		*word = span_ends((span){statement.ptr, (size_t)(after.ptr - statement.ptr)}, "or ") ? " OR " : " AND ";
		*length = (size_t)(after.ptr - statement.ptr);
		return (ptrdiff_t)at;
	}
	return -1;
}

static bool write_side(struct spdx_writer *writer, span side)
{
	char expression[SPDX_LIMIT];
	struct spdx_writer inner = {.rest = side, .out = expression};
	if (!write_list(&inner) || peek(&inner).len)
		return false;
	bool one = !strchr(expression, ' ');
	return put(writer, one ? "" : "(") && put(writer, expression) && put(writer, one ? "" : ")");
}

bool spdx_expression(span statement, char expression[SPDX_LIMIT])
{
	const char *word;
	size_t after;
	struct spdx_writer writer = {.out = expression};
	expression[0] = '\0';
	statement = span_trim(statement);
	if (!statement.len || statement.len >= SPDX_LIMIT || memchr(statement.ptr, '\0', statement.len))
		return false;
	if (write_known(statement, expression))
		return true;
	ptrdiff_t comma = find_comma(statement, &word, &after);
	writer.rest = statement;
	if (comma < 0)
		return write_list(&writer) && !peek(&writer).len;
	return write_side(&writer, (span){statement.ptr, (size_t)comma}) && put(&writer, word) &&
	       write_side(&writer, span_from(statement, after));
}

/* ---- lists of statements ----------------------------------------------------------------------------------------- */

static size_t write_plain(span statement, char text[SPDX_LIMIT])
{
	size_t length = 0;
	for (size_t i = 0; i < statement.len && length + 1 < SPDX_LIMIT; i++) {
		unsigned char c = (unsigned char)statement.ptr[i];
		if (c > ' ' && c != 0x7f)
			text[length++] = (char)c;
		else if (length && text[length - 1] != ' ')
			text[length++] = ' ';
	}
	text[length] = '\0';
	return length;
}

static bool has_line(span list, span line)
{
	span other;
	while (span_next(&list, '\n', &other))
		if (span_equal(other, line))
			return true;
	return false;
}

bool licenses_add(struct buffer *list, span statement)
{
	char text[SPDX_LIMIT];
	statement = span_trim(statement);
	if (!statement.len || statement.len >= SPDX_LIMIT)
		return true;
	size_t length = spdx_expression(statement, text) ? strlen(text) : write_plain(statement, text);
	if (list->length + length + 1 > SPDX_LIST_LIMIT || has_line(buffer_span(list), (span){text, length}))
		return true;
	return (!list->length || buffer_add(list, "\n", 1)) && buffer_add(list, text, length);
}
