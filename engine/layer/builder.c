/* what is kept of a layer, entry by entry */
#include "layer/builder.h"

#include <string.h>

enum { CHARGE_STEP = 64 * 1024 };

static int on_entry(void *user, const struct tar_entry *entry, struct tarsier_error *error);
static int on_data(void *user, span piece, struct tarsier_error *error);
static int on_done(void *user, struct tarsier_error *error);

int layer_builder_new(const struct layer_options *options, struct layer_builder **builder, struct tarsier_error *error)
{
	struct layer_builder *made = memory_resize(options->allocator, NULL, 0, sizeof *made);
	if (!made)
		return error_memory(error);
	memset(made, 0, sizeof *made);
	made->patterns = options->patterns;
	made->kept = options->kept;
	made->large = options->large;
	made->wants_listing = options->want_listing;
	made->wants_hashes = options->want_hashes;
	made->cancelled = options->cancelled;
	if (options->allocator)
		made->allocator = *options->allocator;
	last_entry_init(&made->last, &made->allocator);
	made->seen.allocator = made->seen_folders.allocator = &made->allocator;
	reading_init(&made->reading, options->allocator);
	made->reading.unpackable = options->tar_limit ? options->tar_limit : LAYER_TAR_LIMIT;
	arena_init(&made->arena, options->allocator);
	struct buffer *const buffers[] = {&made->files,   &made->links,  &made->others, &made->whiteouts, &made->taken,
	                                  &made->folders, &made->late,  &made->folder, &made->path,      &made->listing};
	for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
		buffer_init(buffers[i], options->allocator);
	made->index = layer_index_new(options->allocator);
	struct tar_sink sink = {.entry = on_entry, .data = on_data, .done = on_done, .user = made};
	int code = made->index ? tar_new(&made->arena, &sink, &made->tar, error) : error_memory(error);
	if (code >= 0 && options->want_secrets)
		code = builder_want_secrets(made, error);
	if (code < 0) {
		layer_builder_free(made);
		return code;
	}
	made->index->arena.limit = LAYER_INDEX_LIMIT;
	*builder = made;
	return TARSIER_OK;
}

void layer_builder_free(struct layer_builder *builder)
{
	if (!builder)
		return;
	struct tarsier_allocator allocator = builder->allocator;
	struct buffer *const buffers[] = {&builder->files, &builder->links,   &builder->others,
	                                  &builder->whiteouts, &builder->taken, &builder->folders,
	                                  &builder->late, &builder->folder, &builder->path,   &builder->listing};
	for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
		buffer_free(buffers[i]);
	builder_end_turn(builder);
	builder_free_secrets(builder);
	tar_free(builder->tar);
	path_set_free(&builder->seen);
	path_set_free(&builder->seen_folders);
	last_entry_free(&builder->last);
	reading_free(&builder->reading);
	hasher_free(builder->hasher);
	layer_index_free(builder->index);
	arena_free(&builder->arena);
	memory_resize(&allocator, builder, sizeof *builder, 0);
}

/* ---- what every kind of entry needs ----------------------------------------------------------------------------- */

int builder_no_room(const struct layer_builder *builder, struct tarsier_error *error)
{
	if (!builder->index->arena.full)
		return error_memory(error);
	return error_set(error, TARSIER_LIMIT,
	                 "more than %d MiB would have to be kept of this layer: packages, links, whiteouts",
	                 LAYER_INDEX_LIMIT >> 20);
}

int builder_charge(struct layer_builder *builder, size_t holds, struct tarsier_error *error)
{
	if (!builder->kept || holds <= builder->charged)
		return TARSIER_OK;
	size_t more = holds - builder->charged;
	builder->charged = holds;
	if (atomic_fetch_add(builder->kept, more) + more <= LAYERS_KEPT_LIMIT)
		return TARSIER_OK;
	return error_set(error, TARSIER_LIMIT,
	                 "more than %d MiB would have to be kept of all layers: packages, links, whiteouts",
	                 LAYERS_KEPT_LIMIT >> 20);
}

int builder_count_entry(struct layer_builder *builder, struct tarsier_error *error)
{
	if (builder->sequence >= LAYER_ENTRIES_LIMIT)
		return error_set(error, TARSIER_LIMIT, "the layer has more than %d entries", LAYER_ENTRIES_LIMIT);
	builder->sequence++;
	size_t holds = builder->index->arena.used + builder->taken.length + builder->folders.length + builder->files.length +
	               builder->links.length + builder->others.length + builder->listing.length;
	return holds < builder->charged + CHARGE_STEP ? TARSIER_OK : builder_charge(builder, holds, error);
}

/* ---- what is not a file, under a name that a reader wants --------------------------------------------------------- */

/* A package database that cannot be read must not look like one that is absent. */
static int add_odd(struct layer_builder *builder, span path, const char *what, bool directory,
                   struct tarsier_error *error)
{
	struct layer_file file = {
		.reader = builder_wanted_by(builder, path), .missing = true, .directory = directory};
	if (!file.reader)
		return TARSIER_OK;
	file.problem = arena_string(&builder->index->arena, what);
	return file.problem ? builder_add_file(builder, path, &file, error) : builder_no_room(builder, error);
}

/* Patterns with a star match directories too: NAME.egg-info may be one. */
static int add_directory(struct layer_builder *builder, span path, struct tarsier_error *error)
{
	const struct reader *reader = builder_wanted_by(builder, path);
	return reader && reader_names(reader, path) ? add_odd(builder, path, "a directory, not a file", true, error) : TARSIER_OK;
}

/* ---- whiteouts -------------------------------------------------------------------------------------------------- */

/* A whiteout at this path, or of what is in it. Returns 1 if earlier entries lie below it: what lies below it from now on is
 * elsewhere, if there was a link until now. */
static int end_folder(struct layer_builder *builder, span path, struct tarsier_error *error)
{
	uint64_t hash = path_hash(path, true);
	if (!path.len)
		return builder->ordered = builder->sequence > 1;
	int code = builder_has_entered(builder, hash, error);
	if (code <= 0)
		return code;
	code = last_entry_watch(&builder->last, path, error);
	if (code < 0)
		return code;
	last_entry_find(&builder->last, hash)->ordered = true;
	builder->folder.length = 0; /* so that the next entry's folders are looked at anew */
	return 1;
}

/* The content of this folder is hidden. If the folder's own entry came just before, as engines write it, that has its turn
 * too: what was a link in the layers below is none any more. */
static int order_folder(struct layer_builder *builder, span folder, struct tarsier_error *error)
{
	size_t count, others = builder->others.length / sizeof(struct layer_other);
	const uint64_t *taken = builder_hashes(&builder->taken, &count);
	const struct layer_other *list = (const struct layer_other *)(const void *)builder->others.data;
	uint32_t before = builder->sequence - 1;
	if (!folder.len || !count || taken[count - 1] != path_hash(folder, true) || (others && list[others - 1].sequence == before))
		return TARSIER_OK;
	return builder_add_other(builder, folder, true, before, error);
}

/* `name` is empty for an opaque folder. */
static int add_whiteout(struct layer_builder *builder, span folder, span name, struct tarsier_error *error)
{
	struct layer_whiteout whiteout = {.opaque = name.len == 0};
	whiteout.path = arena_format(&builder->index->arena, "%.*s%s%.*s", SPAN_WHOLE(folder), folder.len && name.len ? "/" : "",
	                             SPAN_WHOLE(name));
	if (!whiteout.path)
		return builder_no_room(builder, error);
	whiteout.sequence = builder->sequence;
	int code = whiteout.opaque ? order_folder(builder, folder, error) : TARSIER_OK;
	if (code >= 0)
		code = end_folder(builder, span_of(whiteout.path), error);
	if (code < 0)
		return code;
	whiteout.used = code;
	return buffer_add(&builder->whiteouts, &whiteout, sizeof whiteout) ? TARSIER_OK : error_memory(error);
}

/*
 * OCI image-spec, layer.md, "Whiteouts": ".wh.NAME" deletes NAME from the layers below, ".wh..wh..opq" all that they
 * have in its folder. Other names that begin with ".wh..wh." belong to aufs and are ignored. Returns 1 if the
 * path is one of these, 0 if it is not.
 */
static int take_whiteout(struct layer_builder *builder, span path, struct tarsier_error *error)
{
	ptrdiff_t slash = span_find_last(path, '/');
	span name = slash < 0 ? path : span_from(path, (size_t)slash + 1);
	span folder = {path.ptr, slash < 0 ? 0 : (size_t)slash};
	int code = TARSIER_OK;
	if (!span_starts(name, ".wh.") && !span_starts(path, ".wh..wh.") && !span_contains(path, "/.wh..wh."))
		return 0;
	if ((code = builder_count_entry(builder, error)) < 0)
		return code;
	if (span_is(name, ".wh..wh..opq")) {
		code = add_whiteout(builder, folder, SPAN(""), error);
	} else if (span_starts(name, ".wh.") && !span_starts(name, ".wh..wh.")) {
		span deleted = span_from(name, 4);
		if (deleted.len == 0 || span_is(deleted, ".") || span_is(deleted, ".."))
			return error_set(error, TARSIER_FORMAT, "%.*s: is a whiteout without a name", SPAN_ARG(path));
		code = add_whiteout(builder, folder, deleted, error);
	}
	if (code >= 0)
		code = builder_note_folders(builder, path, false, error);
	return code < 0 ? code : 1;
}

/* ---- the listing ------------------------------------------------------------------------------------------------- */

static int list_entry(struct layer_builder *builder, const struct tar_entry *entry, struct tarsier_error *error)
{
	if (!builder->wants_listing || (entry->type != '0' && entry->type != '5'))
		return TARSIER_OK;
	const struct layer_entry listed = {.path = span_copy(&builder->index->arena, entry->path), .size = entry->size,
	                                   .mode = entry->mode, .type = entry->type};
	if (!listed.path)
		return builder_no_room(builder, error);
	return buffer_add(&builder->listing, &listed, sizeof listed) ? TARSIER_OK : error_memory(error);
}

/* ---- the tar's entries ------------------------------------------------------------------------------------------ */

static int on_entry(void *user, const struct tar_entry *entry, struct tarsier_error *error)
{
	struct layer_builder *builder = user;
	int taken = take_whiteout(builder, entry->path, error);
	if (taken != 0)
		return taken < 0 ? taken : 0;
	int code = builder_take_path(builder, entry->path, entry->type == '5', error);
	if (code < 0 || (code = list_entry(builder, entry, error)) < 0)
		return code;
	switch (entry->type) {
	case '0':
		return builder_open_file(builder, entry, error);
	case '1':
		return builder_add_hard_link(builder, entry->path, entry->link, error);
	case '2':
		return builder_add_link(builder, entry->path, entry->link, false, error);
	case '3':
	case '4':
		return add_odd(builder, entry->path, "a device, not a file", false, error);
	case '5':
		return add_directory(builder, entry->path, error);
	case '6':
		return add_odd(builder, entry->path, "a FIFO, not a file", false, error);
	default:
		return 0;
	}
}

static int on_data(void *user, span piece, struct tarsier_error *error)
{
	return builder_give_data(user, piece, error);
}

static int on_done(void *user, struct tarsier_error *error)
{
	return builder_close_file(user, error);
}

int layer_builder_push(struct layer_builder *builder, span tar_bytes, struct tarsier_error *error)
{
	builder->index->tar_size += tar_bytes.len;
	builder->pushed += tar_bytes.len;
	return tar_push(builder->tar, tar_bytes, error);
}

/* ---- entries given one by one ----------------------------------------------------------------------------------- */

int layer_builder_file(struct layer_builder *builder, const struct tar_entry *entry, struct stream *content,
                       struct tarsier_error *error)
{
	int code = builder_take_path(builder, entry->path, false, error);
	if (code >= 0)
		code = list_entry(builder, entry, error);
	return code < 0 || !content ? code : builder_read_stream(builder, entry, content, error);
}

int layer_builder_link(struct layer_builder *builder, span path, span target, bool hard, struct tarsier_error *error)
{
	int code = builder_take_path(builder, path, false, error);
	if (code < 0)
		return code;
	return hard ? builder_add_hard_link(builder, path, target, error) : builder_add_link(builder, path, target, false, error);
}

int layer_builder_directory(struct layer_builder *builder, span path, struct tarsier_error *error)
{
	int code = builder_take_path(builder, path, true, error);
	return code < 0 ? code : add_directory(builder, path, error);
}

int layer_builder_odd(struct layer_builder *builder, span path, const char *what, struct tarsier_error *error)
{
	int code = builder_take_path(builder, path, false, error);
	return code < 0 ? code : add_odd(builder, path, what, false, error);
}

int layer_builder_finish(struct layer_builder *builder, struct layer_index **index, struct tarsier_error *error)
{
	struct layer_index *made = builder->index;
	*index = NULL;
	int code = tar_finish(builder->tar, error);
	made->entries = builder->sequence;
	made->arena.limit = 0; /* what is left to add is as large as what was kept already */
	if (code >= 0 && !builder_finish_index(builder))
		code = error_memory(error);
	if (code >= 0)
		code = builder_charge(builder, made->arena.used, error);
	if (code >= 0) {
		*index = made;
		builder->index = NULL;
	}
	layer_builder_free(builder);
	return code;
}
