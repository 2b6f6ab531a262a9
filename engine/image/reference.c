#include "image/reference.h"

#include "image/image.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Longer than any path that can be opened, with a name and a digest after it. */
enum { LONGEST_REFERENCE = 8192 };

static bool exists(const char *path)
{
	struct stat status;
	return path[0] && (stat(path, &status) == 0 || errno == EACCES);
}

static const struct source *scheme_of(span scheme)
{
	for (const struct source *const *source = sources_all; *source; source++)
		if (span_is(scheme, (*source)->name))
			return *source;
	return NULL;
}

/* "dir:, docker://, docker-archive:, …", for messages. */
static const char *scheme_list(struct arena *arena)
{
	const char *list = "";
	for (const struct source *const *source = sources_all; list && *source; source++)
		if (strcmp((*source)->name, "-") != 0)
			list = arena_format(arena, "%s%s%s:%s", list, *list ? ", " : "", (*source)->name,
			                    (*source)->names == SOURCE_REGISTRY ? "//" : "");
	return list ? list : "";
}

/* What follows the path: ":" name, "@" digest, or both in this order. */
static int take_name(struct arena *arena, span rest, struct reference *reference, struct tarsier_error *error)
{
	if (rest.len == 0)
		return TARSIER_OK;
	span name = rest.ptr[0] == ':' ? span_from(rest, 1) : (span){"", 0}, digest = {"", 0};
	ptrdiff_t at = span_find(rest, '@');
	if (at >= 0) {
		digest = span_from(rest, (size_t)at + 1);
		name = at > 0 ? (span){rest.ptr + 1, (size_t)at - 1} : (span){"", 0};
	}
	if ((at != 0 && name.len == 0) || (at >= 0 && digest.len == 0))
		return error_set(error, TARSIER_USAGE, "%s: a name or a digest is missing at the end", reference->text);
	reference->name = span_copy(arena, name);
	reference->digest = span_copy(arena, digest);
	return reference->name && reference->digest ? TARSIER_OK : error_memory(error);
}

/* Cuts at `length`. Fails with MEMORY. */
static int cut_at(struct arena *arena, span text, size_t length, struct reference *reference,
                  struct tarsier_error *error)
{
	reference->path = span_copy(arena, (span){text.ptr, length});
	if (!reference->path)
		return error_memory(error);
	return take_name(arena, span_from(text, length), reference, error);
}

/* Length of the longest prefix of `text` that exists as a path and is followed by the end, a colon or an @; SIZE_MAX if
 * there is none. */
static size_t longest_existing(char *text)
{
	for (size_t length = strlen(text); length > 0; length--) {
		char after = text[length];
		if (after && after != ':' && after != '@')
			continue;
		text[length] = '\0';
		bool found = exists(text);
		text[length] = after;
		if (found)
			return length;
	}
	return SIZE_MAX;
}

static int parse_path(struct arena *arena, const char *text, struct reference *reference, bool *found,
                      struct tarsier_error *error)
{
	char *scratch = arena_string(arena, text);
	if (!scratch)
		return error_memory(error);
	size_t length = longest_existing(scratch);
	*found = length != SIZE_MAX;
	if (!*found)
		length = strcspn(text, ":@");
	return cut_at(arena, span_of(text), length, reference, error);
}

/* A name in a registry: with "docker://", with "//" after another scheme, or alone if its form shows that it is one. */
static int parse_remote(struct arena *arena, const struct source *source, span name, struct reference *reference,
                        struct tarsier_error *error)
{
	struct registry_name *registry = &reference->registry;
	int code = registry_name_parse(arena, name, registry, error);
	if (code < 0)
		return code;
	reference->scheme = source->name;
	reference->path = arena_format(arena, "//%s/%s", registry->domain, registry->path);
	reference->name = registry->tag;
	reference->digest = registry->digest.text;
	return reference->path ? TARSIER_OK : error_memory(error);
}

static const struct source *registry_source(void)
{
	for (const struct source *const *source = sources_all; *source; source++)
		if ((*source)->names == SOURCE_REGISTRY)
			return *source;
	return NULL;
}

/* "docker-daemon:app:1": all that follows is the name, or the image's id. */
static int parse_engine(struct arena *arena, span name, struct reference *reference, struct tarsier_error *error)
{
	struct registry_name parsed;
	if (name.len == 0)
		return error_set(error, TARSIER_USAGE, "%s: the name of an image is missing", reference->text);
	if (registry_name_parse(arena, name, &parsed, NULL) < 0)
		return error_set(error, TARSIER_USAGE, "%s: not a valid image name", reference->text);
	reference->path = name.ptr; /* terminated, since it ends with the text */
	return TARSIER_OK;
}

/* Schemes of other tools that this one does not support; an image's name follows them. */
static const char *foreign_name(const char *text)
{
	static const char *const schemes[] = {"containers-storage:", "podman:", "containerd:", "oci://"};
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (span_starts(span_of(text), schemes[i]))
			return text + strlen(schemes[i]);
	return NULL;
}

/* The path does not exist: names the likeliest reason, and what to do. */
static int nothing_there(struct arena *arena, const char *text, struct tarsier_error *error)
{
	const char *image = foreign_name(text);
	struct registry_name name;
	if (image)
		return error_set(error, TARSIER_UNSUPPORTED,
		                 "%s: this scheme is not supported: an image in Docker or Podman is docker-daemon:%s, one in its registry "
		                 "docker://%s, and \"docker save -o image.tar %s\" makes a file (schemes: %s)", text, image, image, image,
		                 scheme_list(arena));
	if (registry_name_parse(arena, span_of(text), &name, NULL) >= 0 && !strchr(name.path, '.'))
		return error_set(error, TARSIER_IO, "%s: no such file or directory; an image in Docker or Podman is docker-daemon:%s, "
		                 "one in a registry docker://%s", text, text, text);
	size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-+");
	if (scheme > 0 && text[scheme] == ':')
		return error_set(error, TARSIER_USAGE, "%s: no such file, and \"%.*s\" is not a scheme; schemes are %s", text,
		                 (int)scheme, text, scheme_list(arena));
	return error_errno(error, ENOENT, "%s", text);
}

/* No scheme was named. */
static int parse_bare(struct arena *arena, struct reference *reference, struct tarsier_error *error)
{
	const struct source *registry = registry_source();
	bool found;
	int code = parse_path(arena, reference->text, reference, &found, error);
	if (code < 0 || found)
		return code;
	if (registry && !foreign_name(reference->text) && registry_name_has_domain(span_of(reference->text)))
		return parse_remote(arena, registry, span_of(reference->text), reference, error);
	return nothing_there(arena, reference->text, error);
}

int reference_parse(struct arena *arena, const char *text, struct reference *reference, struct tarsier_error *error)
{
	size_t length = strlen(text);
	if (length == 0)
		return error_set(error, TARSIER_USAGE, "the image reference is empty");
	if (length > LONGEST_REFERENCE)
		return error_set(error, TARSIER_LIMIT, "the image reference is longer than %d bytes", LONGEST_REFERENCE);
	*reference = (struct reference){.text = arena_string(arena, text), .scheme = "", .path = "", .name = "",
	                                .digest = ""};
	if (!reference->text)
		return error_memory(error);
	span before, after;
	bool colon = span_cut(span_of(reference->text), ':', &before, &after), found;
	if (text[0] == '-' && (!text[1] || text[1] == ':' || text[1] == '@')) {
		reference->scheme = "-";
		return take_name(arena, span_from(span_of(reference->text), 1), reference, error);
	}
	const struct source *source = colon ? scheme_of(before) : NULL;
	bool registry = source && source->names == SOURCE_REGISTRY;
	if (registry && span_starts(after, "//"))
		return parse_remote(arena, source, span_from(after, 2), reference, error);
	if (!source || registry || foreign_name(text))
		return parse_bare(arena, reference, error);
	reference->scheme = source->name;
	if (source->names == SOURCE_ENGINE)
		return parse_engine(arena, after, reference, error);
	if (after.len == 0)
		return error_set(error, TARSIER_USAGE, "%s: the path is missing", text);
	return parse_path(arena, after.ptr, reference, &found, error);
}

const char *reference_stem(struct arena *arena, const struct reference *reference)
{
	const char *colon = *reference->scheme && *reference->path ? ":" : "";
	return arena_format(arena, "%s%s%s", reference->scheme, colon, reference->path);
}
