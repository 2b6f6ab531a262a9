/* paths as 64-bit hashes */
#include "base/siphash.h"
#include "layer/internal.h"

/* SipHash with a fixed key, because hashes are kept on disk. A plain multiplicative hash would be as fast, and would
 * let an image be made whose harmless file has the hash of a package database in a layer below, and so hides it from
 * us alone. */
static struct siphash start(void)
{
	return siphash_start(0x7461727369657220, 0x6c61796572206d6b); /* "tarsier ", "layer mk" */
}

static inline uint64_t make_hash(uint64_t hash, bool directory)
{
	return (hash & ~UINT64_C(1)) | directory;
}

uint64_t path_hash(span path, bool directory)
{
	struct siphash s = start();
	size_t at = 0;
	for (; at + 8 <= path.len; at += 8)
		siphash_word(&s, path.ptr + at);
	return make_hash(siphash_finish(s, path.ptr + at, path.len), directory);
}

void path_prefix_begin(struct path_prefix *prefix)
{
	*prefix = (struct path_prefix){.state = start()};
}

uint64_t path_prefix_hash(struct path_prefix *prefix, const char *path, size_t length, bool directory)
{
	for (; prefix->whole + 8 <= length; prefix->whole += 8)
		siphash_word(&prefix->state, path + prefix->whole);
	return make_hash(siphash_finish(prefix->state, path + prefix->whole, length), directory);
}

bool path_hash_folders(span path, bool (*each)(void *user, uint64_t hash), void *user)
{
	struct path_prefix prefix;
	span rest = path;
	path_prefix_begin(&prefix);
	for (ptrdiff_t slash; (slash = span_find(rest, '/')) >= 0; rest = span_from(rest, (size_t)slash + 1)) {
		size_t length = (size_t)(rest.ptr - path.ptr + slash);
		if (!each(user, path_prefix_hash(&prefix, path.ptr, length, true)))
			return false;
	}
	return true;
}

/* Radix sort, a byte a pass, from the lowest: eight passes leave the result where it began. */
void path_hash_sort(uint64_t *hashes, uint64_t *room, size_t count)
{
	for (int shift = 0; shift < 64; shift += 8) {
		size_t starts[257] = {0};
		for (size_t i = 0; i < count; i++)
			starts[(hashes[i] >> shift & 0xff) + 1]++;
		for (size_t i = 1; i < 256; i++)
			starts[i] += starts[i - 1];
		for (size_t i = 0; i < count; i++)
			room[starts[hashes[i] >> shift & 0xff]++] = hashes[i];
		uint64_t *sorted = room;
		room = hashes;
		hashes = sorted;
	}
}

bool path_hash_among(const uint64_t *hashes, size_t count, uint64_t hash)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (hashes[middle] < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low < count && hashes[low] == hash;
}

bool layer_has(const struct layer_index *index, span path, bool directory)
{
	return path_hash_among(index->taken, index->taken_count, path_hash(path, directory));
}

bool layer_passes(const struct layer_index *index, span path)
{
	return path_hash_among(index->folders, index->folder_count, path_hash(path, true));
}
