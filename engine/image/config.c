/* an image's config document: the image's settings, its layers' diff IDs and their history */
#include "format/json.h"
#include "image/image.h"

#include <string.h>

/* OCI image-spec, config.md; Docker's image specification 1.2 has the same members:
 *
 *	{ "architecture", "os", "variant", "created",
 *	  "config": { "User", "WorkingDir", "Env": [], "Entrypoint": [], "Cmd": [], "ExposedPorts": {}, "Labels": {},
 *	              "Volumes": {}, "Healthcheck": { "Test": [] } },
 *	  "rootfs": { "type": "layers", "diff_ids": [] },
 *	  "history": [ { "created", "created_by", "comment", "empty_layer" } ] }
 */

static const char *keep_text(struct image *image, const json_t *object, const char *key, bool *memory)
{
	const char *text = json_text(object, key);
	char *copy = *text ? arena_string(image->arena, text) : (char *)"";
	*memory = *memory && copy;
	return copy ? copy : "";
}

/* An array of strings, or the keys of an object (ExposedPorts). */
static const char *const *keep_list(struct image *image, const json_t *object, const char *key, bool *memory)
{
	const json_t *list = object ? json_object_get(object, key) : NULL;
	size_t size = json_is_array(list) ? json_array_size(list) : json_object_size(list), count = 0, i;
	const char **texts = arena_array(image->arena, size + 1, sizeof *texts);
	const char *name = NULL;
	json_t *item = NULL;
	*memory = *memory && texts;
	if (!texts)
		return image->about.env;
	json_array_foreach(list, i, item)
		if (json_is_string(item))
			*memory = (texts[count++] = arena_string(image->arena, json_string_value(item))) && *memory;
	if (json_is_object(list))
		json_object_foreach((json_t *)list, name, item)
			*memory = (texts[count++] = arena_string(image->arena, name)) && *memory;
	return texts;
}

/* Labels or annotations: an object of texts. Returns their number. */
static size_t keep_labels(struct image *image, const json_t *labels, const struct tarsier_label **list, bool *memory)
{
	size_t size = labels ? json_object_size(labels) : 0, count = 0;
	struct tarsier_label *kept = arena_array(image->arena, size + 1, sizeof *kept);
	const char *key = NULL;
	json_t *value = NULL;
	*memory = *memory && kept;
	if (!kept || !labels)
		return 0;
	json_object_foreach((json_t *)labels, key, value) {
		kept[count].key = arena_string(image->arena, key);
		kept[count].value = arena_string(image->arena, json_is_string(value) ? json_string_value(value) : "");
		*memory = *memory && kept[count].key && kept[count].value;
		count++;
	}
	*list = kept;
	return count;
}

static int read_about(struct image *image, const json_t *config, struct tarsier_error *error)
{
	struct tarsier_image *about = &image->about;
	const json_t *inner = json_member(config, "config");
	bool memory = true;
	about->os = keep_text(image, config, "os", &memory);
	about->architecture = keep_text(image, config, "architecture", &memory);
	about->variant = keep_text(image, config, "variant", &memory);
	about->created = keep_text(image, config, "created", &memory);
	about->user = keep_text(image, inner, "User", &memory);
	about->working_dir = keep_text(image, inner, "WorkingDir", &memory);
	about->env = keep_list(image, inner, "Env", &memory);
	about->entrypoint = keep_list(image, inner, "Entrypoint", &memory);
	about->cmd = keep_list(image, inner, "Cmd", &memory);
	about->exposed_ports = keep_list(image, inner, "ExposedPorts", &memory);
	about->volumes = keep_list(image, inner, "Volumes", &memory);
	about->healthcheck = keep_list(image, json_member(inner, "Healthcheck"), "Test", &memory);
	about->label_count = keep_labels(image, inner ? json_member(inner, "Labels") : NULL, &about->labels, &memory);
	return memory ? TARSIER_OK : error_memory(error);
}

static int read_diff_ids(struct image *image, const json_t *rootfs, struct tarsier_error *error)
{
	const char *type = json_text(rootfs, "type");
	const json_t *diff_ids = json_list(rootfs, "diff_ids");
	size_t count = diff_ids ? json_array_size(diff_ids) : 0;
	if (*type && strcmp(type, "layers") != 0)
		return error_set(error, TARSIER_UNSUPPORTED,
		                 "the config's root file system is made of \"%s\", not of layers", type);
	if (count != image->layer_count)
		return error_set(error, TARSIER_FORMAT, "the config names %zu diff IDs for %zu layers", count,
		                 image->layer_count);
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(diff_ids, i));
		int code = digest_parse(span_of(text), &image->layers[i].diff_id, error);
		if (code < 0) {
			error_prefix(error, "the config's diff ID of layer %zu", i + 1);
			return code;
		}
	}
	return TARSIER_OK;
}

static bool makes_layer(const json_t *entry)
{
	return json_is_object(entry) && !json_is_true(json_object_get(entry, "empty_layer"));
}

int image_read_annotations(struct image *image, const json_t *annotations, struct tarsier_error *error)
{
	bool memory = true;
	image->about.annotation_count = keep_labels(image, annotations, &image->about.annotations, &memory);
	return memory ? TARSIER_OK : error_memory(error);
}

static int keep_history(struct image *image, const json_t *history, struct tarsier_error *error)
{
	size_t count = json_array_size(history);
	bool memory = true;
	if (count > IMAGE_HISTORY_LIMIT)
		return error_set(error, TARSIER_LIMIT, "the config's history has %zu entries, and at most %d are read", count,
		                 IMAGE_HISTORY_LIMIT);
	struct tarsier_history *kept = arena_array(image->arena, count + 1, sizeof *kept);
	if (!kept)
		return error_memory(error);
	for (size_t i = 0; i < count; i++) {
		const json_t *entry = json_array_get(history, i);
		kept[i].created = keep_text(image, entry, "created", &memory);
		kept[i].created_by = keep_text(image, entry, "created_by", &memory);
		kept[i].comment = keep_text(image, entry, "comment", &memory);
		kept[i].empty_layer = !makes_layer(entry);
	}
	image->about.history = kept;
	image->about.history_count = count;
	return memory ? TARSIER_OK : error_memory(error);
}

/* The history entries that made a layer belong to the layers in order, if their numbers are equal. Otherwise layers get no
 * instruction, since a guess might name the wrong one. */
static int read_history(struct image *image, const json_t *history, struct tarsier_error *error)
{
	size_t i, count = 0, layer = 0;
	const json_t *entry;
	bool memory = true;
	json_array_foreach(history, i, entry)
		count += makes_layer(entry);
	if (count != image->layer_count)
		return TARSIER_OK;
	json_array_foreach(history, i, entry)
		if (makes_layer(entry))
			image->layers[layer++].created_by = keep_text(image, entry, "created_by", &memory);
	return memory ? TARSIER_OK : error_memory(error);
}

int image_read_config(struct image *image, span config, struct tarsier_error *error)
{
	json_t *json = NULL;
	int code = json_parse(config, IMAGE_DOCUMENT_LIMIT, "image config", &json, error);
	if (code >= 0 && !json_is_object(json))
		code = error_set(error, TARSIER_FORMAT, "the image config is not a JSON object");
	if (code >= 0)
		code = read_about(image, json, error);
	if (code >= 0)
		code = read_diff_ids(image, json_member(json, "rootfs"), error);
	if (code >= 0)
		code = keep_history(image, json_list(json, "history"), error);
	if (code >= 0)
		code = read_history(image, json_list(json, "history"), error);
	json_decref(json);
	return code;
}
