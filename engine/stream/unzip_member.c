/* the content of members, and where it ends */
#include "stream/unzip_internal.h"

#include <string.h>

/* ---- members ----------------------------------------------------------------------------------------------------- */

/* The header's name is still in the record. */
static void end_member(struct unzip *unzip)
{
	struct unzip_entry entry = unzip_local_entry(unzip->record);
	if (unzip->bounded)
		unzip->packed = unzip->unpacked = entry.packed;
	unzip->found += unzip_hash(unzip, unzip->start - unzip->first, unzip->packed, unzip->method, entry.name);
	unzip->length = 0;
	unzip->left = 0;
	unzip->step = unzip->flags & ZIP_STREAMED ? DESCRIPTOR : SIGNATURE;
}

int unzip_tell_done(struct unzip *unzip, const struct tarsier_error *failure, struct tarsier_error *error)
{
	bool member = unzip->member;
	unzip->member = false;
	return member ? unzip->sink->done(unzip->sink->user, failure, error) : TARSIER_OK;
}

static int give(struct unzip *unzip, span piece, struct tarsier_error *error)
{
	unzip->unpacked += piece.len;
	if (!unzip->member || piece.len == 0)
		return TARSIER_OK;
	int code = unzip->sink->data(unzip->sink->user, piece, error);
	if (code > 0)
		unzip->member = false;
	return code < 0 ? code : TARSIER_OK;
}

/* What is left of the member cannot be read. If nobody knows where it ends, the next record has to be found. */
static int give_up(struct unzip *unzip, const struct tarsier_error *failure, struct tarsier_error *error)
{
	unzip->step = unzip->bounded ? SKIPPED : GAP;
	if (!unzip->bounded) {
		unzip->lost = true;
		unzip->length = 0;
		unzip->left = 0;
	}
	return unzip_tell_done(unzip, failure, error);
}

static enum unzip_step step_of(const struct unzip *unzip, bool readable)
{
	if (unzip->bounded && !unzip->member)
		return SKIPPED;
	if (!readable)
		return GAP;
	if (unzip->method == ZIP_DEFLATED)
		return DEFLATED;
	return unzip->bounded ? STORED : STREAMED;
}

static void start_member(struct unzip *unzip, const struct unzip_entry *entry)
{
	unzip->start = unzip->position - unzip->length;
	if (!unzip->begun)
		unzip->first = unzip->start;
	unzip->begun = true;
	unzip->ended = false;
	unzip->flags = entry->flags;
	unzip->method = entry->method;
	unzip->bounded = !(entry->flags & ZIP_STREAMED) || (entry->method == ZIP_STORED && entry->packed);
	unzip->left = unzip->bounded ? entry->packed : UINT64_MAX;
	unzip->packed = unzip->unpacked = 0;
	unzip->windowed = 0;
	raw_inflate_reset(unzip->inflate);
}

int unzip_begin_member(struct unzip *unzip, struct tarsier_error *error)
{
	struct unzip_entry entry = unzip_local_entry(unzip->record);
	bool readable = !(entry.flags & ZIP_ENCRYPTED) && (entry.method == ZIP_STORED || entry.method == ZIP_DEFLATED);
	int code = unzip_count_member(unzip, error);
	if (code < 0)
		return code;
	start_member(unzip, &entry);
	struct unzip_member member = {.path = entry.name, .method = entry.method, .readable = readable};
	code = unzip->sink->member(unzip->sink->user, &member, error);
	if (code < 0)
		return code;
	unzip->member = code > 0 && readable;
	unzip->step = step_of(unzip, readable);
	if (unzip->step == GAP)
		return give_up(unzip, NULL, error);
	if (unzip->left > 0)
		return TARSIER_OK;
	code = unzip_tell_done(unzip, NULL, error);
	end_member(unzip);
	return code;
}

/* ---- content ----------------------------------------------------------------------------------------------------- */

/* Skips the rest of a member, or a comment. */
int unzip_skip(struct unzip *unzip, span *piece, struct tarsier_error *error)
{
	(void)error;
	unzip->left -= unzip_take(unzip, piece, unzip->left).len;
	if (unzip->left > 0)
		return TARSIER_OK;
	if (unzip->length)
		end_member(unzip);
	else
		unzip->step = SIGNATURE;
	return TARSIER_OK;
}

int unzip_store(struct unzip *unzip, span *piece, struct tarsier_error *error)
{
	span taken = unzip_take(unzip, piece, unzip->left);
	unzip->left -= taken.len;
	int code = give(unzip, taken, error);
	if (code < 0 || unzip->left > 0)
		return code;
	code = unzip_tell_done(unzip, NULL, error);
	end_member(unzip);
	return code;
}

static int end_deflated(struct unzip *unzip, span surplus, struct tarsier_error *error)
{
	int code = unzip_tell_done(unzip, NULL, error);
	unzip->packed -= surplus.len;
	if (unzip->bounded) {
		unzip->left += surplus.len;
		unzip->step = SKIPPED;
	}
	if (!unzip->bounded || unzip->left == 0)
		end_member(unzip);
	return code < 0 ? code : unzip_push_again(unzip, surplus, error);
}

/* *failure is set if the compressed data are broken. */
static int inflate_step(struct unzip *unzip, struct codec_io *io, span *surplus, struct tarsier_error *failure,
                        struct tarsier_error *error)
{
	io->out = unzip->output;
	io->out_left = UNZIP_OUTPUT;
	int code = raw_inflate_step(unzip->inflate, io, surplus, failure);
	if (code < 0)
		return code == TARSIER_FORMAT ? TARSIER_OK : error_memory(error);
	span output = {(const char *)unzip->output, UNZIP_OUTPUT - io->out_left};
	code = unzip_count_output(unzip, output.len, error);
	return code < 0 ? code : give(unzip, output, error);
}

static int end_inflating(struct unzip *unzip, const struct codec_io *io, span surplus, struct tarsier_error *failure,
                         struct tarsier_error *error)
{
	if (io->whole)
		return end_deflated(unzip, surplus, error);
	if (!failure->code && unzip->left > 0)
		return TARSIER_OK;
	if (!failure->code)
		error_set(failure, TARSIER_FORMAT, "the compressed data end early");
	return give_up(unzip, failure, error);
}

int unzip_inflate(struct unzip *unzip, span *piece, struct tarsier_error *error)
{
	struct codec_io io = {.in = (const unsigned char *)piece->ptr,
	                      .in_left = piece->len < unzip->left ? piece->len : (size_t)unzip->left};
	struct tarsier_error failure = {0};
	span surplus = SPAN("");
	size_t before = io.in_left;
	int code;
	do
		code = inflate_step(unzip, &io, &surplus, &failure, error);
	while (code >= 0 && !failure.code && !io.whole && (io.in_left || !io.out_left));
	size_t used = unzip_take(unzip, piece, before - io.in_left).len;
	unzip->packed += used;
	if (unzip->bounded)
		unzip->left -= used;
	return code < 0 ? code : end_inflating(unzip, &io, surplus, &failure, error);
}

/* Returns where in the window the member's descriptor begins, as it states how much there is before; or, if it is not
 * there, how much of the window cannot be part of it. */
static size_t find_descriptor(const struct unzip *unzip, bool *found)
{
	size_t at = 0;
	*found = false;
	for (; at + ZIP_DESCRIPTOR_SIZE <= unzip->windowed && !*found; at += !*found) {
		uint64_t size = unzip->packed + at;
		*found = unzip_u32(unzip->window + at) == ZIP_DESCRIPTOR &&
		         unzip_descriptor_length(unzip->window + at, size, size) > 0;
	}
	return at;
}

/* Reads a stored member that is not said to be of any size: up to a descriptor that says that it was of this one. */
int unzip_scan_stored(struct unzip *unzip, span *piece, struct tarsier_error *error)
{
	bool found;
	span taken = unzip_take(unzip, piece, UNZIP_WINDOW - unzip->windowed);
	memcpy(unzip->window + unzip->windowed, taken.ptr, taken.len);
	unzip->windowed += taken.len;
	span content = {unzip->window, find_descriptor(unzip, &found)};
	int code = give(unzip, content, error);
	unzip->packed += content.len;
	unzip->windowed -= content.len;
	if (code >= 0 && found) {
		code = unzip_tell_done(unzip, NULL, error);
		end_member(unzip);
		return code < 0 ? code : unzip_push_again(unzip, (span){unzip->window + content.len, unzip->windowed}, error);
	}
	memmove(unzip->window, unzip->window + content.len, unzip->windowed);
	return code;
}

