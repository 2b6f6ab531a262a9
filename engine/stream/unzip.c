#include "base/siphash.h"
#include "stream/unzip_internal.h"

#include <errno.h>
#include <unistd.h>

enum { END64_LIMIT = 1024 * 1024, METHODS = 100 };

static int push(struct unzip *unzip, span piece, struct tarsier_error *error);

int unzip_new(struct arena *arena, const struct unzip_sink *sink, struct unzip_budget *budget, bool inner,
              struct unzip **unzip, struct tarsier_error *error)
{
	struct unzip *made = arena_room(arena, sizeof *made);
	if (!made)
		return error_memory(error);
	memset(made, 0, offsetof(struct unzip, window));
	if (!(made->inflate = raw_inflate_new(arena)))
		return error_memory(error);
	made->budget = budget;
	made->inner = inner;
	/* A key that an archive cannot know: it could choose names whose sums are the same. */
	if (getentropy(made->key, sizeof made->key) < 0)
		return error_errno(error, errno, "random bytes");
	unzip_reset(made, sink);
	*unzip = made;
	return TARSIER_OK;
}

void unzip_reset(struct unzip *unzip, const struct unzip_sink *sink)
{
	unzip->sink = sink;
	unzip->step = SIGNATURE;
	unzip->length = 0;
	unzip->position = unzip->first = unzip->left = 0;
	unzip->begun = unzip->ended = unzip->member = unzip->lost = false;
	unzip->found = unzip->listed[0] = unzip->listed[1] = 0;
}

/* ---- limits ------------------------------------------------------------------------------------------------------ */

int unzip_count_member(struct unzip *unzip, struct tarsier_error *error)
{
	if (++unzip->budget->members <= UNZIP_MEMBERS)
		return TARSIER_OK;
	return error_set(error, TARSIER_LIMIT, "the archive has more than %d members", UNZIP_MEMBERS);
}

int unzip_count_output(struct unzip *unzip, uint64_t bytes, struct tarsier_error *error)
{
	struct unzip_budget *budget = unzip->budget;
	budget->output += bytes;
	if (budget->output <= UNZIP_ALLOWANCE + budget->input * UNZIP_RATIO)
		return TARSIER_OK;
	return error_set(error, TARSIER_LIMIT, "its members become more than %d times as large as the archive", UNZIP_RATIO);
}

/* ---- do both directories agree? ---------------------------------------------------------------------------------- */

uint64_t unzip_hash(const struct unzip *unzip, uint64_t offset, uint64_t packed, unsigned method, span name)
{
	struct siphash hash = siphash_start(unzip->key[0], unzip->key[1]);
	const uint64_t numbers[] = {offset, packed, (uint64_t)method << 32 | name.len};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		siphash_word(&hash, (const char *)&numbers[i]);
	size_t words = name.len / 8 * 8;
	for (size_t i = 0; i < words; i += 8)
		siphash_word(&hash, name.ptr + i);
	return siphash_finish(hash, name.ptr + words, name.len);
}

bool unzip_agrees(const struct unzip *unzip)
{
	return !unzip->lost && (unzip->found == unzip->listed[0] || unzip->found == unzip->listed[1]);
}

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

span unzip_take(struct unzip *unzip, span *piece, uint64_t most)
{
	span taken = {piece->ptr, piece->len < most ? piece->len : (size_t)most};
	*piece = span_from(*piece, taken.len);
	unzip->position += taken.len;
	return taken;
}

int unzip_push_again(struct unzip *unzip, span surplus, struct tarsier_error *error)
{
	char copy[UNZIP_WINDOW];
	memcpy(copy, surplus.ptr, surplus.len);
	unzip->position -= surplus.len;
	return push(unzip, (span){copy, surplus.len}, error);
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

/* Adds to the record until it has `size` bytes. Returns true if it has. */
static bool collect(struct unzip *unzip, span *piece, size_t size)
{
	size_t there = unzip->length;
	if (there >= size)
		return true;
	span taken = unzip_take(unzip, piece, size - there);
	memcpy(unzip->record + there, taken.ptr, taken.len);
	unzip->length += taken.len;
	return unzip->length == size;
}

static int skip_next(struct unzip *unzip, uint64_t length)
{
	unzip->length = 0;
	unzip->left = length;
	unzip->step = length ? SKIPPED : SIGNATURE;
	return TARSIER_OK;
}

static enum unzip_step step_of_signature(const char *bytes)
{
	switch (unzip_u32(bytes)) {
	case ZIP_LOCAL:
		return LOCAL_FIXED;
	case ZIP_CENTRAL:
		return CENTRAL_FIXED;
	case ZIP_END:
		return END;
	case ZIP_END64:
		return END64;
	case ZIP_LOCATOR:
		return LOCATOR;
	default:
		return GAP;
	}
}

/* No record begins where the one at hand does: its first byte is passed over, the others are read again. */
static int pass_over(struct unzip *unzip, struct tarsier_error *error)
{
	span rest = {unzip->record + 1, unzip->length - 1};
	char copy[ZIP_CENTRAL_SIZE];
	memcpy(copy, rest.ptr, rest.len);
	unzip->length = 0;
	unzip->step = GAP;
	return unzip_push_again(unzip, (span){copy, rest.len}, error);
}

static int read_signature(struct unzip *unzip, struct tarsier_error *error)
{
	unzip->step = step_of_signature(unzip->record);
	return unzip->step == GAP ? pass_over(unzip, error) : TARSIER_OK;
}

static int find_signature(struct unzip *unzip, span *piece, struct tarsier_error *error)
{
	ptrdiff_t at = span_find(*piece, 'P');
	unzip_take(unzip, piece, at < 0 ? piece->len : (size_t)at);
	if (at >= 0)
		unzip->step = SIGNATURE;
	if (!unzip->begun && !unzip->ended && unzip->position > UNZIP_PREAMBLE)
		return error_set(error, TARSIER_FORMAT, "not a zip file: no member begins in its first %d MiB",
		                 UNZIP_PREAMBLE >> 20);
	return TARSIER_OK;
}

/* A launcher before the archive may hold the signature too, as a number in its code. */
static bool is_plausible(const char *local)
{
	struct unzip_entry entry = {.name.len = unzip_local_length(local) - ZIP_LOCAL_SIZE};
	entry.method = (unsigned char)local[8] | (unsigned)(unsigned char)local[9] << 8;
	return entry.name.len > 0 && entry.method < METHODS;
}

static int read_local(struct unzip *unzip, span *piece, struct tarsier_error *error)
{
	if (unzip->step == LOCAL_FIXED && !is_plausible(unzip->record))
		return pass_over(unzip, error);
	unzip->step = LOCAL;
	return collect(unzip, piece, unzip_local_length(unzip->record)) ? unzip_begin_member(unzip, error) : TARSIER_OK;
}

static int read_central(struct unzip *unzip, span *piece, struct tarsier_error *error)
{
	unzip->step = CENTRAL;
	if (!collect(unzip, piece, unzip_central_length(unzip->record)))
		return TARSIER_OK;
	int code = unzip_count_member(unzip, error);
	struct unzip_entry entry = unzip_central_entry(unzip->record);
	unzip->listed[0] += unzip_hash(unzip, entry.offset, entry.packed, entry.method, entry.name);
	unzip->listed[1] += unzip_hash(unzip, entry.offset - unzip->first, entry.packed, entry.method, entry.name);
	skip_next(unzip, entry.comment);
	return code;
}

static int read_end(struct unzip *unzip)
{
	unzip->ended = true;
	return skip_next(unzip, unzip_end_comment(unzip->record));
}

static int read_end64(struct unzip *unzip)
{
	uint64_t length = unzip_u64(unzip->record + 4);
	return skip_next(unzip, length < END64_LIMIT ? length : 0);
}

static int read_descriptor(struct unzip *unzip, struct tarsier_error *error)
{
	size_t length = unzip_descriptor_length(unzip->record, unzip->packed, unzip->unpacked);
	char rest[ZIP_DESCRIPTOR_SIZE];
	memcpy(rest, unzip->record, sizeof rest);
	skip_next(unzip, 0);
	return unzip_push_again(unzip, (span){rest + length, sizeof rest - length}, error);
}

static int read_record(struct unzip *unzip, span *piece, struct tarsier_error *error)
{
	static const size_t sizes[] = {
		[SIGNATURE] = ZIP_SIGNATURE_SIZE,     [LOCAL_FIXED] = ZIP_LOCAL_SIZE, [LOCAL] = ZIP_LOCAL_SIZE,
		[CENTRAL_FIXED] = ZIP_CENTRAL_SIZE,   [CENTRAL] = ZIP_CENTRAL_SIZE,   [END] = ZIP_END_SIZE,
		[END64] = ZIP_END64_SIZE,             [LOCATOR] = ZIP_LOCATOR_SIZE,   [DESCRIPTOR] = ZIP_DESCRIPTOR_SIZE,
	};
	if (!collect(unzip, piece, sizes[unzip->step]))
		return TARSIER_OK;
	switch (unzip->step) {
	case SIGNATURE:
		return read_signature(unzip, error);
	case LOCAL_FIXED:
	case LOCAL:
		return read_local(unzip, piece, error);
	case CENTRAL_FIXED:
	case CENTRAL:
		return read_central(unzip, piece, error);
	case END:
		return read_end(unzip);
	case END64:
		return read_end64(unzip);
	case DESCRIPTOR:
		return read_descriptor(unzip, error);
	default: /* LOCATOR */
		return skip_next(unzip, 0);
	}
}

/* ---- pushing ----------------------------------------------------------------------------------------------------- */

static int push(struct unzip *unzip, span piece, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	while (piece.len > 0 && code >= 0) {
		switch (unzip->step) {
		case GAP:
			code = find_signature(unzip, &piece, error);
			break;
		case SKIPPED:
			code = unzip_skip(unzip, &piece, error);
			break;
		case STORED:
			code = unzip_store(unzip, &piece, error);
			break;
		case STREAMED:
			code = unzip_scan_stored(unzip, &piece, error);
			break;
		case DEFLATED:
			code = unzip_inflate(unzip, &piece, error);
			break;
		default:
			code = read_record(unzip, &piece, error);
		}
	}
	return code < 0 ? code : TARSIER_OK;
}

int unzip_push(struct unzip *unzip, span piece, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	if (unzip->inner)
		code = unzip_count_output(unzip, piece.len, error);
	else
		unzip->budget->input += piece.len;
	return code < 0 ? code : push(unzip, piece, error);
}

int unzip_finish(struct unzip *unzip, struct tarsier_error *error)
{
	struct tarsier_error failure = {0};
	bool whole = unzip->ended && (unzip->step == SIGNATURE || unzip->step == GAP);
	if (!unzip->begun && !unzip->ended)
		return error_set(error, TARSIER_NOT_FOUND, "not a zip file");
	if (whole)
		return TARSIER_OK;
	error_set(&failure, TARSIER_FORMAT, "the archive ends early");
	int code = unzip_tell_done(unzip, &failure, error);
	return code < 0 ? code : error_set(error, TARSIER_FORMAT, "%s", failure.message);
}
