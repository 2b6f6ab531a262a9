#include "format/base64.h"

#include <openssl/evp.h>
#include <string.h>

static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : -1;
}

bool base64_decode(struct arena *arena, span text, span *bytes)
{
	for (unsigned padding = 0; padding < 2 && text.len && text.ptr[text.len - 1] == '='; padding++)
		text.len--;
	unsigned char *out = arena_alloc(arena, text.len / 4 * 3 + 3);
	size_t length = 0;
	uint32_t bits = 0;
	if (!out || text.len % 4 == 1)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		int value = value_of(text.ptr[i]);
		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		if (i % 4)
			out[length++] = (unsigned char)(bits >> (6 - i % 4 * 2));
	}
	*bytes = (span){(const char *)out, length};
	return true;
}

char *base64_encode(struct arena *arena, span bytes)
{
	unsigned char *out = bytes.len <= INT32_MAX / 2 ? arena_alloc(arena, bytes.len / 3 * 4 + 5) : NULL;
	if (out)
		EVP_EncodeBlock(out, (const unsigned char *)bytes.ptr, (int)bytes.len);
	return (char *)out;
}

char *base64_encode_url(struct arena *arena, span bytes)
{
	char *out = base64_encode(arena, bytes);
	for (char *c = out; c && *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	if (out)
		out[strcspn(out, "=")] = '\0';
	return out;
}
