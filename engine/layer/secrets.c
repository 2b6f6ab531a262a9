#include "layer/secrets.h"

#include <string.h>

enum { LEAST_KEY = 40, MOST_NEWLINES = 8 };

static const char key_begin[] = "-----BEGIN ";

static uint16_t pair_at(const char *text)
{
	return (uint16_t)((unsigned char)text[0] << 8 | (unsigned char)text[1]);
}

/* At nearly all places two bytes tell that nothing begins there. The set has 64 Kibit, which fit the processor's first
 * cache. */
static bool has_pair(const struct secret_search *search, uint16_t pair)
{
	return search->pairs[pair / 64] >> (pair % 64) & 1;
}

static void add_pair(struct secret_search *search, uint16_t pair)
{
	search->pairs[pair / 64] |= UINT64_C(1) << (pair % 64);
}

static void make_pairs(struct secret_search *search)
{
	memset(search->pairs, 0, sizeof search->pairs);
	for (const struct secret_kind *kind = secret_kinds; kind->name; kind++)
		add_pair(search, pair_at(kind->prefix));
	add_pair(search, pair_at(key_begin));
	search->is_ready = true;
}

/* ---- one form ---------------------------------------------------------------------------------------------------- */

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool in_set(const char *set, char c)
{
	for (; *set; set++) {
		if (set[1] == '-' && set[2]) {
			if (c >= set[0] && c <= set[2])
				return true;
			set += 2;
		} else if (c == *set) {
			return true;
		}
	}
	return false;
}

/* `text` begins with the prefix. */
static bool form_matches(const struct secret_kind *kind, span text)
{
	size_t length = 0, digits = 0;
	text = span_from(text, strlen(kind->prefix));
	while (length < text.len && length <= kind->most && in_set(kind->set, text.ptr[length])) {
		digits += text.ptr[length] >= '0' && text.ptr[length] <= '9';
		length++;
	}
	/* ABAB… and AAAA… stand for a secret in documents. */
	bool varies = length > 3 && memcmp(text.ptr, text.ptr + 2, length - 2) != 0;
	return length >= kind->least && length <= kind->most && digits >= kind->digits && varies &&
	       (!kind->not_with || !span_contains((span){text.ptr, length}, kind->not_with));
}

/* Line ends, also as JSON and programs write them. */
static span skip_newlines(span text)
{
	for (int i = 0; i < MOST_NEWLINES && text.len; i++) {
		if (*text.ptr == '\n' || *text.ptr == '\r')
			text = span_from(text, 1);
		else if (span_starts(text, "\\n") || span_starts(text, "\\r"))
			text = span_from(text, 2);
		else
			break;
	}
	return text;
}

/* A private key in PEM: the header with a key below it, or with the lines of an encrypted one. */
static bool key_matches(span text)
{
	span rest = span_from(text, strlen(key_begin));
	size_t length = 0;
	const char *const *header = secret_key_headers;
	while (*header && !span_starts(rest, *header))
		header++;
	if (!*header)
		return false;
	span key = span_from(rest, strlen(*header)), below = skip_newlines(key);
	if (below.ptr == key.ptr)
		return false;
	while (length < below.len && in_set("A-Za-z0-9+/=", below.ptr[length]))
		length++;
	return length >= LEAST_KEY || span_starts(below, "Proc-Type:") || span_starts(below, "Version:") || span_starts(below, "Comment:");
}

/* The kind of secret that begins here, or NULL. A word that goes on to the left is another word. */
static const char *match_here(span text, char before)
{
	if (span_starts(text, key_begin))
		return key_matches(text) ? "private-key" : NULL;
	for (const struct secret_kind *kind = secret_kinds; kind->name && !is_word(before); kind++)
		if (span_starts(text, kind->prefix) && form_matches(kind, text))
			return kind->name;
	return NULL;
}

const char *secret_title(const char *name)
{
	for (const struct secret_kind *kind = secret_kinds; kind->name; kind++)
		if (strcmp(kind->name, name) == 0)
			return kind->title;
	return strcmp(name, "private-key") == 0 ? "a private key" : "";
}

/* ---- the window -------------------------------------------------------------------------------------------------- */

void secret_search_begin(struct secret_search *search, secret_found *found, void *user)
{
	if (!search->is_ready)
		make_pairs(search);
	search->window[0] = '\n';
	search->length = search->from = 1;
	search->offset = 0;
	search->count = 0;
	search->found = found;
	search->user = user;
}

/* Looks for secrets that begin before `end`. */
static void look(struct secret_search *search, size_t end)
{
	for (size_t at = search->from; at < end && at + 1 < search->length && search->count < SECRETS_A_FILE; at++) {
		if (!has_pair(search, pair_at(search->window + at)))
			continue;
		span text = {search->window + at, search->length - at};
		text.len = text.len < SECRET_AHEAD ? text.len : SECRET_AHEAD;
		const char *kind = match_here(text, search->window[at - 1]);
		if (kind && search->count++ < SECRETS_A_FILE && !search->found(search->user, kind, search->offset + at - 1))
			search->count = SECRETS_A_FILE;
	}
	search->from = end;
}

void secret_search_take(struct secret_search *search, span piece)
{
	while (piece.len && search->count < SECRETS_A_FILE) {
		size_t room = sizeof search->window - search->length, length = piece.len < room ? piece.len : room;
		memcpy(search->window + search->length, piece.ptr, length);
		search->length += length;
		piece = span_from(piece, length);
		if (search->length < sizeof search->window)
			return;
		size_t done = search->length - SECRET_AHEAD;
		look(search, done);
		memmove(search->window, search->window + done - 1, SECRET_AHEAD + 1);
		search->offset += done - 1;
		search->length = SECRET_AHEAD + 1;
		search->from = 1;
	}
}

void secret_search_end(struct secret_search *search)
{
	look(search, search->length);
}
