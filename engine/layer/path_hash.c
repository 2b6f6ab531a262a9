/* paths as 64-bit hashes */
#include "base/siphash.h"
#include "layer/internal.h"

/*
 * SipHash with a fixed key, for hashes are kept on disk. A plain multiplicative hash would be as fast, and would let an
 * image be made whose harmless file has the hash of a package database in a layer below, and so hides it from us alone.
 */
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

bool path_hash_folders(span path, bool (*each)(void *user, uint64_t hash), void *user)
{
	struct siphash s = start();
	size_t whole = 0; /* bytes that are in the state */
	span rest = path;
	for (ptrdiff_t slash; (slash = span_find(rest, '/')) >= 0; rest = span_from(rest, (size_t)slash + 1)) {
		size_t length = (size_t)(rest.ptr - path.ptr + slash);
		for (; whole + 8 <= length; whole += 8)
			siphash_word(&s, path.ptr + whole);
		if (!each(user, make_hash(siphash_finish(s, path.ptr + whole, length), true)))
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

bool layer_has(const struct layer_index *index, span path, bool directory)
{
	uint64_t hash = path_hash(path, directory);
	size_t low = 0, high = index->taken_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (index->taken[middle] < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low < index->taken_count && index->taken[low] == hash;
}
