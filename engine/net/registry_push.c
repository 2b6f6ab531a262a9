/* pushes blobs and manifests to a registry */
#include "net/registry_internal.h"

#include <string.h>

enum { ANSWER_LIMIT = 64 * 1024 };

static int has_blob(struct registry *registry, const struct digest *digest, bool *has, struct tarsier_error *error)
{
	struct http_response response;
	const struct registry_call call = {.kind = "blob", .which = digest->text, .limit = ANSWER_LIMIT, .method = "HEAD"};
	int code = registry_get(registry, &call, &response, error);
	http_response_free(&response);
	*has = code >= 0;
	return code == TARSIER_NOT_FOUND ? TARSIER_OK : code;
}

/* Where an upload goes: Location may be absolute, or a path of the registry. Returns NULL if memory ran out. */
static char *upload_url(struct registry *registry, struct arena *arena, span location, const struct digest *digest)
{
	bool is_path = span_starts(location, "/");
	return arena_format(arena, "%s%.*s%cdigest=%s", is_path ? registry->origin : "", SPAN_WHOLE(location),
	                    span_find(location, '?') >= 0 ? '&' : '?', digest->text);
}

/* An upload begins with a POST, whose answer says where the bytes go. */
static int begin_upload(struct registry *registry, struct arena *arena, const struct digest *digest, char **url,
                        struct tarsier_error *error)
{
	struct http_response response;
	const char *begin = arena_format(arena, "%s/v2/%s/blobs/uploads/", registry->origin, registry->config.name->path);
	const struct registry_call call = {.kind = "upload of blob", .which = digest->text, .url = begin, .method = "POST",
	                                   .body = SPAN(""), .limit = ANSWER_LIMIT};
	*url = NULL;
	if (!begin)
		return error_memory(error);
	int code = registry_get(registry, &call, &response, error);
	if (code >= 0) {
		span location = http_header(&response, "Location");
		bool fine = location.len && (span_starts(location, "/") || span_starts(location, "https://") || span_starts(location, "http://"));
		*url = fine ? upload_url(registry, arena, location, digest) : NULL;
		if (!fine)
			code = error_set(error, TARSIER_IO, "%s did not say where to upload a blob to", registry->config.name->domain);
		else if (!*url)
			code = error_memory(error);
	}
	http_response_free(&response);
	return code;
}

int registry_push_blob(struct registry *registry, const struct digest *digest, span bytes, struct tarsier_error *error)
{
	bool has;
	char *url;
	struct arena arena;
	struct http_response response;
	int code = has_blob(registry, digest, &has, error);
	if (code < 0 || has)
		return code;
	arena_init(&arena, &registry->secrets.allocator);
	code = begin_upload(registry, &arena, digest, &url, error);
	if (code >= 0) {
		const struct registry_call call = {
			.kind = "upload of blob", .which = digest->text, .url = url, .method = "PUT", .body = bytes, .limit = ANSWER_LIMIT,
			.content_type = "Content-Type: application/octet-stream"};
		code = registry_get(registry, &call, &response, error);
		http_response_free(&response);
	}
	arena_free(&arena);
	return code;
}

int registry_push_manifest(struct registry *registry, const char *which, const char *media_type, span bytes,
                           struct tarsier_error *error)
{
	struct arena arena;
	struct http_response response;
	arena_init(&arena, &registry->secrets.allocator);
	struct registry_call call = {.kind = "manifest", .which = which, .method = "PUT", .body = bytes, .limit = ANSWER_LIMIT,
	                             .content_type = arena_format(&arena, "Content-Type: %s", media_type)};
	int code = TARSIER_MEMORY;
	if (call.content_type) {
		code = registry_get(registry, &call, &response, error);
		http_response_free(&response);
	} else {
		error_memory(error);
	}
	arena_free(&arena);
	return code;
}
