/* regular files on their way to the readers that want them */
#include "layer/builder.h"

#include <errno.h>
#include <string.h>

/* A reader that may take more memory than this for a file has large files to itself. */
enum { LARGE = 8 * 1024 * 1024, STREAM_HEAD = 4 * 1024, STREAM_BLOCK = 64 * 1024 };

/* Holes cost nothing in a tar, and a layer may have thousands of files that are nothing else. So readers get as many
 * bytes as the layer has, and this many more. */
enum { STREAMED_BEYOND = 1 << 30 };

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

void builder_end_turn(struct layer_builder *builder)
{
	if (builder->holds_large)
		sem_post(builder->large);
	builder->holds_large = false;
}

struct pending_file *builder_file_at(const struct layer_builder *builder, size_t index)
{
	return (struct pending_file *)(void *)builder->files.data + index;
}

size_t builder_file_count(const struct layer_builder *builder)
{
	return builder->files.length / sizeof(struct pending_file);
}

const struct reader *builder_wanted_by(const struct layer_builder *builder, span path)
{
	const struct reader *reader = builder->patterns ? path_match_find(builder->patterns, path) : NULL;
	return reader && !reader->order ? reader : NULL;
}

int builder_add_file(struct layer_builder *builder, span path, const struct layer_file *like,
                     struct tarsier_error *error)
{
	struct pending_file pending = {.file = *like};
	pending.file.sequence = builder->sequence;
	pending.file.path = span_copy(&builder->index->arena, path);
	if (!pending.file.path)
		return builder_no_room(builder, error);
	int code = last_entry_keep(&builder->last, path, builder->sequence, error);
	if (code < 0)
		return code;
	if (!buffer_add(&builder->files, &pending, sizeof pending))
		return error_memory(error);
	last_entry_find(&builder->last, path_hash(path, false))->file = (uint32_t)builder_file_count(builder);
	return TARSIER_OK;
}

/* It ends as a file in the folder would: with the folder. */
int builder_add_folder(struct layer_builder *builder, span folder, struct tarsier_error *error)
{
	const struct reader *reader = builder->patterns ? path_match_folder(builder->patterns, folder) : NULL;
	struct arena *arena = &builder->index->arena;
	struct reader_output output = {.arena = arena};
	struct tarsier_error problem = {0};
	struct layer_file file = {.reader = reader};
	if (!reader)
		return TARSIER_OK;
	const char *path = arena_format(arena, "%.*s/" EVIDENCE_FOLDER, SPAN_WHOLE(folder));
	if (!path)
		return builder_no_room(builder, error);
	int code = reader->read(&(struct evidence){.path = span_of(path), .content = SPAN("")}, &output, &problem);
	if (code == TARSIER_MEMORY)
		return builder_no_room(builder, error);
	if (code < 0 || !output.count)
		return TARSIER_OK;
	layer_file_set(&file, &output);
	last_entry_note(&builder->last, path_hash(span_of(path), false), false, builder->sequence);
	code = builder_add_file(builder, span_of(path), &file, error);
	return code < 0 ? code : builder_count_entry(builder, error);
}

/* ---- what a reader has found ------------------------------------------------------------------------------------- */

/* Keeps the file at hand with this problem. */
static int add_problem(struct layer_builder *builder, const struct reader *reader, const char *text,
                       struct tarsier_error *error)
{
	struct layer_file file = {.reader = reader, .problem = arena_string(&builder->index->arena, text)};
	return file.problem ? builder_add_file(builder, builder->file.path, &file, error) : builder_no_room(builder, error);
}

static int add_found(struct layer_builder *builder, struct tarsier_error *error)
{
	const struct reading *reading = &builder->reading;
	struct layer_file file = {.reader = reading->reader};
	layer_file_set(&file, &reading->output);
	if (reading->reader->keep) {
		span content = buffer_span(&reading->content);
		file.content = (span){span_copy(&builder->index->arena, content), content.len};
		if (!file.content.ptr)
			return builder_no_room(builder, error);
	}
	bool by_path = builder_wanted_by(builder, builder->file.path) == reading->reader;
	if (!by_path && !file.package_count && !file.note_count)
		return TARSIER_OK;
	return builder_add_file(builder, builder->file.path, &file, error);
}

/* The reader is done with the file, or has failed with `code`. */
static int finish_file(struct layer_builder *builder, int code, struct tarsier_error *problem,
                       struct tarsier_error *error)
{
	if (code >= 0)
		code = reading_end(&builder->reading, problem);
	if (code == TARSIER_MEMORY)
		code = builder_no_room(builder, error);
	else if (code < 0)
		code = add_problem(builder, builder->reading.reader,
		                   problem->message[0] ? problem->message : tarsier_code_name(code), error);
	else
		code = add_found(builder, error);
	reading_close(&builder->reading);
	builder_end_turn(builder);
	return code;
}

/* ---- hashes of components ----------------------------------------------------------------------------------------- */

static void drop_hash(struct layer_builder *builder)
{
	hasher_free(builder->hasher);
	builder->hasher = NULL;
	builder->hashed = 0;
}

static int begin_hash(struct layer_builder *builder, const struct reader *reader, struct tarsier_error *error)
{
	static const struct digest like = {"sha512:"};
	drop_hash(builder);
	return builder->wants_hashes && reader->component ? hasher_new(&like, &builder->hasher, error) : TARSIER_OK;
}

/* The file's end. */
static int end_hash(struct layer_builder *builder, struct tarsier_error *error)
{
	struct digest digest;
	int code = hasher_finish(builder->hasher, &digest, error);
	struct layer_file *file = &builder_file_at(builder, builder->hashed - 1)->file;
	if (code >= 0 && !(file->sha512 = arena_string(&builder->index->arena, strchr(digest.text, ':') + 1)))
		code = builder_no_room(builder, error);
	drop_hash(builder);
	return code;
}

/* The reader is done. Returns whether its file stays and has a hash, of which the rest of the file is a part. */
static bool needs_hash(struct layer_builder *builder, size_t files_before)
{
	size_t count = builder_file_count(builder);
	if (!builder->hasher || count == files_before || !builder_file_at(builder, count - 1)->file.package_count) {
		drop_hash(builder);
		return false;
	}
	builder->hashed = count;
	return true;
}

/* ---- from entry to end ------------------------------------------------------------------------------------------- */

/* Gives the file at hand to its reader. Returns 1 if the reader wants its data, 0 if the file is done with. */
static int start_reading(struct layer_builder *builder, const struct reader *reader, struct tarsier_error *error)
{
	const struct reader_output output = {.arena = &builder->index->arena};
	struct tarsier_error problem = {0};
	if (builder->file.size > reader->limit && !reader->head) {
		error_set(&problem, TARSIER_LIMIT, "larger than the %zu bytes that reader %s takes", reader->limit, reader->name);
		return add_problem(builder, reader, problem.message, error);
	}
	if (builder->file.size > LARGE && (!reader->feed || reader->work > LARGE))
		await_turn(builder);
	int code = begin_hash(builder, reader, error);
	if (code < 0)
		return code;
	code = reading_begin(&builder->reading, reader, &builder->file, &output, &problem);
	return code < 0 ? finish_file(builder, code, &problem, error) : 1;
}

int builder_begin_file(struct layer_builder *builder, const struct tar_entry *entry, struct tarsier_error *error)
{
	const struct reader *reader = builder_wanted_by(builder, entry->path);
	builder->unclaimed = !reader && builder->patterns && path_match_claims(builder->patterns) &&
	                     entry->size >= CLAIM_HEAD && !entry->sparse;
	if (!reader && !builder->unclaimed)
		return 0;
	builder->path.length = builder->head_length = 0;
	if (!buffer_add(&builder->path, entry->path.ptr, entry->path.len))
		return error_memory(error);
	builder->file = (struct claim){.path = buffer_span(&builder->path), .size = entry->size, .mode = entry->mode};
	return reader ? start_reading(builder, reader, error) : 1;
}

/* Returns true if readers were given far more bytes than the layer has: its sparse files were made to cause that. */
static bool is_past_bound(const struct layer_builder *builder)
{
	return builder->streamed > STREAMED_BEYOND && builder->streamed - STREAMED_BEYOND > builder->pushed;
}

/* The reader is done; the piece is only hashed. Returns 1 if no more is needed. */
static int feed_hash(struct layer_builder *builder)
{
	if (!is_past_bound(builder))
		return 0;
	drop_hash(builder);
	return 1;
}

/* Gives the reader a piece. Returns 1 if it needs no more. */
static int feed(struct layer_builder *builder, span piece, struct tarsier_error *error)
{
	struct tarsier_error problem = {0};
	size_t files = builder_file_count(builder);
	builder->streamed += piece.len;
	if (builder->hasher && hasher_add(builder->hasher, piece.ptr, piece.len) < 0)
		return error_memory(error);
	if (builder->hashed)
		return feed_hash(builder);
	int enough = reading_feed(&builder->reading, piece, &problem);
	if (!enough && is_past_bound(builder))
		enough = error_set(&problem, TARSIER_LIMIT, "the layer's sparse files are read no further: their holes have more "
		                 "than %d MiB", STREAMED_BEYOND >> 20);
	if (!enough)
		return 0;
	int code = finish_file(builder, enough, &problem, error);
	return code < 0 ? code : !needs_hash(builder, files);
}

/* The head is complete. Returns 1 if no reader claims the file. */
static int claim(struct layer_builder *builder, span head, struct tarsier_error *error)
{
	builder->unclaimed = false;
	builder->file.head = head;
	const struct reader *reader = path_match_claim(builder->patterns, &builder->file);
	int code = reader ? start_reading(builder, reader, error) : 0;
	return code < 0 ? code : !code;
}

/* Nearly always the first piece holds the whole head, and nothing is copied. */
static int take_head(struct layer_builder *builder, span piece, struct tarsier_error *error)
{
	if (!builder->head_length && piece.len >= CLAIM_HEAD) {
		int enough = claim(builder, (span){piece.ptr, CLAIM_HEAD}, error);
		return enough ? enough : feed(builder, piece, error);
	}
	size_t room = CLAIM_HEAD - builder->head_length, length = piece.len < room ? piece.len : room;
	if (length)
		memcpy(builder->head + builder->head_length, piece.ptr, length);
	builder->head_length += length;
	if (builder->head_length < CLAIM_HEAD)
		return 0;
	int enough = claim(builder, (span){builder->head, CLAIM_HEAD}, error);
	if (!enough)
		enough = feed(builder, (span){builder->head, CLAIM_HEAD}, error);
	piece = span_from(piece, length);
	return enough || !piece.len ? enough : feed(builder, piece, error);
}

int builder_take_data(struct layer_builder *builder, span piece, struct tarsier_error *error)
{
	return builder->unclaimed ? take_head(builder, piece, error) : feed(builder, piece, error);
}

int builder_end_file(struct layer_builder *builder, struct tarsier_error *error)
{
	struct tarsier_error problem = {0};
	size_t files = builder_file_count(builder);
	if (builder->unclaimed)
		return TARSIER_OK;
	int code = builder->hashed ? TARSIER_OK : finish_file(builder, TARSIER_OK, &problem, error);
	if (code < 0 || (!builder->hashed && !needs_hash(builder, files)))
		return code;
	return end_hash(builder, error);
}

/* ---- a stream instead of a tar ------------------------------------------------------------------------------------ */

/* The next piece: a short one while nobody may want the rest. */
static ssize_t read_piece(const struct layer_builder *builder, struct stream *content, char *block,
                          struct tarsier_error *error)
{
	if (builder->cancelled && atomic_load_explicit(builder->cancelled, memory_order_relaxed))
		return error_set(error, TARSIER_CANCELLED, "cancelled");
	return stream_fill(content, block, builder->unclaimed ? STREAM_HEAD : STREAM_BLOCK, error);
}

/* What cannot be read is a problem if a reader wants it. A file that no pattern wants may be anything: for one that this
 * user may not read, nothing is said. */
static int stream_failed(struct layer_builder *builder, int code, struct tarsier_error *problem,
                         struct tarsier_error *error)
{
	if (code == TARSIER_CANCELLED)
		return error_set(error, code, "cancelled");
	if (code == TARSIER_MEMORY)
		return error_memory(error);
	if (builder->hashed) { /* the reader has read what it needs; only the hash is missing */
		drop_hash(builder);
		return TARSIER_OK;
	}
	return builder_has_reader(builder) ? finish_file(builder, code, problem, error) : TARSIER_OK;
}

int builder_read_stream(struct layer_builder *builder, const struct tar_entry *entry, struct stream *content,
                        struct tarsier_error *error)
{
	struct tarsier_error problem = {0};
	int code = builder_open_file(builder, entry, error);
	if (code <= 0)
		return code;
	if (!builder->block && !(builder->block = arena_room(&builder->arena, STREAM_BLOCK)))
		return error_memory(error);
	for (;;) {
		ssize_t got = read_piece(builder, content, builder->block, &problem);
		if (got < 0)
			return stream_failed(builder, (int)got, &problem, error);
		if (got == 0)
			return builder_close_file(builder, error);
		builder->pushed += (uint64_t)got;
		int enough = builder_give_data(builder, (span){builder->block, (size_t)got}, error);
		if (enough)
			return enough < 0 ? enough : TARSIER_OK;
	}
}
