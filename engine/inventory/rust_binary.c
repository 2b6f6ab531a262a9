#include "inventory/rust_binary.h"

#include "format/json.h"
#include "inventory/reader_add.h"

#include <string.h>
#include <zlib.h>

/*
 * cargo-auditable's section is ".dep-v0": zlib's format around JSON (PARSING.md of that project),
 *
 *	{"packages": [{"name": "…", "version": "…", "source": "crates.io", "kind": "runtime" or "build", …}, …]}
 *
 * PE and Mach-O name the section in their header. In ELF the table of sections comes last, when the section has passed
 * by; it is not loaded into memory, so it lies behind the last segment, where it is known by how it begins.
 */
static const char beginning[] = "{\"packages\":[";

/* ---- inflating, with all memory in an arena ----------------------------------------------------------------------- */

static void *inflate_alloc(void *arena, unsigned count, unsigned size)
{
	return arena_array(arena, count, size);
}

static void inflate_free(void *arena, void *address)
{
	(void)arena, (void)address;
}

static z_stream *new_inflater(struct arena *arena)
{
	z_stream *stream = arena_alloc(arena, sizeof *stream);
	if (!stream)
		return NULL;
	*stream = (z_stream){.zalloc = inflate_alloc, .zfree = inflate_free, .opaque = arena};
	return inflateInit(stream) == Z_OK ? stream : NULL;
}

/* Returns how many bytes came out, at most `size`. */
static size_t inflate_some(z_stream *stream, span packed, char *out, size_t size)
{
	if (inflateReset(stream) != Z_OK)
		return 0;
	stream->next_in = (unsigned char *)(uintptr_t)packed.ptr;
	stream->avail_in = (unsigned)packed.len;
	stream->next_out = (unsigned char *)out;
	stream->avail_out = (unsigned)size;
	inflate(stream, Z_SYNC_FLUSH);
	return size - stream->avail_out;
}

/* RFC 1950: deflate with a window of 32 KiB and without a dictionary; the second byte has the level and a check sum. RFC
 * 1951: two bits of the third are the kind of the first block, compressed in any case. */
static bool may_begin(span bytes)
{
	return bytes.len >= 16 && bytes.ptr[0] == 0x78 && memchr("\x01\x5e\x9c\xda", bytes.ptr[1], 4) &&
	       ((bytes.ptr[2] & 6) == 2 || (bytes.ptr[2] & 6) == 4);
}

static bool begins_list(struct rust_list *list, span bytes)
{
	char text[sizeof beginning];
	if (!may_begin(bytes) || list->tries++ >= RUST_TRIES)
		return false;
	bytes.len = bytes.len < VIEW_AHEAD ? bytes.len : VIEW_AHEAD;
	size_t length = inflate_some(list->probe, bytes, text, sizeof beginning - 1);
	return length == sizeof beginning - 1 && memcmp(text, beginning, length) == 0;
}

/* ---- finding ------------------------------------------------------------------------------------------------------ */

static int find(struct rust_list *list, const struct executable *executable, const struct binary_view *view,
                struct arena *arena, struct tarsier_error *error)
{
	size_t at = 0;
	if (view->offset < executable->loaded)
		at = executable->loaded - view->offset < view->offered ? (size_t)(executable->loaded - view->offset) : view->offered;
	if (at < view->offered && !list->probe && !(list->probe = new_inflater(arena)))
		return error_memory(error);
	while (at < view->offered && list->tries < RUST_TRIES) {
		const char *found = memchr(view->bytes.ptr + at, 0x78, view->offered - at);
		if (!found)
			break;
		at = (size_t)(found - view->bytes.ptr);
		if (begins_list(list, span_from(view->bytes, at))) {
			list->packed = (struct binary_capture){.offset = view->offset + at, .wanted = RUST_PACKED_LIMIT};
			break;
		}
		at++;
	}
	return TARSIER_OK;
}

int rust_list_take(struct rust_list *list, const struct executable *executable, const struct binary_view *view,
                   struct arena *arena, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	if (!list->packed.wanted && executable->elf)
		code = find(list, executable, view, arena, error);
	else if (!list->packed.wanted && executable->auditable_size && executable->auditable >= view->offset)
		list->packed = (struct binary_capture){.offset = executable->auditable, .wanted = RUST_PACKED_LIMIT};
	return code >= 0 && list->packed.wanted ? binary_capture_take(&list->packed, view, arena, error) : code;
}

/* ---- adding ------------------------------------------------------------------------------------------------------- */

/* What only ran while the program was built is not in it. */
static int add_crates(const json_t *packages, struct reader_output *output, struct tarsier_error *error)
{
	size_t index;
	json_t *crate;
	int code = TARSIER_OK;
	json_array_foreach(packages, index, crate) {
		const struct package_spans package = {.type = "cargo", .ecosystem = "crates.io",
		                                      .name = span_of(json_text(crate, "name")),
		                                      .version = span_of(json_text(crate, "version")), .found_by = "binary"};
		if (strcmp(json_text(crate, "kind"), "build") != 0)
			code = reader_skip_file(output, reader_add(output, &package, error), error);
		if (code < 0)
			break;
	}
	return code;
}

int rust_list_add(const struct rust_list *list, struct arena *arena, struct reader_output *output,
                  struct tarsier_error *error)
{
	json_t *json = NULL;
	if (!list->packed.length)
		return TARSIER_OK;
	char *text = arena_alloc(arena, RUST_LIST_LIMIT);
	z_stream *inflater = list->probe ? list->probe : new_inflater(arena);
	if (!text || !inflater)
		return error_memory(error);
	size_t length = inflate_some(inflater, (span){list->packed.bytes, list->packed.length}, text, RUST_LIST_LIMIT);
	int code = json_parse((span){text, length}, RUST_LIST_LIMIT, "the section .dep-v0", &json, error);
	if (code >= 0)
		code = add_crates(json_list(json, "packages"), output, error);
	json_decref(json);
	return code;
}
