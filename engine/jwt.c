#include "jwt.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <string.h>

enum {
	LEEWAY = 60,       /* seconds: clocks differ, and a token that is seen is of little use after */
	KEY_LIMIT = 4096,  /* bytes in base64: Clair's own are 44 */
	SIGNATURE = 32,
};

/* ---- base64 ------------------------------------------------------------------------------------------------------ */

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

/* Section 5's alphabet, unpadded, as RFC 7515 wants it. */
static char *encode(struct arena *arena, span bytes)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const unsigned char *in = (const unsigned char *)bytes.ptr;
	char *out = arena_alloc(arena, bytes.len / 3 * 4 + 5);
	size_t length = 0;
	for (size_t i = 0; out && i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		uint32_t bits = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
		for (size_t j = 0; j < 4 && j <= left; j++)
			out[length++] = letters[bits >> (18 - 6 * j) & 63];
	}
	return out;
}

/* ---- the token --------------------------------------------------------------------------------------------------- */

static char *claims(struct arena *arena, const char *issuer, int64_t now)
{
	json_int_t at = now;
	json_t *json = json_pack("{s:s, s:I, s:I, s:I}", "iss", issuer, "iat", at, "nbf", at - LEEWAY, "exp", at + LEEWAY);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	char *encoded = text ? encode(arena, span_of(text)) : NULL;
	free(text);
	json_decref(json);
	return encoded;
}

static char *sign(struct arena *arena, span key, const char *text)
{
	unsigned char signature[SIGNATURE];
	unsigned length = sizeof signature;
	if (!HMAC(EVP_sha256(), key.ptr, (int)key.len, (const unsigned char *)text, strlen(text), signature, &length))
		return NULL;
	return encode(arena, (span){(const char *)signature, length});
}

int jwt_sign(struct arena *arena, span key, const char *issuer, int64_t now, char **token, struct tarsier_error *error)
{
	struct arena secret;
	span bytes;
	arena_init(&secret, &arena->allocator);
	key = span_trim(key);
	int code = TARSIER_OK;
	if (key.len > KEY_LIMIT || !base64_decode(&secret, key, &bytes) || !bytes.len) {
		code = error_set(error, TARSIER_USAGE,
		                 "Clair's key is no base64 text: give auth.psk.key as its configuration has it");
	} else {
		char *header = encode(&secret, SPAN("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"));
		char *body = claims(&secret, issuer, now);
		char *text = body && header ? arena_format(&secret, "%s.%s", header, body) : NULL;
		char *signature = text ? sign(&secret, bytes, text) : NULL;
		*token = signature ? arena_format(arena, "%s.%s", text, signature) : NULL;
		code = *token ? TARSIER_OK : error_memory(error);
		OPENSSL_cleanse((void *)(uintptr_t)bytes.ptr, bytes.len);
	}
	arena_free(&secret);
	return code;
}
