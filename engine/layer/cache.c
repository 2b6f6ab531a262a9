#include "layer/cache.h"

#include "layer/index_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	NAME_LENGTH = 64,          /* hex of a SHA-256 */
	LITTER_SECONDS = 60 * 60,  /* a writer that has not renamed by now was killed */
	TOUCH_SECONDS = 60 * 60,   /* how exact "not used longest" needs to be */
};

struct cache {
	int folder;          /* DIR/layers; -1: it cannot be had */
	uint64_t limit;
	const char *fingerprint, *path;
	int refusal;         /* the errno of opening it */
	atomic_int *trouble; /* the errno of the last write that failed, until it is asked for */
	atomic_int own;      /* where `trouble` points, also in copies under another fingerprint */
};

/* ---- the folder --------------------------------------------------------------------------------------------------- */

static char *default_folder(struct arena *arena)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	if (xdg && xdg[0] == '/') /* a relative one is to be ignored: XDG base directory specification */
		return arena_format(arena, "%s/tarsier", xdg);
	return home && home[0] == '/' ? arena_format(arena, "%s/.cache/tarsier", home) : NULL;
}

/* mkdir -p, for ourselves only. */
static void make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	mkdir(path, 0700);
}

int cache_open(struct arena *arena, const char *dir, uint64_t limit, const char *fingerprint, struct cache **cache,
               struct tarsier_error *error)
{
	*cache = NULL;
	const char *base = dir ? dir : default_folder(arena);
	if (!base || !*base)
		return TARSIER_OK;
	char *path = arena_format(arena, "%s/layers", base);
	struct cache *made = arena_alloc(arena, sizeof *made);
	if (!path || !made)
		return error_memory(error);
	make_folders(path);
	made->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	made->refusal = made->folder < 0 ? errno : 0;
	made->trouble = &made->own;
	made->path = path;
	made->limit = limit;
	made->fingerprint = arena_string(arena, fingerprint);
	if (!made->fingerprint) {
		cache_close(made);
		return error_memory(error);
	}
	*cache = made;
	return TARSIER_OK;
}

struct cache *cache_with(struct arena *arena, const struct cache *cache, const char *fingerprint)
{
	struct cache *other = cache ? arena_alloc(arena, sizeof *other) : NULL;
	if (other)
		*other = (struct cache){.folder = cache->folder, .limit = cache->limit, .fingerprint = fingerprint,
		                        .path = cache->path, .refusal = cache->refusal, .trouble = cache->trouble};
	return other;
}

void cache_close(struct cache *cache)
{
	if (cache && cache->folder >= 0)
		close(cache->folder);
}

/* ---- one entry ---------------------------------------------------------------------------------------------------- */

/* False if no digest is promised: then there is no key. */
static bool name_of(const struct cache *cache, const struct layer_expected *layer, char name[NAME_LENGTH + 1])
{
	if (digest_is_empty(&layer->blob) && digest_is_empty(&layer->diff_id))
		return false;
	struct buffer key;
	struct digest digest;
	buffer_init(&key, NULL);
	bool ok = buffer_add(&key, layer->blob.text, strlen(layer->blob.text) + 1) &&
	          buffer_add(&key, layer->diff_id.text, strlen(layer->diff_id.text) + 1) &&
	          buffer_add(&key, cache->fingerprint, strlen(cache->fingerprint)) &&
	          digest_of(buffer_span(&key), &digest, NULL) == TARSIER_OK;
	buffer_free(&key);
	if (ok)
		memcpy(name, digest.text + strlen("sha256:"), NAME_LENGTH + 1);
	return ok;
}

static bool read_whole(int fd, char *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = pread(fd, bytes + done, size - done, (off_t)done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

/* Was it used in the last hour? Then its time need not be written again. */
static void touch(int fd, const struct stat *about)
{
	if (time(NULL) - about->st_mtime > TOUCH_SECONDS)
		futimens(fd, NULL);
}

static struct layer_index *load(int fd, const struct reader *const *readers, const struct tarsier_allocator *allocator)
{
	struct stat about;
	if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size > INDEX_FILE_LIMIT)
		return NULL;
	struct layer_index *index = layer_index_new(allocator);
	char *bytes = index ? arena_room(&index->arena, (size_t)about.st_size) : NULL;
	if (!bytes || !read_whole(fd, bytes, (size_t)about.st_size) ||
	    !index_read((span){bytes, (size_t)about.st_size}, readers, index)) {
		layer_index_free(index);
		return NULL;
	}
	touch(fd, &about);
	return index;
}

static bool is_promised(const struct layer_expected *layer, const struct layer_index *index)
{
	return (digest_is_empty(&layer->blob) || digest_equal(&layer->blob, &index->blob)) &&
	       (layer->size == UINT64_MAX || layer->size == index->blob_size) &&
	       (digest_is_empty(&layer->diff_id) || digest_is_empty(&index->diff_id) ||
	        digest_equal(&layer->diff_id, &index->diff_id));
}

struct layer_index *cache_get(const struct cache *cache, const struct layer_expected *layer,
                              const struct reader *const *readers, const struct tarsier_allocator *allocator)
{
	char name[NAME_LENGTH + 1];
	if (!cache || !name_of(cache, layer, name))
		return NULL;
	int fd = openat(cache->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	struct layer_index *index = load(fd, readers, allocator);
	close(fd);
	if (index && !is_promised(layer, index)) {
		layer_index_free(index);
		index = NULL;
	}
	if (!index)
		unlinkat(cache->folder, name, 0);
	return index;
}

static bool write_whole(int fd, span bytes)
{
	for (size_t done = 0; done < bytes.len;) {
		ssize_t put = write(fd, bytes.ptr + done, bytes.len - done);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			errno = put ? errno : EIO;
			return false;
		}
		done += (size_t)put;
	}
	return true;
}

/* 0, or the errno of what was refused. */
static int store(const struct cache *cache, const char *name, span bytes)
{
	char beside[NAME_LENGTH + 64];
	int number = 0;
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(beside, sizeof beside, ".%s.%ld.%p.%ld", name, (long)getpid(), (void *)&now, now.tv_nsec);
	int fd = openat(cache->folder, beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return errno;
	if (!write_whole(fd, bytes))
		number = errno;
	if (close(fd) != 0 && !number)
		number = errno;
	if (!number && renameat(cache->folder, beside, cache->folder, name) != 0)
		number = errno;
	if (number)
		unlinkat(cache->folder, beside, 0);
	return number;
}

void cache_put(const struct cache *cache, const struct layer_expected *layer, const struct layer_index *index)
{
	char name[NAME_LENGTH + 1];
	if (!cache || !name_of(cache, layer, name))
		return;
	struct buffer file;
	buffer_init(&file, NULL);
	file.limit = INDEX_FILE_LIMIT;
	if (index_write(index, &file)) {
		int number = cache->folder < 0 ? cache->refusal : store(cache, name, buffer_span(&file));
		if (number)
			atomic_store(cache->trouble, number);
	}
	buffer_free(&file);
}

int cache_trouble(const struct cache *cache, const char **folder)
{
	*folder = cache ? cache->path : "";
	return cache ? atomic_exchange(cache->trouble, 0) : 0;
}

/* ---- the limit ---------------------------------------------------------------------------------------------------- */

struct cached_file {
	char name[NAME_LENGTH + 1];
	time_t used;
	uint64_t size;
};

static int order_by_use(const void *a, const void *b)
{
	time_t x = ((const struct cached_file *)a)->used, y = ((const struct cached_file *)b)->used;
	return (x > y) - (x < y);
}

static bool list_entry(const struct cache *cache, const char *name, struct buffer *entries, uint64_t *total)
{
	struct stat about;
	if (fstatat(cache->folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(about.st_mode))
		return true;
	if (name[0] == '.' && time(NULL) - about.st_mtime > LITTER_SECONDS)
		unlinkat(cache->folder, name, 0);
	if (strlen(name) != NAME_LENGTH)
		return true;
	struct cached_file entry = {.used = about.st_mtime, .size = (uint64_t)about.st_size};
	memcpy(entry.name, name, sizeof entry.name);
	*total += entry.size;
	return buffer_add(entries, &entry, sizeof entry);
}

static void delete_oldest(const struct cache *cache, struct buffer *buffer, uint64_t total)
{
	struct cached_file *entries = (struct cached_file *)(void *)buffer->data;
	size_t count = buffer->length / sizeof *entries;
	if (total <= cache->limit || !count)
		return;
	qsort(entries, count, sizeof *entries, order_by_use);
	for (size_t i = 0; i < count && total > cache->limit; i++) {
		unlinkat(cache->folder, entries[i].name, 0);
		total -= entries[i].size;
	}
}

void cache_prune(const struct cache *cache)
{
	int copy = cache ? openat(cache->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	DIR *folder = copy >= 0 ? fdopendir(copy) : NULL;
	if (!folder) {
		if (copy >= 0)
			close(copy);
		return;
	}
	struct buffer entries;
	uint64_t total = 0;
	buffer_init(&entries, NULL);
	for (struct dirent *item = readdir(folder); item; item = readdir(folder))
		if (!list_entry(cache, item->d_name, &entries, &total))
			break;
	delete_oldest(cache, &entries, total);
	buffer_free(&entries);
	closedir(folder);
}
