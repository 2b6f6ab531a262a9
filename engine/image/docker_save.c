#include "image/docker_save.h"

#include "format/json.h"
#include "image/choice.h"

#include <string.h>

/* Docker's image specification 1.2, "Combined Image JSON + Filesystem Changeset Format":
 *
 *	manifest.json = [ { "Config": path, "RepoTags": [ "app:1", … ] | null, "Layers": [ path, … ] } ]
 *
 * with layers bottom to top. Docker before 25 writes ID.json and ID/layer.tar, skopeo and Podman DIGEST.tar and links
 * to it, go-containerregistry "sha256:ID" and DIGEST.tar.gz, Docker since 25 blobs/sha256/DIGEST for both. */

enum { MOST_EXAMINED = 100 }; /* configs read to determine which entries are images */

struct saved_entry {
	const json_t *json;
	const char *config;
	struct digest promised;    /* of the config, from its file's name; "" if the name is not a digest */
};

struct listing {
	struct choice choice;
	struct image_archive *archive;
	size_t examined;
};

/* The names "HEX.json", "sha256:HEX" and "blobs/sha256/HEX" contain the file's digest. */
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

static int read_config(struct image_archive *archive, const struct saved_entry *entry, struct digest *id,
                       struct buffer *text, struct tarsier_error *error)
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

/* ---- which image ------------------------------------------------------------------------------------------------- */

static bool has_layers(const struct saved_entry *entry)
{
	return json_array_size(json_list(entry->json, "Layers")) > 0;
}

/* Every image's config has one of these members. An attestation's is for the platform unknown/unknown. */
static bool is_config(const json_t *config)
{
	const char *os = json_text(config, "os"), *architecture = json_text(config, "architecture");
	if (strcmp(os, "unknown") == 0 && strcmp(architecture, "unknown") == 0)
		return false;
	return *os || *architecture || json_member(config, "rootfs");
}

/* An entry with layers and a damaged config counts as an image until it is chosen. */
static bool is_image(void *user, struct candidate *one)
{
	struct listing *listing = user;
	const struct saved_entry *entry = one->origin;
	struct arena *arena = listing->choice.arena;
	struct buffer text;
	struct digest id;
	json_t *json = NULL;
	if (listing->examined++ >= MOST_EXAMINED)
		return true;
	buffer_init(&text, &arena->allocator);
	bool read = read_config(listing->archive, entry, &id, &text, NULL) >= 0 &&
	            json_parse(buffer_span(&text), IMAGE_DOCUMENT_LIMIT, "image config", &json, NULL) >= 0;
	bool image = read ? is_config(json) : has_layers(entry);
	const char *os = arena_string(arena, json_text(json, "os"));
	const char *architecture = arena_string(arena, json_text(json, "architecture"));
	const char *variant = arena_string(arena, json_text(json, "variant"));
	if (os && architecture && variant)
		candidate_set_platform(one, listing->choice.platform, os, architecture, variant);
	json_decref(json);
	buffer_free(&text);
	return image;
}

static void read_names(const struct reference *reference, const struct saved_entry *entry, struct candidate *one)
{
	const json_t *names = json_list(entry->json, "RepoTags"), *item;
	size_t i;
	one->name = "";
	json_array_foreach(names, i, item) {
		const char *name = json_is_string(item) ? json_string_value(item) : "";
		enum name_rank rank = image_name_rank(reference->name, name);
		candidate_add_name(one, name);
		if (i == 0 || rank > one->named)
			one->name = name;
		if (rank > one->named)
			one->named = rank;
	}
}

/* `index` is the entry's in manifest.json. One that has neither a config nor layers is not an image. */
static int offer_entry(struct listing *listing, const json_t *json, size_t index, bool *image,
                       struct tarsier_error *error)
{
	const json_t *layers = json_is_object(json) ? json_object_get(json, "Layers") : NULL;
	struct saved_entry entry = {.json = json, .config = json_text(json, "Config")};
	struct candidate one = {.root = index, .origin = &entry, .origin_size = sizeof entry};
	*image = *entry.config || has_layers(&entry);
	if (!*image)
		return TARSIER_OK;
	if (!*entry.config || (layers && !json_is_array(layers) && !json_is_null(layers)))
		return error_set(error, TARSIER_FORMAT, "manifest.json: entry %zu has no Config or no Layers", index + 1);
	digest_from_path(entry.config, &entry.promised);
	one.id = *entry.promised.text ? entry.promised.text : entry.config;
	candidate_set_platform(&one, listing->choice.platform, "", "", "");
	read_names(listing->choice.reference, &entry, &one);
	return choice_offer(&listing->choice, &one, false, error);
}

static int offer_entries(struct listing *listing, const json_t *manifest, struct tarsier_error *error)
{
	const json_t *item;
	size_t i, images = 0;
	int code = TARSIER_OK;
	bool image;
	json_array_foreach(manifest, i, item) {
		if ((code = offer_entry(listing, item, i, &image, error)) < 0)
			return code;
		images += image;
	}
	if (json_array_size(manifest) == 0)
		return error_set(error, TARSIER_NOT_FOUND, "holds no image: its manifest.json is empty");
	if (images == 0)
		return error_set(error, TARSIER_FORMAT, "manifest.json: entry 1 has no Config or no Layers");
	return TARSIER_OK;
}

/* *name is borrowed from the manifest. */
static int choose(struct listing *listing, const json_t *manifest, struct saved_entry *entry, const char **name,
                  struct tarsier_error *error)
{
	const struct candidate *chosen = NULL;
	int code = offer_entries(listing, manifest, error);
	if (code >= 0)
		code = choice_make(&listing->choice, is_image, listing, &chosen, error);
	if (code < 0)
		return code;
	*entry = *(const struct saved_entry *)chosen->origin;
	*name = chosen->name;
	return TARSIER_OK;
}

/* ---- what it is made of -------------------------------------------------------------------------------------- */

static int find_layer(struct image_archive *archive, struct image *image, size_t index, const json_t *path,
                      struct tarsier_error *error)
{
	struct image_layer *layer = &image->layers[index];
	struct member *member;
	if (!json_is_string(path))
		return error_set(error, TARSIER_FORMAT, "manifest.json: layer %zu is not a path", index + 1);
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

/* The OCI manifest and manifest.json must name the same layers, because some engines read the one, others the other. */
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

/* An image from scratch has no layers, so only its config distinguishes it from an artifact. */
static int check_config(const struct saved_entry *entry, span text, struct tarsier_error *error)
{
	json_t *json = NULL;
	int code = has_layers(entry) ? TARSIER_OK : json_parse(text, IMAGE_DOCUMENT_LIMIT, "image config", &json, error);
	if (code >= 0 && !has_layers(entry) && !is_config(json))
		code = error_set(error, TARSIER_UNSUPPORTED, "not an image: manifest.json gives it no layers, and %s is not the "
		                 "config of an image", entry->config);
	json_decref(json);
	return code;
}

static int read_image(struct image_archive *archive, const struct layout *layout, const struct saved_entry *entry,
                      const char *name, struct image *image, struct tarsier_error *error)
{
	struct buffer config;
	struct digest id = {""};
	bool found = false;
	const json_t *layers = json_list(entry->json, "Layers");
	buffer_init(&config, &image->arena->allocator);
	int code = read_config(archive, entry, &id, &config, error);
	if (code >= 0)
		code = check_config(entry, buffer_span(&config), error);
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
	image->about.name = arena_string(image->arena, name);
	if (code >= 0 && (!image->about.id || !image->about.name))
		code = error_memory(error);
	return code;
}

int docker_save_open(struct image_archive *archive, const struct layout *layout, const struct reference *reference,
                     const char *platform, struct image *image, struct tarsier_error *error)
{
	struct buffer text;
	json_t *manifest = NULL;
	struct listing listing = {.archive = archive};
	struct saved_entry entry;
	const char *name;
	buffer_init(&text, &image->arena->allocator);
	int code = choice_begin(&listing.choice, image->arena, reference, platform, error);
	if (code >= 0)
		code = image_archive_read(archive, "manifest.json", &text, error);
	if (code >= 0)
		code = json_parse(buffer_span(&text), IMAGE_DOCUMENT_LIMIT, "manifest.json", &manifest, error);
	if (code >= 0 && !json_is_array(manifest))
		code = error_set(error, TARSIER_FORMAT, "manifest.json is not a list of images");
	if (code >= 0)
		code = choose(&listing, manifest, &entry, &name, error);
	if (code >= 0)
		code = read_image(archive, layout, &entry, name, image, error);
	json_decref(manifest);
	buffer_free(&text);
	return code;
}
