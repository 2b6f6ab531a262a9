/* tarsier_share.h's repositories: artifacts in registries */
#include "base/config.h"
#include "net/registry.h"
#include "tarsier_share.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MANIFEST_LIMIT = 4 << 20,  /* OCI distribution-spec: what registries must accept */
	TEXT_LIMIT = 16 << 20,     /* of a blob in memory: the largest envelope that is read */
};

struct tarsier_repository {
	struct arena arena;
	struct registry_name name;
	struct registry_config config;
	struct registry *registry;
};

static int open_repository(tarsier_repository *repository, const char *name, const struct tarsier_repository_options *options,
                           struct tarsier_error *error)
{
	struct arena *arena = &repository->arena;
	int code = registry_name_parse(arena, span_of(arena_string(arena, name)), &repository->name, error);
	repository->config = (struct registry_config){
		.name = &repository->name, .plain_http = options->plain_http, .writes = options->writes,
		.user = options->user ? arena_string(arena, options->user) : NULL,
		.password = options->password ? arena_string(arena, options->password) : NULL,
		.ca_file = options->ca_file ? arena_string(arena, options->ca_file) : NULL};
	return code < 0 ? code : registry_open(arena, &repository->config, &repository->registry, error);
}

int tarsier_repository_open(const char *name, const struct tarsier_repository_options *options, tarsier_repository **repository,
                            struct tarsier_error *error)
{
	struct tarsier_repository_options whole;
	struct tarsier_error own;
	error = error_or(error, &own);
	*repository = NULL;
	int code = config_take(&whole, sizeof whole, options, "tarsier_repository_options", error);
	if (code < 0)
		return code;
	tarsier_repository *made = calloc(1, sizeof *made);
	if (!made)
		return error_memory(error);
	arena_init(&made->arena, NULL);
	code = open_repository(made, name, &whole, error);
	if (code < 0)
		tarsier_repository_free(made);
	else
		*repository = made;
	return code;
}

void tarsier_repository_free(tarsier_repository *repository)
{
	if (!repository)
		return;
	registry_close(repository->registry);
	arena_free(&repository->arena);
	free(repository);
}

void tarsier_repository_options_init_size(struct tarsier_repository_options *options, size_t size)
{
	config_clear(options, size);
}

/* ---- manifests ---------------------------------------------------------------------------------------------------- */

/* By digest it is verified here; by tag the registry says what it is. */
static int get_manifest(tarsier_repository *repository, const char *which, struct buffer *text, struct digest *digest,
                        struct tarsier_error *error)
{
	const struct registry_name *name = &repository->name;
	if (which && digest_parse(span_of(which), digest, NULL) < 0)
		return registry_tagged(repository->registry, which, MANIFEST_LIMIT, text, digest, error);
	if (!which && digest_is_empty(&name->digest))
		return registry_tagged(repository->registry, *name->tag ? name->tag : "latest", MANIFEST_LIMIT, text, digest, error);
	if (!which)
		*digest = name->digest;
	int code = registry_manifest(repository->registry, digest, MANIFEST_LIMIT, text, error);
	return code < 0 ? code : digest_check(buffer_span(text), digest, UINT64_MAX, error);
}

/* Gives the buffer's bytes to the caller, with a NUL behind them, unless `code` is a failure. */
static int hand_over(struct buffer *buffer, int code, char **text, size_t *length, struct tarsier_error *error)
{
	*length = buffer->length;
	if (code >= 0 && !buffer_add(buffer, "", 1))
		code = error_memory(error);
	*text = code < 0 ? NULL : buffer->data;
	if (code < 0)
		buffer_free(buffer);
	return code;
}

int tarsier_repository_manifest(tarsier_repository *repository, const char *which, char **text, size_t *length,
                                char digest[TARSIER_DIGEST_SIZE], struct tarsier_error *error)
{
	struct tarsier_error own;
	struct digest found;
	struct buffer buffer;
	error = error_or(error, &own);
	buffer_init(&buffer, NULL);
	int code = get_manifest(repository, which, &buffer, &found, error);
	code = hand_over(&buffer, code, text, length, error);
	if (code >= 0)
		snprintf(digest, TARSIER_DIGEST_SIZE, "%s", found.text);
	return code;
}

int tarsier_repository_referrers(tarsier_repository *repository, const char *digest, char **text, size_t *length, int *more,
                                 struct tarsier_error *error)
{
	struct tarsier_error own;
	struct digest wanted;
	struct buffer buffer;
	bool has_more = false;
	error = error_or(error, &own);
	buffer_init(&buffer, NULL);
	int code = digest_parse(span_of(digest), &wanted, error);
	if (code >= 0)
		code = registry_referrers(repository->registry, &wanted, MANIFEST_LIMIT, &buffer, &has_more, error);
	*more = has_more;
	return hand_over(&buffer, code, text, length, error);
}

int tarsier_repository_put_manifest(tarsier_repository *repository, const char *which, const char *media_type, const char *text,
                                    size_t length, char digest[TARSIER_DIGEST_SIZE], struct tarsier_error *error)
{
	struct tarsier_error own;
	struct digest made;
	error = error_or(error, &own);
	int code = digest_of((span){text, length}, &made, error);
	if (!which)
		which = *repository->name.tag ? repository->name.tag : "latest";
	if (code >= 0)
		code = registry_push_manifest(repository->registry, which, media_type, (span){text, length}, error);
	if (code >= 0)
		snprintf(digest, TARSIER_DIGEST_SIZE, "%s", made.text);
	return code;
}

/* ---- blobs ---------------------------------------------------------------------------------------------------------- */

static int write_blob(int fd, struct stream *stream, const char *path, struct hasher *hasher, uint64_t *size,
                      struct tarsier_error *error)
{
	char block[65536];
	ssize_t got;
	*size = 0;
	while ((got = stream_read(stream, block, sizeof block, error)) > 0) {
		ssize_t wrote = write(fd, block, (size_t)got);
		if (wrote != got)
			return error_errno(error, wrote < 0 ? errno : ENOSPC, "writing %s", path);
		*size += (uint64_t)got;
		if (hasher_add(hasher, block, (size_t)got) < 0)
			return error_memory(error);
	}
	return got < 0 ? (int)got : TARSIER_OK;
}

static int receive(tarsier_repository *repository, int fd, const struct digest *digest, uint64_t size, const char *path,
                   struct tarsier_error *error)
{
	struct arena arena;
	struct stream *stream = NULL;
	struct hasher *hasher = NULL;
	struct digest found;
	uint64_t came = 0;
	arena_init(&arena, NULL);
	int code = hasher_new(digest, &hasher, error);
	if (code >= 0)
		code = registry_stream(repository->registry, &arena, digest, size, &stream, error);
	if (code >= 0)
		code = write_blob(fd, stream, path, hasher, &came, error);
	if (code >= 0)
		code = hasher_finish(hasher, &found, error);
	if (code >= 0 && (came != size || !digest_equal(&found, digest)))
		code = error_set(error, TARSIER_DIGEST, "%s: the blob %s was damaged on its way or in the registry",
		                 repository->name.domain, digest->text);
	stream_close(stream);
	hasher_free(hasher);
	arena_free(&arena);
	return code;
}

int tarsier_repository_blob(tarsier_repository *repository, const char *digest, uint64_t size, const char *path,
                            struct tarsier_error *error)
{
	struct tarsier_error own;
	struct digest wanted;
	char part[4096];
	error = error_or(error, &own);
	int code = digest_parse(span_of(digest), &wanted, error);
	if (code < 0)
		return code;
	if ((size_t)snprintf(part, sizeof part, "%s.part-%d", path, (int)getpid()) >= sizeof part)
		return error_errno(error, ENAMETOOLONG, "%s", path);
	int fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0)
		return error_errno(error, errno, "making %s", part);
	code = receive(repository, fd, &wanted, size, part, error);
	if (code >= 0 && (fsync(fd) < 0 || rename(part, path) < 0))
		code = error_errno(error, errno, "writing %s", path);
	close(fd);
	if (code < 0)
		unlink(part);
	return code;
}

int tarsier_repository_text(tarsier_repository *repository, const char *digest, uint64_t size, char **text, size_t *length,
                            struct tarsier_error *error)
{
	struct tarsier_error own;
	struct digest wanted;
	struct buffer buffer;
	error = error_or(error, &own);
	buffer_init(&buffer, NULL);
	int code = digest_parse(span_of(digest), &wanted, error);
	if (code >= 0 && size > TEXT_LIMIT)
		code = error_set(error, TARSIER_LIMIT, "%s has more than %d bytes", digest, TEXT_LIMIT);
	if (code >= 0)
		code = registry_blob(repository->registry, &wanted, (size_t)size, &buffer, error);
	if (code >= 0)
		code = digest_check(buffer_span(&buffer), &wanted, size, error);
	return hand_over(&buffer, code, text, length, error);
}

/* The bytes of a file, mapped; an empty file is not a blob. */
static int map_file(const char *path, span *bytes, struct tarsier_error *error)
{
	struct stat info;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &info) < 0) {
		int number = errno;
		if (fd >= 0)
			close(fd);
		return error_errno(error, number, "open %s", path);
	}
	void *mapped = info.st_size > 0 ? mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	int number = errno;
	close(fd);
	if (mapped == MAP_FAILED)
		return info.st_size > 0 ? error_errno(error, number, "reading %s", path)
		                        : error_set(error, TARSIER_USAGE, "%s: the file is empty", path);
	*bytes = (span){mapped, (size_t)info.st_size};
	return TARSIER_OK;
}

int tarsier_repository_put_blob(tarsier_repository *repository, const char *path, char digest[TARSIER_DIGEST_SIZE],
                                uint64_t *size, struct tarsier_error *error)
{
	struct tarsier_error own;
	struct digest made;
	span bytes;
	error = error_or(error, &own);
	int code = map_file(path, &bytes, error);
	if (code < 0)
		return code;
	code = digest_of(bytes, &made, error);
	if (code >= 0)
		code = registry_push_blob(repository->registry, &made, bytes, error);
	*size = bytes.len;
	munmap((void *)(uintptr_t)bytes.ptr, bytes.len);
	if (code >= 0)
		snprintf(digest, TARSIER_DIGEST_SIZE, "%s", made.text);
	return code;
}
