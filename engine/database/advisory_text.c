#include "database/advisory_text.h"

#include "database/package_rows.h"

#include <stdlib.h>
#include <string.h>
#include <zdict.h>
#include <zstd.h>

enum { FLAG_SEVERITY = 7, FLAG_DISTRIBUTION = 8 };
enum { LEVEL = 3 };                 /* higher levels gain 4 % on such small texts, and take twice the time */
enum { DICTIONARY_SIZE = 32 << 10, SAMPLES_A_BYTE = 64 }; /* a larger share would only memorise the samples */

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static int compare_cves(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
	return (one > other) - (one < other);
}

bool advisory_text_write_head(const struct advisory_text *text, struct buffer *buffer)
{
	if (text->cve_count)
		qsort(text->cves, text->cve_count, sizeof *text->cves, compare_cves);
	if (!varint_put(buffer, (unsigned)text->severity | (text->distribution ? FLAG_DISTRIBUTION : 0u)) ||
	    !varint_put(buffer, text->cve_count))
		return false;
	uint32_t last = 0;
	for (size_t i = 0; i < text->cve_count; i++) {
		if (!varint_put(buffer, text->cves[i] - last))
			return false;
		last = text->cves[i];
	}
	return true;
}

/* At most `limit` bytes, cut between characters; three dots mark a cut. */
static bool put_text(struct buffer *buffer, const char *text, size_t limit)
{
	size_t length = strlen(text);
	bool cut = length > limit;
	if (cut)
		for (length = limit - 3; length && ((unsigned char)text[length] & 0xC0) == 0x80; length--)
			;
	return buffer_add(buffer, text, length) && buffer_add(buffer, "...", cut ? 4 : 0) &&
		(cut || buffer_add(buffer, "", 1));
}

static bool put_list(struct buffer *buffer, const char **list, size_t limit)
{
	for (size_t i = 0; list && list[i] && i < limit; i++)
		if (list[i][0] && !put_text(buffer, list[i], TEXT_SUMMARY))
			return false;
	return buffer_add(buffer, "", 1);
}

bool advisory_text_write_body(const struct advisory_text *text, struct buffer *buffer)
{
	return put_text(buffer, text->vector, TEXT_SUMMARY) && put_text(buffer, text->published, TEXT_SUMMARY) &&
	       put_text(buffer, text->modified, TEXT_SUMMARY) && put_text(buffer, text->url, TEXT_SUMMARY) &&
	       put_text(buffer, text->summary, TEXT_SUMMARY) && put_text(buffer, text->details, TEXT_DETAILS) &&
	       put_list(buffer, text->aliases, TEXT_ALIASES) && put_list(buffer, text->references, TEXT_REFERENCES);
}

/* ---- packing ----------------------------------------------------------------------------------------------------- */

struct packer { ZSTD_CCtx *context; ZSTD_CDict *dictionary; };

int packer_new(span dictionary, struct packer **packer, struct tarsier_error *error)
{
	struct packer *made = *packer = calloc(1, sizeof *made);
	if (!made)
		return error_memory(error);
	made->context = ZSTD_createCCtx();
	made->dictionary = ZSTD_createCDict(dictionary.ptr, dictionary.len, LEVEL);
	if (made->context && made->dictionary)
		return 0;
	packer_free(made);
	*packer = NULL;
	return error_memory(error);
}

void packer_free(struct packer *packer)
{
	if (!packer)
		return;
	ZSTD_freeCCtx(packer->context);
	ZSTD_freeCDict(packer->dictionary);
	free(packer);
}

int packer_pack(struct packer *packer, span text, struct buffer *packed, struct tarsier_error *error)
{
	size_t bound = ZSTD_compressBound(text.len);
	if (!buffer_reserve(packed, bound))
		return error_memory(error);
	size_t length = ZSTD_compress_usingCDict(packer->context, packed->data + packed->length, bound, text.ptr, text.len,
	                                         packer->dictionary);
	if (ZSTD_isError(length))
		return error_memory(error); /* with room for the bound, only memory can run out */
	packed->length += length;
	return 0;
}

bool packer_train(const char *samples, const size_t *sizes, size_t count, struct buffer *dictionary)
{
	size_t total = 0;
	for (size_t i = 0; i < count; i++)
		total += sizes[i];
	size_t size = total / SAMPLES_A_BYTE < DICTIONARY_SIZE ? total / SAMPLES_A_BYTE : DICTIONARY_SIZE;
	if (!buffer_reserve(dictionary, size))
		return false;
	size_t length = ZDICT_trainFromBuffer(dictionary->data, size, samples, sizes, (unsigned)count);
	dictionary->length = ZDICT_isError(length) ? 0 : length;
	return true;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* The context and the dictionary are made when the first text is read: they take as long as opening the database. */
struct unpacker { span source; ZSTD_DCtx *context; ZSTD_DDict *dictionary; };

int unpacker_new(span dictionary, struct unpacker **unpacker, struct tarsier_error *error)
{
	*unpacker = calloc(1, sizeof **unpacker);
	if (!*unpacker)
		return error_memory(error);
	(*unpacker)->source = dictionary;
	return 0;
}

/* Returns false if memory ran out. */
static bool is_ready(struct unpacker *unpacker)
{
	if (!unpacker->context)
		unpacker->context = ZSTD_createDCtx();
	if (!unpacker->dictionary)
		unpacker->dictionary = ZSTD_createDDict(unpacker->source.ptr, unpacker->source.len);
	return unpacker->context && unpacker->dictionary;
}

void unpacker_free(struct unpacker *unpacker)
{
	if (!unpacker)
		return;
	ZSTD_freeDCtx(unpacker->context);
	ZSTD_freeDDict(unpacker->dictionary);
	free(unpacker);
}

static int damaged(const char *id, struct tarsier_error *error)
{
	return error_set(error, TARSIER_DATABASE, "the vulnerability database is damaged at %s: build it again with "
	                 "`tarsier db import PATH…`", id);
}

int advisory_text_read_head(struct arena *arena, span head, struct advisory_text *text, struct tarsier_error *error)
{
	const unsigned char *at = (const unsigned char *)head.ptr, *end = at + head.len;
	uint64_t flags, count, step;
	if (!varint_get(&at, end, &flags) || !varint_get(&at, end, &count) || count > head.len)
		return damaged(text->id, error);
	text->severity = (enum tarsier_severity)(flags & FLAG_SEVERITY);
	text->distribution = flags & FLAG_DISTRIBUTION;
	text->cves = arena_array(arena, (size_t)count, sizeof *text->cves);
	if (!text->cves)
		return error_memory(error);
	uint32_t last = 0;
	for (; text->cve_count < count; text->cve_count++) {
		if (!varint_get(&at, end, &step))
			return damaged(text->id, error);
		text->cves[text->cve_count] = last += (uint32_t)step;
	}
	return 0;
}

/* Returns the next NUL-ended string, or NULL at the end of the text. */
static const char *take(span *text)
{
	const char *string = text->ptr, *end = text->len ? memchr(text->ptr, '\0', text->len) : NULL;
	if (!end)
		return NULL;
	*text = span_from(*text, (size_t)(end - string) + 1);
	return string;
}

static int take_list(struct arena *arena, span *text, const char *id, const char ***list, struct tarsier_error *error)
{
	size_t count = 0, capacity = 0;
	for (const char *string = take(text); string; string = take(text)) {
		*list = arena_grow(arena, *list, count, &capacity, sizeof **list);
		if (!*list)
			return error_memory(error);
		(*list)[count++] = *string ? string : NULL;
		if (!*string)
			return 0;
	}
	return damaged(id, error);
}

static int unpack(struct unpacker *unpacker, struct arena *arena, span packed, span *text, const char *id,
                  struct tarsier_error *error)
{
	unsigned long long size = ZSTD_getFrameContentSize(packed.ptr, packed.len);
	if (size > TEXT_BYTES_MOST) /* the two error values are larger still */
		return damaged(id, error);
	char *bytes = arena_room(arena, (size_t)size);
	if (!bytes || !is_ready(unpacker))
		return error_memory(error);
	size_t length = ZSTD_decompress_usingDDict(unpacker->context, bytes, (size_t)size, packed.ptr, packed.len,
	                                           unpacker->dictionary);
	if (ZSTD_isError(length))
		return damaged(id, error);
	*text = (span){bytes, length};
	return 0;
}

int advisory_text_parse(struct arena *arena, const char *id, span head, span body, struct advisory_text *text,
                        struct tarsier_error *error)
{
	memset(text, 0, sizeof *text);
	text->id = id;
	int code = advisory_text_read_head(arena, head, text, error);
	if (code < 0)
		return code;
	const char **fields[] = {&text->vector, &text->published, &text->modified, &text->url, &text->summary,
	                         &text->details};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (!(*fields[i] = take(&body)))
			return damaged(id, error);
	code = take_list(arena, &body, id, &text->aliases, error);
	return code < 0 ? code : take_list(arena, &body, id, &text->references, error);
}

int advisory_text_read(struct unpacker *unpacker, struct arena *arena, const char *id, span head, span packed,
                       struct advisory_text *text, struct tarsier_error *error)
{
	span body = {"", 0};
	int code = unpack(unpacker, arena, packed, &body, id, error);
	return code < 0 ? code : advisory_text_parse(arena, id, head, body, text, error);
}
