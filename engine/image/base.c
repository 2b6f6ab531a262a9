/* the base image of an image: its name as annotations, labels and the history say, and its layers as the history hints */
#include "image/image.h"

#include <ctype.h>
#include <string.h>

/* OCI image-spec, annotations.md. Builders that write no annotations often write labels of the same names. */
static const char BASE_NAME[] = "org.opencontainers.image.base.name";
static const char BASE_DIGEST[] = "org.opencontainers.image.base.digest";

static const char *labelled(const struct tarsier_label *labels, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(labels[i].key, key) == 0)
			return labels[i].value;
	return "";
}

static const char *said_of_base(const struct tarsier_image *about, const char *key)
{
	const char *said = labelled(about->annotations, about->annotation_count, key);
	return *said ? said : labelled(about->labels, about->label_count, key);
}

/* Buildah writes "FROM NAME" as the comment of the first instruction after FROM, and "FROM ID" of a stage's later ones.
 * Returns the name; empty if it is none or an image's id. */
static span from_comment(const struct tarsier_history *entry)
{
	span name = span_of(entry->comment);
	bool is_id = true;
	if (!span_starts(name, "FROM "))
		return (span){"", 0};
	name = span_trim(span_from(name, strlen("FROM ")));
	for (size_t i = 0; i < name.len && is_id; i++)
		is_id = isxdigit((unsigned char)name.ptr[i]);
	return is_id ? (span){"", 0} : name;
}

/* CMD and ENTRYPOINT are the last instructions of most base images; as BuildKit and as the older builder write them. */
static bool is_last_word(const struct tarsier_history *entry)
{
	static const char NOP[] = "/bin/sh -c #(nop)";
	span text = span_of(entry->created_by);
	if (!entry->empty_layer)
		return false;
	if (span_starts(text, NOP))
		text = span_trim(span_from(text, strlen(NOP)));
	return span_starts(text, "CMD ") || span_starts(text, "ENTRYPOINT ");
}

static size_t layers_below(const struct tarsier_image *about, size_t entry)
{
	size_t count = 0;
	for (size_t i = 0; i < entry; i++)
		count += !about->history[i].empty_layer;
	return count;
}

/* -> the entry that follows the base's last one; 0 if no comment names a base */
static size_t after_comment(const struct tarsier_image *about, span *name)
{
	for (size_t i = about->history_count; i > 0; i--) {
		*name = from_comment(&about->history[i - 1]);
		if (name->len)
			return i - 1;
	}
	return 0;
}

/* The topmost CMD or ENTRYPOINT that still has a layer above it. */
static size_t after_last_word(const struct tarsier_image *about)
{
	bool has_layer_above = false;
	for (size_t i = about->history_count; i > 0; i--) {
		if (has_layer_above && is_last_word(&about->history[i - 1]))
			return i;
		has_layer_above = has_layer_above || !about->history[i - 1].empty_layer;
	}
	return 0;
}

/* As many layers as instructions that made one: where the history tells another number, it tells nothing. */
static bool history_fits(const struct tarsier_image *about, size_t layer_count)
{
	return about->history_count && layers_below(about, about->history_count) == layer_count;
}

int image_find_base(struct image *image, struct tarsier_error *error)
{
	struct tarsier_image *about = &image->about;
	span name = {"", 0};
	size_t entry = 0;
	if (history_fits(about, image->layer_count)) {
		entry = after_comment(about, &name);
		if (!entry)
			entry = after_last_word(about);
	}
	size_t layers = layers_below(about, entry);
	about->base_layers = layers < image->layer_count ? layers : 0;
	about->base_digest = said_of_base(about, BASE_DIGEST);
	about->base_name = said_of_base(about, BASE_NAME);
	if (!*about->base_name && name.len)
		about->base_name = span_copy(image->arena, name);
	return about->base_name ? TARSIER_OK : error_memory(error);
}
