#include "database/checksum.h"

#include <endian.h>
#include <string.h>

static uint64_t mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * 0x9E3779B97F4A7C15u; /* odd, so that the step is reversible */
	return sum ^ sum >> 32;
}

static uint64_t load(const unsigned char *at, size_t length)
{
	uint64_t word = 0;
	memcpy(&word, at, length);
	return le64toh(word);
}

uint64_t checksum(uint64_t seed, const void *bytes, size_t length)
{
	const unsigned char *at = bytes, *end = at + length;
	uint64_t sum = mix(seed, length);
	for (; end - at >= 8; at += 8)
		sum = mix(sum, load(at, 8));
	return at < end ? mix(sum, load(at, (size_t)(end - at))) : sum;
}
