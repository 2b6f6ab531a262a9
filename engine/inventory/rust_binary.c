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

/* Returns how many bytes came out, at most `size`. */
static size_t inflate_some(struct arena *arena, span packed, char *out, size_t size)
{
	z_stream stream = {.zalloc = inflate_alloc, .zfree = inflate_free, .opaque = arena};
	if (inflateInit(&stream) != Z_OK)
		return 0;
	stream.next_in = (unsigned char *)(uintptr_t)packed.ptr;
	stream.avail_in = (unsigned)packed.len;
	stream.next_out = (unsigned char *)out;
	stream.avail_out = (unsigned)size;
	inflate(&stream, Z_SYNC_FLUSH);
	size_t length = size - stream.avail_out;
	inflateEnd(&stream);
	return length;
}

/* RFC 1950: deflate with a window of 32 KiB and without a dictionary; the second byte has the level and a check sum. */
static bool begins_list(struct arena *arena, span bytes)
{
	char text[sizeof beginning];
	struct arena scratch;
	if (bytes.len < 16 || bytes.ptr[0] != 0x78 || !memchr("\x01\x5e\x9c\xda", bytes.ptr[1], 4))
		return false;
	arena_init(&scratch, &arena->allocator);
	size_t length = inflate_some(&scratch, bytes, text, sizeof beginning - 1);
	arena_free(&scratch);
	return length == sizeof beginning - 1 && memcmp(text, beginning, length) == 0;
}

/* ---- finding ------------------------------------------------------------------------------------------------------ */

static void find(struct rust_list *list, const struct executable *executable, const struct binary_view *view,
                 struct arena *arena)
{
	size_t at = 0;
	if (view->offset < executable->loaded)
		at = executable->loaded - view->offset < view->offered ? (size_t)(executable->loaded - view->offset) : view->offered;
	while (at < view->offered) {
		const char *found = memchr(view->bytes.ptr + at, 0x78, view->offered - at);
		if (!found)
			return;
		at = (size_t)(found - view->bytes.ptr);
		if (begins_list(arena, span_from(view->bytes, at))) {
			list->packed = (struct binary_capture){.offset = view->offset + at, .wanted = RUST_PACKED_LIMIT};
			return;
		}
		at++;
	}
}

int rust_list_take(struct rust_list *list, const struct executable *executable, const struct binary_view *view,
                   struct arena *arena, struct tarsier_error *error)
{
	if (!list->packed.wanted && executable->elf)
		find(list, executable, view, arena);
	else if (!list->packed.wanted && executable->auditable_size && executable->auditable >= view->offset)
		list->packed = (struct binary_capture){.offset = executable->auditable, .wanted = RUST_PACKED_LIMIT};
	return list->packed.wanted ? binary_capture_take(&list->packed, view, arena, error) : TARSIER_OK;
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
	if (!text)
		return error_memory(error);
	size_t length = inflate_some(arena, (span){list->packed.bytes, list->packed.length}, text, RUST_LIST_LIMIT);
	int code = json_parse((span){text, length}, RUST_LIST_LIMIT, "the section .dep-v0", &json, error);
	if (code >= 0)
		code = add_crates(json_list(json, "packages"), output, error);
	json_decref(json);
	return code;
}
