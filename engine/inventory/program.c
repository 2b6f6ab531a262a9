#include "inventory/program.h"

#include "base/glob.h"
#include "inventory/reader_add.h"

#include <string.h>

#define X(name) extern const struct program program_##name;
#include "programs.def"
#undef X

const struct program *const programs_all[] = {
#define X(name) &program_##name,
#include "programs.def"
#undef X
	NULL,
};

/* ---- which programs a file may be -------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* "3.11" of "libpython3.11.so.1.0". */
static span number_in(span name)
{
	size_t start = 0, end;
	while (start < name.len && !is_digit(name.ptr[start]))
		start++;
	for (end = start; end < name.len && (is_digit(name.ptr[end]) || name.ptr[end] == '.'); end++)
		continue;
	while (end > start && name.ptr[end - 1] == '.')
		end--;
	return (span){name.ptr + start, end - start};
}

void program_search_begin(struct program_search *search, span path, bool text)
{
	span name = span_from(path, (size_t)(span_find_last(path, '/') + 1));
	*search = (struct program_search){.number = number_in(name)};
	for (const struct program *const *program = programs_all; *program && search->count < PROGRAM_MATCHES; program++) {
		bool matches = false;
		for (const char *const *file = (*program)->files; *file && (*program)->text == text && !matches; file++)
			matches = glob_matches(span_of(*file), name, NULL);
		if (matches)
			search->programs[search->count++] = *program;
	}
}

/* ---- patterns ---------------------------------------------------------------------------------------------------- */

static size_t count_while(span text, size_t at, bool (*is)(char))
{
	size_t start = at;
	while (at < text.len && is(text.ptr[at]))
		at++;
	return at - start;
}

static bool is_zero(char c)
{
	return !c;
}

/* Numbers with dots between them. 0 if there is none. */
static size_t match_version(span text, size_t at)
{
	size_t start = at, numbers = 0;
	for (;;) {
		size_t digits = count_while(text, at, is_digit);
		if (!digits)
			return 0;
		at += digits;
		numbers++;
		if (at + 1 >= text.len || text.ptr[at] != '.' || !is_digit(text.ptr[at + 1]))
			return numbers > 1 ? at - start : 0;
		at++;
	}
}

/* What makes a version another one than its numbers say. */
static size_t match_suffix(span text, size_t at)
{
	static const char *const words[] = {"alpha", "beta", "rc", "RC", "preview", "dev", "p", "_"};
	size_t start = at;
	if (at < text.len && (text.ptr[at] == '-' || text.ptr[at] == '.'))
		at++;
	span rest = span_from(text, at);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!span_starts(rest, words[i]))
			continue;
		at += strlen(words[i]);
		if (at < text.len && text.ptr[at] == '.')
			at++;
		size_t digits = count_while(text, at, is_digit);
		/* "3.4.0dev" is a version, "1.2.3pXY" is not all of one. */
		return digits || strlen(words[i]) > 1 ? at + digits - start : 0;
	}
	/* OpenSSL's letters: 1.1.1w */
	if (at == start && at < text.len && text.ptr[at] >= 'a' && text.ptr[at] <= 'z' &&
	    (at + 1 == text.len || !is_word(text.ptr[at + 1])))
		return 1;
	return 0;
}

/* Matches one element. SIZE_MAX: it does not match. */
static size_t match_element(char element, span text, size_t at)
{
	size_t length;
	switch (element) {
	case 'v': length = match_version(text, at); break;
	case 's': return match_suffix(text, at);
	case '0': length = count_while(text, at, is_zero); break;
	case 'd': length = count_while(text, at, is_digit); break;
	case 'w': length = count_while(text, at, is_word); break;
	case 'n': length = at < text.len && !is_digit(text.ptr[at]) && text.ptr[at] != '.'; break;
	default: length = at < text.len && text.ptr[at] == element; break;
	}
	return length ? length : SIZE_MAX;
}

/* Does the pattern match here? Then *version is what it takes for one. */
static bool match_here(const char *pattern, span text, size_t at, span *version)
{
	*version = SPAN("");
	for (const char *c = pattern; *c; c++) {
		bool special = *c == '%';
		c += special;
		size_t length = special ? match_element(*c, text, at) : at < text.len && text.ptr[at] == *c ? 1 : SIZE_MAX;
		if (length == SIZE_MAX)
			return false;
		if (special && *c == 'v')
			*version = (span){text.ptr + at, length};
		if (special && *c == 's' && version->len && text.ptr + at == version->ptr + version->len)
			version->len += length;
		at += length;
	}
	return version->len && version->len < PROGRAM_VERSION;
}

/* The longest text between elements: where it is not, the pattern does not match. */
static span anchor_of(const char *pattern)
{
	span best = {pattern, 0};
	for (const char *c = pattern; *c;) {
		size_t length = strcspn(c, "%");
		if (length > best.len)
			best = (span){c, length};
		c += length;
		c += *c ? 2 : 0;
	}
	return best;
}

/* ---- searching --------------------------------------------------------------------------------------------------- */

static bool fits(const struct program_search *search, const struct program *program, span version)
{
	span number = search->number;
	return !program->named || (number.len && version.len > number.len && memcmp(version.ptr, number.ptr, number.len) == 0 &&
	                           !is_digit(version.ptr[number.len]));
}

/* Tries the places where the pattern may begin, if the text by which it is found is at `found`: the furthest first. What
 * begins within a number begins before. */
static bool try_around(const struct program_search *search, const struct program *program, const char *pattern,
                       const struct binary_view *view, size_t found, span *version)
{
	span anchor = anchor_of(pattern), bytes = view->bytes;
	bool here = anchor.ptr == pattern || !anchor.len;
	for (size_t at = here || found < PROGRAM_BEFORE ? (here ? found : 0) : found - PROGRAM_BEFORE; at <= found; at++) {
		bool inside = at && is_digit(bytes.ptr[at]) && (is_digit(bytes.ptr[at - 1]) || bytes.ptr[at - 1] == '.');
		if (at < view->offered && !inside && match_here(pattern, bytes, at, version) && fits(search, program, *version))
			return true;
	}
	return false;
}

static void search_pattern(const struct program_search *search, const struct program *program, const char *pattern,
                           const struct binary_view *view, char into[PROGRAM_VERSION])
{
	span anchor = anchor_of(pattern), version;
	anchor = anchor.len ? anchor : (span){"", 1}; /* without text, it begins with a zero byte */
	for (size_t at = 0; at < view->bytes.len;) {
		const char *found = memmem(view->bytes.ptr + at, view->bytes.len - at, anchor.ptr, anchor.len);
		if (!found)
			return;
		at = (size_t)(found - view->bytes.ptr);
		if (!*anchor.ptr) /* of zero bytes in a row, the last will do: there may be many */
			at += count_while(view->bytes, at, is_zero) - 1;
		if (try_around(search, program, pattern, view, at, &version)) {
			memcpy(into, version.ptr, version.len);
			into[version.len] = '\0';
			return;
		}
		at++;
	}
}

void program_search_take(struct program_search *search, const struct binary_view *view)
{
	for (size_t i = 0; i < search->count; i++) {
		const struct program *program = search->programs[i];
		for (size_t k = 0; program->patterns[k] && k < PROGRAM_PATTERNS; k++)
			if (!search->versions[i][k][0])
				search_pattern(search, program, program->patterns[k], view, search->versions[i][k]);
	}
}

int program_search_add(const struct program_search *search, struct reader_output *output, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	for (size_t i = 0; i < search->count && code >= 0; i++) {
		const struct program *program = search->programs[i];
		const char *version = "";
		for (size_t k = 0; k < PROGRAM_PATTERNS && !*version; k++)
			version = search->versions[i][k];
		const struct package package = {.type = "generic", .name = program->name, .version = version,
		                                .ecosystem = program->ecosystem, .found_by = "content"};
		code = reader_output_add(output, &package, error); /* without a version, it adds nothing */
	}
	return code;
}
