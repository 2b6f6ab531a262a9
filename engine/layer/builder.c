/* what is kept of a layer, entry by entry */
#include "layer/internal.h"
#include "layer/layer.h"
#include "stream/tar.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* Evidence is collected in one buffer, which is freed after a file if it has grown beyond this. */
enum { CONTENT_KEPT = 4 * 1024 * 1024, CONTENT_LARGE = 8 * 1024 * 1024, CHARGE_STEP = 64 * 1024 };


struct pending_file {
	struct layer_file file;
	bool bound; /* a hard link to it came while it was there */
};

struct layer_builder {
	const struct path_match *patterns;
	struct tarsier_allocator allocator;
	struct arena arena;  /* the builder's own */
	struct tar *tar;
	struct layer_index *index;
	uint32_t sequence;   /* of the entry at hand: they count from 1 */
	atomic_uint_fast64_t *kept; /* of all layers; or NULL */
	size_t charged;      /* this layer's part of it */
	sem_t *large;        /* or NULL */
	bool holds_large;
	struct last_entry last;
	struct buffer files, links, whiteouts; /* of struct pending_file, layer_link, layer_whiteout */
	struct buffer taken, folders; /* of uint64_t */
	struct buffer folder; /* the one that the entry before lay in */
	struct buffer content;
};

static int on_entry(void *user, const struct tar_entry *entry, struct tarsier_error *error);
static int on_data(void *user, span piece, struct tarsier_error *error);
static int on_done(void *user, struct tarsier_error *error);

struct layer_index *layer_index_new(const struct tarsier_allocator *allocator)
{
	struct layer_index *index = memory_resize(allocator, NULL, 0, sizeof *index);
	if (!index)
		return NULL;
	memset(index, 0, sizeof *index);
	arena_init(&index->arena, allocator);
	return index;
}

struct layer_index *layer_index_hold(struct layer_index *index)
{
	index->holders++;
	return index;
}

void layer_index_free(struct layer_index *index)
{
	if (!index || index->holders--)
		return;
	struct tarsier_allocator allocator = index->arena.allocator;
	arena_free(&index->arena);
	memory_resize(&allocator, index, sizeof *index, 0);
}

int layer_builder_new(const struct layer_options *options, struct layer_builder **builder, struct tarsier_error *error)
{
	struct layer_builder *made = memory_resize(options->allocator, NULL, 0, sizeof *made);
	if (!made)
		return error_memory(error);
	memset(made, 0, sizeof *made);
	made->patterns = options->patterns;
	made->kept = options->kept;
	made->large = options->large;
	if (options->allocator)
		made->allocator = *options->allocator;
	last_entry_init(&made->last, &made->allocator);
	arena_init(&made->arena, options->allocator);
	struct buffer *const buffers[] = {&made->files,   &made->links,  &made->whiteouts, &made->taken,
	                                  &made->folders, &made->folder, &made->content};
	for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
		buffer_init(buffers[i], options->allocator);
	made->index = layer_index_new(options->allocator);
	struct tar_sink sink = {.entry = on_entry, .data = on_data, .done = on_done, .user = made};
	int code = made->index ? tar_new(&made->arena, &sink, &made->tar, error) : error_memory(error);
	if (code < 0) {
		layer_builder_free(made);
		return code;
	}
	made->index->arena.limit = LAYER_INDEX_LIMIT;
	*builder = made;
	return TARSIER_OK;
}

/* Layers are read in parallel, and each may hold a file as large as its reader's limit: only one large file is read
 * at a time. */
static void await_turn(struct layer_builder *builder)
{
	if (!builder->large || builder->holds_large)
		return;
	while (sem_wait(builder->large) < 0 && errno == EINTR)
		;
	builder->holds_large = true;
}

static void end_turn(struct layer_builder *builder)
{
	if (builder->holds_large)
		sem_post(builder->large);
	builder->holds_large = false;
}

void layer_builder_free(struct layer_builder *builder)
{
	if (!builder)
		return;
	struct tarsier_allocator allocator = builder->allocator;
	struct buffer *const buffers[] = {&builder->files,   &builder->links,  &builder->whiteouts, &builder->taken,
	                                  &builder->folders, &builder->folder, &builder->content};
	for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
		buffer_free(buffers[i]);
	end_turn(builder);
	tar_free(builder->tar);
	last_entry_free(&builder->last);
	layer_index_free(builder->index);
	arena_free(&builder->arena);
	memory_resize(&allocator, builder, sizeof *builder, 0);
}

/* ---- what every kind of entry needs ----------------------------------------------------------------------------- */

/* The index's arena is full, or memory ran out. */
static int no_room(const struct layer_builder *builder, struct tarsier_error *error)
{
	if (builder->index->arena.used < LAYER_INDEX_LIMIT / 2)
		return error_memory(error);
	return error_set(error, TARSIER_LIMIT,
	                 "more than %d MiB would have to be kept of this layer: packages, links, whiteouts",
	                 LAYER_INDEX_LIMIT >> 20);
}

/* Adds what this layer holds by now to the sum over all layers, which has one limit. */
static int charge(struct layer_builder *builder, size_t holds, struct tarsier_error *error)
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

static int count_entry(struct layer_builder *builder, struct tarsier_error *error)
{
	if (builder->sequence >= LAYER_ENTRIES_LIMIT)
		return error_set(error, TARSIER_LIMIT, "the layer has more than %d entries", LAYER_ENTRIES_LIMIT);
	builder->sequence++;
	size_t holds = builder->index->arena.used + builder->taken.length + builder->folders.length + builder->files.length +
	               builder->links.length;
	return holds < builder->charged + CHARGE_STEP ? TARSIER_OK : charge(builder, holds, error);
}

static struct layer_link *link_at(const struct layer_builder *builder, size_t index)
{
	return (struct layer_link *)(void *)builder->links.data + index;
}

/* If the path is that of a link by now, entries come through it. True if it is. */
static bool use_link(struct layer_builder *builder, uint64_t hash)
{
	const struct last_entry_slot *slot = last_entry_find(&builder->last, hash);
	if (!slot || !slot->link || link_at(builder, slot->link - 1)->sequence != slot->latest)
		return false;
	return link_at(builder, slot->link - 1)->used = true;
}

static size_t common_length(span a, span b)
{
	size_t length = 0, most = a.len < b.len ? a.len : b.len;
	while (length < most && a.ptr[length] == b.ptr[length])
		length++;
	return length;
}

/* Remembers the folders that an entry lies in, as far as those of the entry before did not tell. */
static int note_folders(struct layer_builder *builder, span path, struct tarsier_error *error)
{
	span folder = {path.ptr, (size_t)(span_find_last(path, '/') + 1)}, before = buffer_span(&builder->folder);
	size_t common = common_length(folder, before);
	struct path_prefix prefix;
	if (common == folder.len && common == before.len)
		return TARSIER_OK;
	path_prefix_begin(&prefix);
	for (size_t length = 1; length < folder.len; length++) {
		if (folder.ptr[length] != '/' || length < common)
			continue;
		uint64_t hash = path_prefix_hash(&prefix, folder.ptr, length, true);
		use_link(builder, hash);
		if (!buffer_add(&builder->folders, &hash, sizeof hash))
			return error_memory(error);
	}
	builder->folder.length = 0;
	if (!buffer_add(&builder->folder, folder.ptr, folder.len))
		return error_memory(error);
	if (builder->folders.length / sizeof(uint64_t) > LAYER_ENTRIES_LIMIT)
		return error_set(error, TARSIER_LIMIT, "the layer's entries lie in more than %d folders", LAYER_ENTRIES_LIMIT);
	return TARSIER_OK;
}

/* Notes that this layer has an entry at this path, whether or not anything is kept of it. */
static int take_path(struct layer_builder *builder, span path, bool directory, struct tarsier_error *error)
{
	uint64_t hash = path_hash(path, directory);
	int code = count_entry(builder, error);
	if (code >= 0)
		code = note_folders(builder, path, error);
	if (code < 0)
		return code;
	last_entry_note(&builder->last, hash, directory, builder->sequence);
	return buffer_add(&builder->taken, &hash, sizeof hash) ? TARSIER_OK : error_memory(error);
}

static const struct reader *wanted_by(const struct layer_builder *builder, span path)
{
	return builder->patterns ? path_match_find(builder->patterns, path) : NULL;
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static struct pending_file *file_at(const struct layer_builder *builder, size_t index)
{
	return (struct pending_file *)(void *)builder->files.data + index;
}

static size_t file_count(const struct layer_builder *builder)
{
	return builder->files.length / sizeof(struct pending_file);
}

static int add_file(struct layer_builder *builder, span path, const struct layer_file *like,
                    struct tarsier_error *error)
{
	struct pending_file pending = {.file = *like};
	pending.file.sequence = builder->sequence;
	pending.file.path = span_copy(&builder->index->arena, path);
	if (!pending.file.path)
		return no_room(builder, error);
	int code = last_entry_keep(&builder->last, path, builder->sequence, error);
	if (code < 0)
		return code;
	if (!buffer_add(&builder->files, &pending, sizeof pending))
		return error_memory(error);
	last_entry_find(&builder->last, path_hash(path, false))->file = (uint32_t)file_count(builder);
	return TARSIER_OK;
}

static struct layer_file *last_file(const struct layer_builder *builder)
{
	return &file_at(builder, file_count(builder) - 1)->file;
}

static int set_problem(struct layer_builder *builder, const char *problem, struct tarsier_error *error)
{
	struct layer_file *file = last_file(builder);
	file->problem = arena_string(&builder->index->arena, problem);
	return file->problem ? TARSIER_OK : no_room(builder, error);
}

static int begin_file(struct layer_builder *builder, span path, const struct reader *reader,
                      struct tarsier_error *error)
{
	builder->content.length = 0;
	return add_file(builder, path, &(struct layer_file){.reader = reader}, error);
}

static int too_large(struct layer_builder *builder, struct tarsier_error *error)
{
	struct tarsier_error problem;
	const struct layer_file *file = last_file(builder);
	error_set(&problem, TARSIER_LIMIT, "larger than the %zu bytes that reader %s takes", file->reader->limit,
	          file->reader->name);
	return set_problem(builder, problem.message, error);
}

/* All of the file is in builder->content. */
static int read_file(struct layer_builder *builder, struct tarsier_error *error)
{
	struct layer_file *file = last_file(builder);
	struct arena *arena = &builder->index->arena;
	struct evidence evidence = {.path = span_of(file->path), .content = buffer_span(&builder->content)};
	struct reader_output output = {.arena = arena, .patterns = builder->patterns};
	struct tarsier_error problem = {0};
	int code = file->reader->read ? file->reader->read(&evidence, &output, &problem) : TARSIER_OK;
	if (code == TARSIER_MEMORY)
		return no_room(builder, error);
	if (code < 0)
		return set_problem(builder, problem.message[0] ? problem.message : tarsier_code_name(code), error);
	file->packages = output.packages;
	file->package_count = output.count;
	file->owned = output.owned;
	file->owned_count = output.owned_count;
	file->owner = output.owner;
	file->notes = output.notes;
	file->note_count = output.note_count;
	if (!file->reader->keep)
		return TARSIER_OK;
	file->content = (span){span_copy(arena, evidence.content), evidence.content.len};
	return file->content.ptr ? TARSIER_OK : no_room(builder, error);
}

static int end_file(struct layer_builder *builder, struct tarsier_error *error)
{
	int code = read_file(builder, error);
	if (builder->content.capacity > CONTENT_KEPT)
		buffer_free(&builder->content);
	end_turn(builder);
	return code;
}

/* ---- what is not a file, under a name that a reader wants --------------------------------------------------------- */

/* A package database that cannot be read must not look like one that is absent. */
static int add_odd(struct layer_builder *builder, span path, const char *what, struct tarsier_error *error)
{
	const struct reader *reader = wanted_by(builder, path);
	if (!reader)
		return TARSIER_OK;
	int code = begin_file(builder, path, reader, error);
	if (code < 0)
		return code;
	last_file(builder)->missing = true;
	return set_problem(builder, what, error);
}

/* Patterns with a star match directories too: NAME.egg-info may be one. */
static int add_directory(struct layer_builder *builder, span path, struct tarsier_error *error)
{
	const struct reader *reader = wanted_by(builder, path);
	return reader && reader_names(reader, path) ? add_odd(builder, path, "a directory, not a file", error) : TARSIER_OK;
}

/* ---- links ------------------------------------------------------------------------------------------------------ */

/* Path and target lie in one piece of the arena. */
static int add_link(struct layer_builder *builder, span path, span target, bool hard, struct tarsier_error *error)
{
	char *strings = arena_alloc(&builder->index->arena, path.len + target.len + 2);
	if (!strings)
		return no_room(builder, error);
	memcpy(strings, path.ptr, path.len);
	if (target.len)
		memcpy(strings + path.len + 1, target.ptr, target.len);
	struct layer_link link = {
		.path = strings, .target = strings + path.len + 1, .hard = hard, .sequence = builder->sequence};
	int code = last_entry_keep(&builder->last, path, builder->sequence, error);
	if (code < 0)
		return code;
	if (!buffer_add(&builder->links, &link, sizeof link))
		return error_memory(error);
	last_entry_find(&builder->last, path_hash(path, false))->link = (uint32_t)(builder->links.length / sizeof link);
	return TARSIER_OK;
}

/* The evidence that is at this path by now, or NULL. */
static struct pending_file *file_under(const struct layer_builder *builder, span path)
{
	const struct last_entry_slot *slot = last_entry_find(&builder->last, path_hash(path, false));
	if (!slot || !slot->file)
		return NULL;
	struct pending_file *pending = file_at(builder, slot->file - 1);
	return pending->file.sequence == slot->latest && span_is(path, pending->file.path) ? pending : NULL;
}

/* A hard link is a second name of a file: where both names are evidence for one reader, it has found all twice. */
static int add_hard_link(struct layer_builder *builder, span path, span target, struct tarsier_error *error)
{
	const struct reader *reader = wanted_by(builder, path);
	bool to_link = use_link(builder, path_hash(target, true));
	if (!reader && !to_link && !wanted_by(builder, target))
		return TARSIER_OK;
	struct pending_file *original = file_under(builder, target);
	if (original)
		original->bound = true;
	int code = add_link(builder, path, target, true, error);
	if (code < 0 || !reader || !original || original->file.reader != reader)
		return code;
	struct layer_file like = original->file; /* add_file may move the original */
	return add_file(builder, path, &like, error);
}

/* ---- whiteouts -------------------------------------------------------------------------------------------------- */

/* `name` is empty for an opaque folder. */
static int add_whiteout(struct layer_builder *builder, span folder, span name, struct tarsier_error *error)
{
	struct layer_whiteout whiteout = {.opaque = name.len == 0};
	whiteout.path = arena_format(&builder->index->arena, "%.*s%s%.*s", (int)folder.len, folder.ptr,
	                             folder.len && name.len ? "/" : "", (int)name.len, name.ptr);
	if (!whiteout.path)
		return no_room(builder, error);
	whiteout.sequence = builder->sequence;
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
	if ((code = count_entry(builder, error)) < 0 || (code = note_folders(builder, path, error)) < 0)
		return code;
	if (span_is(name, ".wh..wh..opq")) {
		code = add_whiteout(builder, folder, SPAN(""), error);
	} else if (span_starts(name, ".wh.") && !span_starts(name, ".wh..wh.")) {
		span deleted = span_from(name, 4);
		if (deleted.len == 0 || span_is(deleted, ".") || span_is(deleted, ".."))
			return error_set(error, TARSIER_FORMAT, "%.*s: is a whiteout without a name", SPAN_ARG(path));
		code = add_whiteout(builder, folder, deleted, error);
	}
	return code < 0 ? code : 1;
}

/* ---- the tar's entries ------------------------------------------------------------------------------------------ */

static int on_file(struct layer_builder *builder, const struct tar_entry *entry, struct tarsier_error *error)
{
	const struct reader *reader = wanted_by(builder, entry->path);
	if (!reader)
		return 0;
	int code = begin_file(builder, entry->path, reader, error);
	if (code < 0)
		return code;
	if (entry->size > reader->limit && !reader->head)
		return too_large(builder, error);
	if (entry->size > CONTENT_LARGE)
		await_turn(builder);
	return 1;
}

static int on_entry(void *user, const struct tar_entry *entry, struct tarsier_error *error)
{
	struct layer_builder *builder = user;
	int taken = take_whiteout(builder, entry->path, error);
	if (taken != 0)
		return taken < 0 ? taken : 0;
	int code = take_path(builder, entry->path, entry->type == '5', error);
	if (code < 0)
		return code;
	switch (entry->type) {
	case '0':
		return on_file(builder, entry, error);
	case '1':
		return add_hard_link(builder, entry->path, entry->link, error);
	case '2':
		return add_link(builder, entry->path, entry->link, false, error);
	case '3':
	case '4':
		return add_odd(builder, entry->path, "a device, not a file", error);
	case '5':
		return add_directory(builder, entry->path, error);
	case '6':
		return add_odd(builder, entry->path, "a FIFO, not a file", error);
	default:
		return 0;
	}
}

static int on_data(void *user, span piece, struct tarsier_error *error)
{
	struct layer_builder *builder = user;
	size_t room = last_file(builder)->reader->limit - builder->content.length;
	size_t length = piece.len < room ? piece.len : room;
	return buffer_add(&builder->content, piece.ptr, length) ? TARSIER_OK : error_memory(error);
}

static int on_done(void *user, struct tarsier_error *error)
{
	return end_file(user, error);
}

int layer_builder_push(struct layer_builder *builder, span tar_bytes, struct tarsier_error *error)
{
	builder->index->tar_size += tar_bytes.len;
	return tar_push(builder->tar, tar_bytes, error);
}

/* ---- entries given one by one ----------------------------------------------------------------------------------- */

int layer_builder_file(struct layer_builder *builder, span path, struct stream *content, struct tarsier_error *error)
{
	struct tarsier_error problem;
	int code = take_path(builder, path, false, error);
	const struct reader *reader = code < 0 ? NULL : wanted_by(builder, path);
	if (!reader || !content)
		return code;
	if ((code = begin_file(builder, path, reader, error)) < 0)
		return code;
	code = stream_read_all(content, &builder->content, reader->limit, &problem);
	if (code == TARSIER_LIMIT && !reader->head)
		return too_large(builder, error);
	if (code == TARSIER_MEMORY)
		return error_memory(error);
	if (code < 0 && code != TARSIER_LIMIT)
		return set_problem(builder, problem.message, error);
	return end_file(builder, error);
}

int layer_builder_link(struct layer_builder *builder, span path, span target, bool hard, struct tarsier_error *error)
{
	int code = take_path(builder, path, false, error);
	if (code < 0)
		return code;
	return hard ? add_hard_link(builder, path, target, error) : add_link(builder, path, target, false, error);
}

int layer_builder_directory(struct layer_builder *builder, span path, struct tarsier_error *error)
{
	int code = take_path(builder, path, true, error);
	return code < 0 ? code : add_directory(builder, path, error);
}

int layer_builder_odd(struct layer_builder *builder, span path, const char *what, struct tarsier_error *error)
{
	int code = take_path(builder, path, false, error);
	return code < 0 ? code : add_odd(builder, path, what, error);
}

/* ---- the end ---------------------------------------------------------------------------------------------------- */

static bool is_last(const struct layer_builder *builder, const char *path, uint32_t sequence)
{
	return !builder->last.disturbed || last_entry_is_last(&builder->last, span_of(path), sequence);
}

/* No later entry has this very path. A folder above it may be replaced: that deletes it, unless it was a link then. */
static bool has_own_path(const struct layer_builder *builder, const char *path, uint32_t sequence)
{
	const struct last_entry_slot *slot = last_entry_find(&builder->last, path_hash(span_of(path), false));
	return slot && slot->latest == sequence;
}

static bool finish_files(struct layer_builder *builder)
{
	struct layer_index *index = builder->index;
	size_t count = file_count(builder);
	index->files = arena_array(&index->arena, count, sizeof *index->files);
	for (size_t i = 0; index->files && i < count; i++) {
		struct pending_file *pending = file_at(builder, i);
		pending->file.gone = !is_last(builder, pending->file.path, pending->file.sequence);
		if (pending->bound || has_own_path(builder, pending->file.path, pending->file.sequence))
			index->files[index->file_count++] = pending->file;
	}
	return index->files;
}

static bool finish_links(struct layer_builder *builder)
{
	struct layer_index *index = builder->index;
	size_t count = builder->links.length / sizeof *index->links;
	index->links = arena_array(&index->arena, count, sizeof *index->links);
	for (size_t i = 0; index->links && i < count; i++) {
		struct layer_link *link = link_at(builder, i);
		link->gone = !is_last(builder, link->path, link->sequence);
		if (link->used || has_own_path(builder, link->path, link->sequence))
			index->links[index->link_count++] = *link;
	}
	return index->links;
}

static bool finish_whiteouts(struct layer_builder *builder)
{
	struct layer_index *index = builder->index;
	index->whiteout_count = builder->whiteouts.length / sizeof *index->whiteouts;
	index->whiteouts = arena_array(&index->arena, index->whiteout_count, sizeof *index->whiteouts);
	if (index->whiteouts && index->whiteout_count)
		memcpy(index->whiteouts, builder->whiteouts.data, builder->whiteouts.length);
	return index->whiteouts;
}

/* Sorted, each once. NULL: out of memory. */
static uint64_t *finish_hashes(struct layer_index *index, struct buffer *list, size_t *unique)
{
	uint64_t *hashes = (uint64_t *)(void *)list->data;
	size_t count = list->length / sizeof *hashes;
	uint64_t *made = arena_array(&index->arena, count, sizeof *hashes);
	if (made && count)
		path_hash_sort(hashes, made, count);
	for (size_t i = 0; made && i < count; i++)
		if (i == 0 || hashes[i] != hashes[i - 1])
			made[(*unique)++] = hashes[i];
	return made;
}

static bool finish_taken(struct layer_builder *builder)
{
	struct layer_index *index = builder->index;
	index->taken = finish_hashes(index, &builder->taken, &index->taken_count);
	return index->taken;
}

/* A folder with an entry of its own is a folder, whatever the layers below have there. */
static bool finish_folders(struct layer_builder *builder)
{
	struct layer_index *index = builder->index;
	size_t count = 0, kept = 0, at = 0;
	index->folders = finish_hashes(index, &builder->folders, &count);
	for (size_t i = 0; index->folders && i < count; i++) {
		while (at < index->taken_count && index->taken[at] < index->folders[i])
			at++;
		if (at == index->taken_count || index->taken[at] != index->folders[i])
			index->folders[kept++] = index->folders[i];
	}
	index->folder_count = kept;
	return index->folders;
}

int layer_builder_finish(struct layer_builder *builder, struct layer_index **index, struct tarsier_error *error)
{
	struct layer_index *made = builder->index;
	*index = NULL;
	int code = tar_finish(builder->tar, error);
	made->entries = builder->sequence;
	made->arena.limit = 0; /* what is left to add is as large as what was kept already */
	if (code >= 0 && !(finish_files(builder) && finish_links(builder) && finish_whiteouts(builder) &&
	                   finish_taken(builder) && finish_folders(builder)))
		code = error_memory(error);
	if (code >= 0)
		code = charge(builder, made->arena.used, error);
	if (code >= 0) {
		*index = made;
		builder->index = NULL;
	}
	layer_builder_free(builder);
	return code;
}
