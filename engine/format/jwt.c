#include "format/jwt.h"

#include "format/base64.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <string.h>

enum {
	LEEWAY = 60,       /* seconds: clocks differ, and an intercepted token expires soon */
	KEY_LIMIT = 4096,  /* bytes in base64: Clair's own are 44 */
	SIGNATURE = 32,
};

/* ---- the token --------------------------------------------------------------------------------------------------- */

static char *claims(struct arena *arena, const char *issuer, int64_t now)
{
	json_int_t at = now;
	json_t *json = json_pack("{s:s, s:I, s:I, s:I}", "iss", issuer, "iat", at, "nbf", at - LEEWAY, "exp", at + LEEWAY);
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
	char *encoded = text ? base64_encode_url(arena, span_of(text)) : NULL;
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
	return base64_encode_url(arena, (span){(const char *)signature, length});
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
		                 "Clair's key is not valid base64: give auth.psk.key of its configuration");
	} else {
		char *header = base64_encode_url(&secret, SPAN("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"));
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
