/* regular files on their way to readers, and past the search for secrets if it is wanted */
#include "layer/builder.h"

static bool keep(void *user, const char *kind, uint64_t offset)
{
	struct layer_builder *builder = user;
	struct secrets_wanted *wanted = builder->secrets;
	struct layer_secret secret = {.kind = kind, .offset = offset};
	if (wanted->list.length / sizeof secret >= LAYER_SECRETS_LIMIT)
		return false;
	secret.path = span_copy(&builder->index->arena, buffer_span(&wanted->path));
	wanted->failed = wanted->failed || !secret.path || !buffer_add(&wanted->list, &secret, sizeof secret);
	return !wanted->failed;
}

int builder_want_secrets(struct layer_builder *builder, struct tarsier_error *error)
{
	struct secrets_wanted *wanted = arena_alloc(&builder->arena, sizeof *wanted);
	if (!wanted)
		return error_memory(error);
	buffer_init(&wanted->path, &builder->allocator);
	buffer_init(&wanted->list, &builder->allocator);
	builder->secrets = wanted;
	return TARSIER_OK;
}

void builder_free_secrets(struct layer_builder *builder)
{
	if (!builder->secrets)
		return;
	buffer_free(&builder->secrets->path);
	buffer_free(&builder->secrets->list);
}

int builder_open_file(struct layer_builder *builder, const struct tar_entry *entry, struct tarsier_error *error)
{
	struct secrets_wanted *wanted = builder->secrets;
	int code = builder_begin_file(builder, entry, error);
	if (wanted)
		wanted->is_searching = false; /* the file before may have ended with an error */
	if (code < 0 || !wanted || !entry->size || entry->sparse)
		return code;
	wanted->is_searching = true;
	wanted->has_reader = code > 0;
	wanted->path.length = 0;
	if (!buffer_add(&wanted->path, entry->path.ptr, entry->path.len))
		return error_memory(error);
	secret_search_begin(&wanted->search, keep, builder);
	return 1;
}

int builder_give_data(struct layer_builder *builder, span piece, struct tarsier_error *error)
{
	struct secrets_wanted *wanted = builder->secrets;
	if (!wanted || !wanted->is_searching)
		return builder_take_data(builder, piece, error);
	secret_search_take(&wanted->search, piece);
	if (wanted->failed)
		return builder_no_room(builder, error);
	int enough = wanted->has_reader ? builder_take_data(builder, piece, error) : 1;
	wanted->has_reader = enough == 0;
	return enough < 0 ? enough : 0;
}

int builder_close_file(struct layer_builder *builder, struct tarsier_error *error)
{
	struct secrets_wanted *wanted = builder->secrets;
	if (!wanted || !wanted->is_searching)
		return builder_end_file(builder, error);
	wanted->is_searching = false;
	secret_search_end(&wanted->search);
	if (wanted->failed)
		return builder_no_room(builder, error);
	return wanted->has_reader ? builder_end_file(builder, error) : TARSIER_OK;
}

bool builder_has_reader(const struct layer_builder *builder)
{
	const struct secrets_wanted *wanted = builder->secrets;
	return !builder->unclaimed && (!wanted || !wanted->is_searching || wanted->has_reader);
}
