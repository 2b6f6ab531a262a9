#include "image/docker_save.h"

#include "format/json.h"

#include <string.h>

/* Docker's image specification 1.2, "Combined Image JSON + Filesystem Changeset Format":
 *
 *	manifest.json = [ { "Config": path, "RepoTags": [ "app:1", … ] | null, "Layers": [ path, … ] } ]
 *
 * with layers bottom to top. Docker before 25 writes ID.json and ID/layer.tar, skopeo and Podman DIGEST.tar and links
 * to it, go-containerregistry "sha256:ID" and DIGEST.tar.gz, Docker since 25 blobs/sha256/DIGEST for both. */

struct saved_entry {
	const json_t *json;
	const char *config, *name; /* the name that was asked for, or the first */
	struct digest promised;    /* of the config, by its file's name; "" where that is none */
	enum name_rank rank;
};

struct listing {
	struct arena *arena;
	const struct reference *reference;
	struct saved_entry *entries; /* those that were asked for */
	size_t count, total;
	struct choice_list choices; /* all */
};

/* "HEX.json", "sha256:HEX" and "blobs/sha256/HEX" say what the file's digest is. */
static bool digest_from_path(const char *path, struct digest *digest)
{
	char text[sizeof digest->text] = "sha256:";
	span name = span_of(path);
	size_t start = 7;
	if (span_starts(name, "blobs/")) {
		name = span_from(name, strlen("blobs/"));
		start = 0;
	} else if (span_ends(name, ".json")) {
		name.len -= strlen(".json");
	} else if (span_starts(name, "sha256:")) {
		name = span_from(name, 7);
	}
	if (name.len >= sizeof text - start)
		return false;
	memcpy(text + start, name.ptr, name.len);
	text[start + name.len] = '\0';
	char *slash = strchr(text, '/');
	if (start == 0 && slash)
		*slash = ':';
	return digest_parse(span_of(text), digest, NULL) >= 0;
}

/* ---- which image --------------------------------------------------------------------------------------------- */

static void rank_names(const struct reference *reference, struct saved_entry *entry)
{
	const json_t *names = json_list(entry->json, "RepoTags"), *item;
	size_t i;
	entry->name = "";
	json_array_foreach(names, i, item) {
		const char *name = json_is_string(item) ? json_string_value(item) : "";
		enum name_rank rank = image_name_rank(reference->name, name);
		if (i == 0 || rank > entry->rank)
			entry->name = name;
		if (rank > entry->rank)
			entry->rank = rank;
	}
}

static void list_entry(struct listing *listing, const struct saved_entry *entry, const char *stem)
{
	const json_t *names = json_list(entry->json, "RepoTags"), *item;
	size_t i;
	json_array_foreach(names, i, item) {
		choice_add(&listing->choices, "%s:%s", stem, json_is_string(item) ? json_string_value(item) : "");
	}
	if (!json_array_size(names))
		choice_add(&listing->choices, "%s@%s", stem, *entry->promised.text ? entry->promised.text : entry->config);
}

static bool is_wanted(const struct reference *reference, const struct saved_entry *entry)
{
	if (*reference->digest && strcmp(reference->digest, entry->promised.text) != 0)
		return false;
	return !*reference->name || entry->rank > NAME_OTHER;
}

/* The same image under two entries is one. */
static bool is_known(const struct listing *listing, const struct saved_entry *entry)
{
	for (size_t i = 0; i < listing->count; i++)
		if (strcmp(listing->entries[i].config, entry->config) == 0 && listing->entries[i].rank >= entry->rank)
			return true;
	return false;
}

static int list_entries(struct listing *listing, const json_t *manifest, const char *stem, struct tarsier_error *error)
{
	const json_t *item;
	size_t i;
	listing->total = json_array_size(manifest);
	listing->entries = arena_array(listing->arena, listing->total, sizeof *listing->entries);
	if (!listing->entries)
		return error_memory(error);
	json_array_foreach(manifest, i, item) {
		struct saved_entry entry = {.json = item, .config = json_text(item, "Config")};
		if (!*entry.config || !json_list(item, "Layers"))
			return error_set(error, TARSIER_FORMAT, "manifest.json: entry %zu has no Config or no Layers", i + 1);
		digest_from_path(entry.config, &entry.promised);
		rank_names(listing->reference, &entry);
		list_entry(listing, &entry, stem);
		if (is_wanted(listing->reference, &entry) && !is_known(listing, &entry))
			listing->entries[listing->count++] = entry;
	}
	return TARSIER_OK;
}

/* Keeps those that answer best to the name. */
static void keep_best(struct listing *listing)
{
	enum name_rank best = NAME_OTHER;
	size_t kept = 0;
	for (size_t i = 0; i < listing->count; i++)
		if (listing->entries[i].rank > best)
			best = listing->entries[i].rank;
	for (size_t i = 0; i < listing->count; i++)
		if (listing->entries[i].rank == best)
			listing->entries[kept++] = listing->entries[i];
	listing->count = kept;
}

static int choose(struct listing *listing, const json_t *manifest, struct tarsier_error *error)
{
	const struct reference *reference = listing->reference;
	const char *stem = reference_stem(listing->arena, reference);
	int code = stem ? list_entries(listing, manifest, stem, error) : error_memory(error);
	if (code < 0)
		return code;
	const char *choices = listing->choices.text ? listing->choices.text : "";
	if (*reference->name)
		keep_best(listing);
	if (listing->total == 0)
		return error_set(error, TARSIER_NOT_FOUND, "holds no image: its manifest.json is empty");
	if (listing->count == 0)
		return error_set(error, TARSIER_NOT_FOUND, "no image %s%s%s in there; there is %s", reference->name,
		                 *reference->digest ? "@" : "", reference->digest, choices);
	if (listing->count > 1)
		return error_set(error, TARSIER_NOT_FOUND, "holds %zu images; name one: %s", listing->count, choices);
	return TARSIER_OK;
}

/* ---- what it is made of -------------------------------------------------------------------------------------- */

static int find_layer(struct image_archive *archive, struct image *image, size_t index, const json_t *path,
                      struct tarsier_error *error)
{
	struct image_layer *layer = &image->layers[index];
	struct member *member;
	if (!json_is_string(path))
		return error_set(error, TARSIER_FORMAT, "manifest.json: layer %zu is no path", index + 1);
	int code = image_archive_find(archive, json_string_value(path), &member, error);
	if (code < 0) {
		error_prefix(error, "layer %zu", index + 1);
		return code;
	}
	if (span_starts(span_of(json_string_value(path)), "blobs/"))
		digest_from_path(json_string_value(path), &layer->blob);
	layer->location = member;
	return TARSIER_OK;
}

static int read_layers(struct image_archive *archive, struct image *image, const json_t *paths,
                       struct tarsier_error *error)
{
	const json_t *path;
	size_t i;
	int code = image_make_layers(image, json_array_size(paths), error);
	if (code < 0)
		return code;
	json_array_foreach(paths, i, path)
		if ((code = find_layer(archive, image, i, path, error)) < 0)
			return code;
	return TARSIER_OK;
}

/* The layers that the OCI manifest names must be the ones that manifest.json names: engines read the one or the
 * other. */
static int compare_layers(const struct image *image, const json_t *paths, struct tarsier_error *error)
{
	bool same = json_array_size(paths) == image->layer_count;
	char path[BLOB_PATH];
	for (size_t i = 0; same && i < image->layer_count; i++) {
		const char *text = json_string_value(json_array_get(paths, i));
		layout_blob_path(&image->layers[i].blob, path);
		same = text && strcmp(text, path) == 0;
	}
	if (same)
		return TARSIER_OK;
	return error_set(error, TARSIER_FORMAT, "manifest.json and index.json name different layers for the same image");
}

static int read_config(struct image_archive *archive, const struct saved_entry *entry, struct digest *id, struct buffer *text,
                       struct tarsier_error *error)
{
	int code = image_archive_read(archive, entry->config, text, error);
	if (code < 0) {
		error_prefix(error, "the image's config");
		return code;
	}
	if (*entry->promised.text) {
		*id = entry->promised;
		code = digest_check(buffer_span(text), id, UINT64_MAX, error);
	} else {
		code = digest_of(buffer_span(text), id, error);
	}
	if (code < 0)
		error_prefix(error, "the image's config");
	return code;
}

static int read_image(struct image_archive *archive, const struct layout *layout, const struct saved_entry *entry,
                      struct image *image, struct tarsier_error *error)
{
	struct buffer config;
	struct digest id = {""};
	bool found = false;
	const json_t *layers = json_list(entry->json, "Layers");
	buffer_init(&config, &image->arena->allocator);
	int code = read_config(archive, entry, &id, &config, error);
	if (code >= 0 && layout)
		code = layout_find_config(layout, &id, image, &found, error);
	if (code >= 0 && found)
		code = compare_layers(image, layers, error);
	if (code >= 0 && !found) {
		code = read_layers(archive, image, layers, error);
		if (code >= 0)
			code = image_read_config(image, buffer_span(&config), error);
	}
	buffer_free(&config);
	image->about.id = arena_string(image->arena, id.text);
	image->about.name = arena_string(image->arena, entry->name);
	if (code >= 0 && (!image->about.id || !image->about.name))
		code = error_memory(error);
	return code;
}

int docker_save_open(struct image_archive *archive, const struct layout *layout, const struct reference *reference,
                     struct image *image, struct tarsier_error *error)
{
	struct buffer text;
	json_t *manifest = NULL;
	struct listing listing = {.arena = image->arena, .reference = reference,
	                          .choices = {.arena = image->arena, .text = ""}};
	buffer_init(&text, &image->arena->allocator);
	int code = image_archive_read(archive, "manifest.json", &text, error);
	if (code >= 0)
		code = json_parse(buffer_span(&text), IMAGE_DOCUMENT_LIMIT, "manifest.json", &manifest, error);
	if (code >= 0 && !json_is_array(manifest))
		code = error_set(error, TARSIER_FORMAT, "manifest.json is no list of images");
	if (code >= 0)
		code = choose(&listing, manifest, error);
	if (code >= 0)
		code = read_image(archive, layout, listing.entries, image, error);
	json_decref(manifest);
	buffer_free(&text);
	return code;
}
