/* secrets of well-known forms, of all layers and of the config, for the report */
#include "layer/secrets.h"
#include "scan/scan.h"

#include <stdlib.h>
#include <string.h>

static int add(struct scan *scan, struct tarsier_secret secret)
{
	struct tarsier_report *report = scan->report;
	struct tarsier_secret *items = arena_grow(&report->arena, report->secrets, report->secret_count, &report->secret_capacity,
	                                          sizeof *items);
	if (!items || !secret.path)
		return error_memory(scan->error);
	secret.title = secret_title(secret.kind);
	report->secrets = items;
	items[report->secret_count++] = secret;
	return TARSIER_OK;
}

/* ---- the config -------------------------------------------------------------------------------------------------- */

struct config_text {
	struct scan *scan;
	const char *name;
	int code;
};

static bool take(void *user, const char *kind, uint64_t offset)
{
	struct config_text *place = user;
	place->code = add(place->scan, (struct tarsier_secret){.kind = kind, .path = place->name, .offset = offset, .layer = SIZE_MAX});
	return place->code >= 0;
}

static int search_text(struct scan *scan, struct secret_search *search, const char *name, const char *text)
{
	struct config_text place = {scan, name, TARSIER_OK};
	if (!name)
		return error_memory(scan->error);
	secret_search_begin(search, take, &place);
	secret_search_take(search, span_of(text));
	secret_search_end(search);
	return place.code;
}

static int search_config(struct scan *scan, struct secret_search *search)
{
	const struct tarsier_image *image = &scan->report->image;
	struct arena *arena = &scan->report->arena;
	int code = TARSIER_OK;
	for (const char *const *entry = image->env; entry && *entry && code >= 0; entry++)
		code = search_text(scan, search, arena_format(arena, "env:%.*s", (int)strcspn(*entry, "="), *entry), *entry);
	for (size_t i = 0; i < image->label_count && code >= 0; i++)
		code = search_text(scan, search, arena_format(arena, "label:%s", image->labels[i].key), image->labels[i].value);
	for (size_t i = 0; i < image->history_count && code >= 0; i++)
		code = search_text(scan, search, arena_format(arena, "history:%zu", i + 1), image->history[i].created_by);
	return code;
}

/* ---- keys that everybody has --------------------------------------------------------------------------------------- */

/* Private keys in files that a package of the system installed are public: libraries test themselves with some, and programs'
 * packages bring examples. A token in such a file is told. */
struct owned_key {
	uint64_t hash;
	size_t secret; /* its index in the layer */
};

static int compare_keys(const void *a, const void *b)
{
	const struct owned_key *x = a, *y = b;
	return (x->hash > y->hash) - (x->hash < y->hash);
}

/* Both names of a file below /usr, because package databases may have either. Returns how many there are. */
static size_t list_keys(const struct layer_index *index, struct owned_key *keys)
{
	size_t count = 0;
	for (size_t i = 0; i < index->secret_count; i++) {
		span path = span_of(index->secrets[i].path);
		if (strcmp(index->secrets[i].kind, "private-key") != 0)
			continue;
		keys[count++] = (struct owned_key){path_hash(path, false), i};
		if (span_starts(path, "usr/"))
			keys[count++] = (struct owned_key){path_hash(span_from(path, 4), false), i};
	}
	qsort(keys, count, sizeof *keys, compare_keys);
	return count;
}

static void leave_out(const struct layer_file *file, const struct owned_key *keys, size_t count, bool *left_out)
{
	for (size_t i = 0; i < file->owned_count; i++) {
		const struct owned_key wanted = {.hash = file->owned[i]};
		const struct owned_key *key = bsearch(&wanted, keys, count, sizeof *keys, compare_keys);
		while (key && key > keys && key[-1].hash == wanted.hash)
			key--;
		for (; key && key < keys + count && key->hash == wanted.hash; key++)
			left_out[key->secret] = true;
	}
}

/* Sets *left_out to a flag for each secret of the layer. */
static int find_owned(struct scan *scan, struct layer_index *const *indexes, size_t layer, struct arena *scratch, bool **left_out)
{
	const struct layer_index *index = indexes[layer];
	struct owned_key *keys = arena_array(scratch, 2 * index->secret_count + 1, sizeof *keys);
	*left_out = arena_array(scratch, index->secret_count + 1, sizeof **left_out);
	if (!keys || !*left_out)
		return error_memory(scan->error);
	memset(*left_out, 0, (index->secret_count + 1) * sizeof **left_out);
	size_t count = list_keys(index, keys);
	for (size_t other = 0; count && other < scan->layer_count; other++)
		for (size_t i = 0; indexes[other] && i < indexes[other]->file_count; i++)
			leave_out(&indexes[other]->files[i], keys, count, *left_out);
	return TARSIER_OK;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

/* The search of a layer ends at the limit. Secrets that are left out below, or that a policy allows, may have filled it. */
static int tell_limit(struct scan *scan, size_t layer)
{
	const char *message = arena_format(&scan->report->arena, "at least %d were found in layer %zu, whose other files were not "
	                                   "searched", LAYER_SECRETS_LIMIT, layer + 1);
	const struct tarsier_problem problem = {
		.kind = TARSIER_PROBLEM_NOTE, .subject = "secrets", .message = message, .layer = layer};
	return message ? report_add_problems(scan->report, &problem, 1, scan->error) : error_memory(scan->error);
}

static int add_layer(struct scan *scan, struct layer_index *const *indexes, size_t layer, struct arena *scratch)
{
	bool *left_out;
	const struct layer_index *index = indexes[layer];
	if (!index || !index->secret_count)
		return TARSIER_OK;
	int code = find_owned(scan, indexes, layer, scratch, &left_out);
	for (size_t i = 0; i < index->secret_count && code >= 0; i++) {
		const struct layer_secret *found = &index->secrets[i];
		if (!left_out[i])
			code = add(scan, (struct tarsier_secret){
				.kind = found->kind, .path = found->path, .offset = found->offset, .layer = layer});
	}
	if (code >= 0 && index->secret_count >= LAYER_SECRETS_LIMIT)
		code = tell_limit(scan, layer);
	return code;
}

int scan_find_secrets(struct scan *scan, struct layer_index *const *indexes)
{
	struct arena scratch;
	int code = TARSIER_OK;
	if (!scan->engine->config.secrets)
		return TARSIER_OK;
	arena_init(&scratch, NULL);
	for (size_t layer = 0; layer < scan->layer_count && code >= 0; layer++)
		code = add_layer(scan, indexes, layer, &scratch);
	struct secret_search *search = arena_alloc(&scratch, sizeof *search);
	if (search)
		search->is_ready = false;
	if (code >= 0)
		code = search ? search_config(scan, search) : error_memory(scan->error);
	arena_free(&scratch);
	scan->report->image.has_secrets = true;
	return code;
}
