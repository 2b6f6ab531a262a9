#include "layer/layer.h"

#include "layer/internal.h"

#include <inttypes.h>
#include <string.h>

/* Smaller blobs are not worth starting threads for. */
enum { SMALL_BLOB = 512 * 1024, DRAIN_BLOCK = 64 * 1024 };

/* The blob as it is read: counted, hashed, and stopped when the scan is cancelled. */
struct intake {
	struct stream stream;
	struct stream *blob;
	struct hasher *hasher;
	uint64_t size;
	const struct layer_options *options;
};

struct pass {
	struct intake intake;
	struct arena arena;
	struct pipeline pipeline;
	struct layer_builder *builder;
	struct hasher *hasher; /* of the uncompressed bytes; NULL if not needed */
	bool same_digest;      /* an uncompressed blob's digest would be its diff ID */
	uint64_t tar_size;
	const struct layer_expected *expected;
	const struct layer_options *options;
};

static int check_cancelled(const struct layer_options *options, struct tarsier_error *error)
{
	if (options->cancelled && atomic_load_explicit(options->cancelled, memory_order_relaxed))
		return error_set(error, TARSIER_CANCELLED, "cancelled");
	return TARSIER_OK;
}

static ssize_t read_intake(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct intake *intake = (struct intake *)stream;
	int code = check_cancelled(intake->options, error);
	if (code < 0)
		return code;
	ssize_t got = stream_read(intake->blob, buffer, size, error);
	if (got <= 0)
		return got;
	intake->size += (uint64_t)got;
	if (intake->options->bytes)
		atomic_fetch_add_explicit(intake->options->bytes, (uint64_t)got, memory_order_relaxed);
	return hasher_add(intake->hasher, buffer, (size_t)got) < 0 ? error_memory(error) : got;
}

/* A block of the tar. */
static int take(void *user, span block, struct tarsier_error *error)
{
	struct pass *pass = user;
	uint64_t limit = pass->options->tar_limit ? pass->options->tar_limit : LAYER_TAR_LIMIT;
	int code = check_cancelled(pass->options, error);
	if (code < 0)
		return code;
	pass->tar_size += block.len;
	if (pass->tar_size > limit)
		return error_set(error, TARSIER_LIMIT, "the layer inflates to more than %" PRIu64 " bytes", limit);
	bool hash = pass->hasher && !(pass->same_digest && !pass->pipeline.codec);
	if (hash && hasher_add(pass->hasher, block.ptr, block.len) < 0)
		return error_memory(error);
	return layer_builder_push(pass->builder, block, error);
}

static span algorithm_of(const struct digest *digest)
{
	span algorithm, rest;
	span_cut(span_of(digest_is_empty(digest) ? "sha256:" : digest->text), ':', &algorithm, &rest);
	return algorithm;
}

static int start_pass(struct pass *pass, struct tarsier_error *error)
{
	const struct layer_expected *expected = pass->expected;
	unsigned threads = expected->size <= SMALL_BLOB ? 1 : pass->options->threads;
	pass->same_digest = span_equal(algorithm_of(&expected->blob), algorithm_of(&expected->diff_id));
	pass->pipeline = (struct pipeline){
		.from = &pass->intake.stream,
		.threads = threads,
		.busy_taker = pass->options->want_diff_id,
		.take = take,
		.user = pass,
	};
	int code = hasher_new(&expected->blob, &pass->intake.hasher, error);
	if (code >= 0 && pass->options->want_diff_id)
		code = hasher_new(&expected->diff_id, &pass->hasher, error);
	if (code >= 0)
		code = layer_builder_new(pass->options, &pass->builder, error);
	return code;
}

static int drain(struct pass *pass, struct tarsier_error *error)
{
	char *block = arena_room(&pass->arena, DRAIN_BLOCK);
	ssize_t got = 1;
	if (!block)
		return error_memory(error);
	while (got > 0)
		got = stream_read(&pass->intake.stream, block, DRAIN_BLOCK, error);
	return (int)got;
}

static int check_digest(const char *what, const struct digest *expected, const struct digest *found,
                        struct tarsier_error *error)
{
	if (digest_is_empty(expected) || digest_equal(expected, found))
		return TARSIER_OK;
	return error_set(error, TARSIER_DIGEST, "the layer's %s is %s, and %s was promised", what, found->text,
	                 expected->text);
}

static int check_blob(struct pass *pass, struct digest *blob, struct tarsier_error *error)
{
	uint64_t size = pass->intake.size, promised = pass->expected->size;
	if (promised != UINT64_MAX && size != promised)
		return error_set(error, TARSIER_DIGEST,
		                 "the layer's blob has %" PRIu64 " bytes, and %" PRIu64 " were promised", size,
		                 promised);
	int code = hasher_finish(pass->intake.hasher, blob, error);
	return code < 0 ? code : check_digest("digest", &pass->expected->blob, blob, error);
}

static int settle_blob(struct pass *pass, bool drained, struct digest *blob, struct tarsier_error *error)
{
	int code = drained ? TARSIER_OK : drain(pass, error);
	return code < 0 ? code : check_blob(pass, blob, error);
}

/* If the blob is not the promised one, other errors are only a consequence. So the blob is read to its end and checked
 * first, unless it cannot be read or the scan is cancelled. */
static int judge(struct pass *pass, int code, struct digest *blob, struct tarsier_error *error)
{
	bool promised = !digest_is_empty(&pass->expected->blob) || pass->expected->size != UINT64_MAX;
	const struct tarsier_error *failure = &pass->intake.stream.failure;
	struct tarsier_error first = {0};
	if (failure->code < 0)
		return error_set(error, failure->code, "%s", failure->message);
	if (code == TARSIER_CANCELLED || code == TARSIER_MEMORY || (code < 0 && !promised))
		return code;
	int settled = settle_blob(pass, code >= 0, blob, &first);
	return settled < 0 ? error_set(error, settled, "%s", first.message) : code;
}

static int finish_pass(struct pass *pass, const struct digest *blob, struct layer_index **index,
                       struct tarsier_error *error)
{
	struct digest diff_id = {""};
	int code = TARSIER_OK;
	if (pass->same_digest && !pass->pipeline.codec)
		diff_id = *blob;
	else if (pass->hasher)
		code = hasher_finish(pass->hasher, &diff_id, error);
	if (code >= 0 && !digest_is_empty(&diff_id))
		code = check_digest("diff ID", &pass->expected->diff_id, &diff_id, error);
	if (code < 0)
		return code;
	code = layer_builder_finish(pass->builder, index, error);
	pass->builder = NULL;
	if (code < 0)
		return code;
	(*index)->blob = *blob;
	(*index)->diff_id = diff_id;
	(*index)->blob_size = pass->intake.size;
	return code;
}

int layer_read(struct stream *blob, const struct layer_expected *expected, const struct layer_options *options,
               struct layer_index **index, struct tarsier_error *error)
{
	struct digest digest;
	struct pass pass = {.expected = expected, .options = options};
	pass.intake = (struct intake){.stream = {.read = read_intake}, .blob = blob, .options = options};
	arena_init(&pass.arena, options->allocator);
	*index = NULL;
	int code = start_pass(&pass, error);
	if (code >= 0) {
		code = pipeline_run(&pass.pipeline, &pass.arena, error);
		code = judge(&pass, code, &digest, error);
	}
	if (code >= 0)
		code = finish_pass(&pass, &digest, index, error);
	layer_builder_free(pass.builder);
	hasher_free(pass.hasher);
	hasher_free(pass.intake.hasher);
	arena_free(&pass.arena);
	stream_close(blob);
	return code;
}
