/* paths as 64-bit hashes */
#include "layer/internal.h"

#include <endian.h>
#include <string.h>

/*
 * SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"), with a fixed key, for hashes are kept on
 * disk. A plain multiplicative hash would be as fast, and would let an image be made whose harmless file has the hash
 * of a package database in a layer below, and so hides it from us and from nobody else.
 */
struct sip { uint64_t a, b, c, d; };

static const struct sip sip_start = {
	0x736f6d6570736575 ^ 0x7461727369657220, 0x646f72616e646f6d ^ 0x6c61796572206d6b,
	0x6c7967656e657261 ^ 0x7461727369657220, 0x7465646279746573 ^ 0x6c61796572206d6b,
};

static inline uint64_t rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void sip_round(struct sip *s)
{
	s->a += s->b, s->b = rotate(s->b, 13) ^ s->a, s->a = rotate(s->a, 32);
	s->c += s->d, s->d = rotate(s->d, 16) ^ s->c;
	s->a += s->d, s->d = rotate(s->d, 21) ^ s->a;
	s->c += s->b, s->b = rotate(s->b, 17) ^ s->c, s->c = rotate(s->c, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
	s->d ^= word;
	sip_round(s);
	s->a ^= word;
}

static inline uint64_t read_word(const char *bytes)
{
	uint64_t word;
	memcpy(&word, bytes, 8);
	return le64toh(word);
}

/* What is left of `length` bytes after the last whole word, and the length itself. */
static inline uint64_t sip_finish(struct sip s, const char *tail, size_t length)
{
	uint64_t last = (uint64_t)length << 56;
	for (size_t i = 0; i < length % 8; i++)
		last |= (uint64_t)(unsigned char)tail[i] << (8 * i);
	sip_word(&s, last);
	s.c ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}

static inline uint64_t make_hash(uint64_t hash, bool directory)
{
	return (hash & ~UINT64_C(1)) | directory;
}

uint64_t path_hash(span path, bool directory)
{
	struct sip s = sip_start;
	size_t at = 0;
	for (; at + 8 <= path.len; at += 8)
		sip_word(&s, read_word(path.ptr + at));
	return make_hash(sip_finish(s, path.ptr + at, path.len), directory);
}

bool path_hash_folders(span path, bool (*each)(void *user, uint64_t hash), void *user)
{
	struct sip s = sip_start;
	size_t whole = 0; /* bytes that are in the state */
	span rest = path;
	for (ptrdiff_t slash; (slash = span_find(rest, '/')) >= 0; rest = span_from(rest, (size_t)slash + 1)) {
		size_t length = (size_t)(rest.ptr - path.ptr + slash);
		for (; whole + 8 <= length; whole += 8)
			sip_word(&s, read_word(path.ptr + whole));
		if (!each(user, make_hash(sip_finish(s, path.ptr + whole, length), true)))
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
