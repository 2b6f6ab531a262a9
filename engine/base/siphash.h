/* SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF"), in pieces, so that it can be inlined */
#ifndef TARSIER_BASE_SIPHASH_H
#define TARSIER_BASE_SIPHASH_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct siphash { uint64_t a, b, c, d; };

static inline struct siphash siphash_start(uint64_t key0, uint64_t key1)
{
	return (struct siphash){key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d, key0 ^ 0x6c7967656e657261,
	                        key1 ^ 0x7465646279746573};
}

static inline uint64_t siphash_rotate(uint64_t word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void siphash_round(struct siphash *s)
{
	s->a += s->b, s->b = siphash_rotate(s->b, 13) ^ s->a, s->a = siphash_rotate(s->a, 32);
	s->c += s->d, s->d = siphash_rotate(s->d, 16) ^ s->c;
	s->a += s->d, s->d = siphash_rotate(s->d, 21) ^ s->a;
	s->c += s->b, s->b = siphash_rotate(s->b, 17) ^ s->c, s->c = siphash_rotate(s->c, 32);
}

/* Takes the next eight bytes. */
static inline void siphash_word(struct siphash *s, const char *bytes)
{
	uint64_t word;
	memcpy(&word, bytes, 8);
	word = le64toh(word);
	s->d ^= word;
	siphash_round(s);
	s->a ^= word;
}

/* The hash of `length` bytes whose whole words were taken; `tail` is what is left of them. */
static inline uint64_t siphash_finish(struct siphash s, const char *tail, size_t length)
{
	uint64_t last = (uint64_t)length << 56;
	for (size_t i = 0; i < length % 8; i++)
		last |= (uint64_t)(unsigned char)tail[i] << (8 * i);
	s.d ^= last;
	siphash_round(&s);
	s.a ^= last;
	s.c ^= 0xff;
	for (int i = 0; i < 3; i++)
		siphash_round(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}

#endif
