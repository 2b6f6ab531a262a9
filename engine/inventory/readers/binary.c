/* reads what executables and shared objects say of themselves: Go's modules, Rust's crates, .NET's names, well-known
 * programs' versions */
#include "inventory/assembly.h"
#include "inventory/go_binary.h"
#include "inventory/go_functions.h"
#include "inventory/program.h"
#include "inventory/rust_binary.h"

#include "inventory/reader_add.h"

#include <string.h>

/*
 * The file passes through a window. Each finder looks at every window and keeps what it needs, within limits: a file of
 * any size costs the window and what is found in it.
 */
enum {
	WORK = 8 * 1024 * 1024, /* bytes for one file: a list of modules or crates, collected in a buffer that doubles */
};

struct binary {
	struct executable executable;
	struct go_build_info go;
	struct go_functions functions;
	struct rust_list rust;
	struct assembly assembly;
	struct program_search programs;
	bool unknown;    /* the rest of the header is not what its first bytes promise */
	char *window;
	size_t length;   /* bytes in the window */
	size_t capacity;
	uint64_t offset; /* of the window in the file: 0 at first */
};

static int begin(struct evidence_stream *file, struct tarsier_error *error)
{
	struct binary *binary = file->state = arena_alloc(file->work, sizeof *binary);
	if (!binary)
		return error_memory(error);
	program_search_begin(&binary->programs, file->path, false);
	binary->capacity = VIEW_WINDOW + VIEW_AHEAD;
	if (file->size < binary->capacity)
		binary->capacity = (size_t)file->size + 1;
	binary->window = arena_room(file->work, binary->capacity);
	return binary->window ? TARSIER_OK : error_memory(error);
}

/* Returns more than 0 if the file is of no interest. */
static int look(struct evidence_stream *file, bool last, struct tarsier_error *error)
{
	struct binary *binary = file->state;
	const struct binary_view view = {.bytes = {binary->window, binary->length}, .offset = binary->offset, .last = last,
	                                 .offered = last ? binary->length : VIEW_WINDOW};
	if (binary->offset == 0)
		binary->unknown = !executable_read(view.bytes, &binary->executable);
	if (binary->unknown)
		return 1;
	int code = go_build_info_take(&binary->go, &binary->executable, &view, file->work, error);
	if (code >= 0)
		code = go_functions_take(&binary->functions, &binary->executable, &view, file->work, error);
	if (code >= 0)
		code = rust_list_take(&binary->rust, &binary->executable, &view, file->work, error);
	if (code >= 0)
		code = assembly_take(&binary->assembly, &binary->executable, &view, file->work, error);
	program_search_take(&binary->programs, &view);
	if (code < 0 || last)
		return code;
	memmove(binary->window, binary->window + view.offered, VIEW_AHEAD);
	binary->length = VIEW_AHEAD;
	binary->offset += view.offered;
	return TARSIER_OK;
}

static int feed(struct evidence_stream *file, span piece, struct tarsier_error *error)
{
	struct binary *binary = file->state;
	while (piece.len) {
		size_t room = binary->capacity - binary->length, length = piece.len < room ? piece.len : room;
		if (!room)
			return 1; /* longer than the layer says it is */
		memcpy(binary->window + binary->length, piece.ptr, length);
		binary->length += length;
		piece = span_from(piece, length);
		int enough = binary->length == VIEW_WINDOW + VIEW_AHEAD ? look(file, false, error) : 0;
		if (enough)
			return enough;
	}
	return 0;
}

static int add_go(struct evidence_stream *file, struct tarsier_error *error)
{
	struct binary *binary = file->state;
	span version, modules;
	if (!go_build_info_get(&binary->go, &binary->executable, &version, &modules))
		return TARSIER_OK;
	int code = go_modules_add(version, modules, file->output, error);
	return code < 0 ? code : go_functions_add(&binary->functions, modules, file->work, file->output, error);
}

static int end(struct evidence_stream *file, struct tarsier_error *error)
{
	struct binary *binary = file->state;
	int code = binary->unknown ? TARSIER_OK : look(file, true, error);
	if (code >= 0 && !binary->unknown)
		code = add_go(file, error);
	if (code >= 0)
		code = program_search_add(&binary->programs, file->output, error);
	if (code >= 0 && !binary->unknown)
		code = rust_list_add(&binary->rust, file->work, file->output, error);
	if (code >= 0 && !binary->unknown)
		code = assembly_add(&binary->assembly, &binary->executable, file->path, file->output, error);
	return code < 0 ? code : TARSIER_OK;
}

const struct reader reader_binary = {
	.name = "binary",
	.version = 5,
	.evidence = (const char *const[]){NULL},
	.limit = SIZE_MAX,
	.component = true,
	.work = WORK,
	.begin = begin,
	.feed = feed,
	.end = end,
	.claims = executable_claims,
};
