#include "format/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static const struct algorithm {
	const char *prefix;
	size_t digits; /* hexadecimal */
	const EVP_MD *(*md)(void);
} algorithms[] = {
	{"sha256:", 64, EVP_sha256},
	{"sha512:", 128, EVP_sha512},
};
enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

struct hasher {
	EVP_MD_CTX *context;
	const struct algorithm *algorithm;
};

bool digest_is_empty(const struct digest *digest)
{
	return digest->text[0] == '\0';
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
	return strcmp(a->text, b->text) == 0;
}

static const struct algorithm *algorithm_of(span text)
{
	for (size_t i = 0; i < ALGORITHMS; i++)
		if (span_starts(text, algorithms[i].prefix))
			return &algorithms[i];
	return NULL;
}

static bool is_hex(span text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return false;
	}
	return true;
}

/* OCI image-spec, descriptor.md:
 *
 *	digest    ::= algorithm ":" encoded
 *	algorithm ::= component (separator component)*    component ::= [a-z0-9]+    separator ::= [+._-]
 *	encoded   ::= [a-zA-Z0-9=_-]+
 */
static bool is_algorithm_name(span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool inner = i > 0 && i + 1 < name.len && memchr("+._-", c, 4);
		if (!inner && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z'))
			return false;
	}
	return name.len > 0;
}

int digest_parse(span text, struct digest *digest, struct tarsier_error *error)
{
	digest->text[0] = '\0';
	const struct algorithm *algorithm = algorithm_of(text);
	span name, encoded;
	bool cut = span_cut(text, ':', &name, &encoded);
	if (!algorithm && cut && is_algorithm_name(name))
		return error_set(error, TARSIER_UNSUPPORTED, "digest algorithm %.*s: only sha256 and sha512 are supported",
		                 SPAN_ARG(name));
	if (!algorithm || encoded.len != algorithm->digits || !is_hex(encoded))
		return error_set(error, TARSIER_FORMAT,
		                 "\"%.*s\" is not a digest: use sha256: and 64, or sha512: and 128, lower-case hex digits",
		                 SPAN_ARG(text));
	memcpy(digest->text, text.ptr, text.len);
	digest->text[text.len] = '\0';
	return TARSIER_OK;
}

int hasher_new(const struct digest *like, struct hasher **hasher, struct tarsier_error *error)
{
	*hasher = NULL;
	const struct algorithm *algorithm = &algorithms[0];
	if (like && !digest_is_empty(like))
		algorithm = algorithm_of(span_of(like->text));
	if (!algorithm)
		return error_set(error, TARSIER_UNSUPPORTED, "%s: this digest's algorithm is not supported", like->text);
	struct hasher *made = calloc(1, sizeof *made);
	if (!made)
		return error_memory(error);
	made->algorithm = algorithm;
	made->context = EVP_MD_CTX_new();
	if (!made->context || !EVP_DigestInit_ex(made->context, algorithm->md(), NULL)) {
		hasher_free(made);
		return error_memory(error);
	}
	*hasher = made;
	return TARSIER_OK;
}

int hasher_add(struct hasher *hasher, const void *data, size_t length)
{
	if (length == 0)
		return TARSIER_OK;
	return EVP_DigestUpdate(hasher->context, data, length) ? TARSIER_OK : TARSIER_MEMORY;
}

int hasher_finish(struct hasher *hasher, struct digest *digest, struct tarsier_error *error)
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int length = 0;
	digest->text[0] = '\0';
	if (!EVP_DigestFinal_ex(hasher->context, bytes, &length))
		return error_memory(error);
	char *out = stpcpy(digest->text, hasher->algorithm->prefix);
	for (unsigned int i = 0; i < length; i++) {
		*out++ = "0123456789abcdef"[bytes[i] >> 4];
		*out++ = "0123456789abcdef"[bytes[i] & 15];
	}
	*out = '\0';
	return TARSIER_OK;
}

void hasher_free(struct hasher *hasher)
{
	if (!hasher)
		return;
	EVP_MD_CTX_free(hasher->context);
	free(hasher);
}

/* Hashes with the algorithm of the given digest; SHA-256 if there is no digest. */
static int measure(span bytes, struct digest *digest, struct tarsier_error *error)
{
	struct hasher *hasher = NULL;
	struct digest like = *digest;
	int result = hasher_new(&like, &hasher, error);
	if (result >= 0 && hasher_add(hasher, bytes.ptr, bytes.len) < 0)
		result = error_memory(error);
	if (result >= 0)
		result = hasher_finish(hasher, digest, error);
	hasher_free(hasher);
	return result;
}

int digest_check(span bytes, const struct digest *digest, uint64_t size, struct tarsier_error *error)
{
	struct digest found = *digest;
	if (size != UINT64_MAX && bytes.len != size)
		return error_set(error, TARSIER_DIGEST, "%s: size mismatch: got %zu bytes, expected %llu", digest->text,
		                 bytes.len, (unsigned long long)size);
	int result = measure(bytes, &found, error);
	if (result < 0)
		return result;
	if (!digest_equal(digest, &found))
		return error_set(error, TARSIER_DIGEST, "%s: digest mismatch: the content has %s", digest->text,
		                 found.text);
	return TARSIER_OK;
}

int digest_of(span bytes, struct digest *digest, struct tarsier_error *error)
{
	digest->text[0] = '\0';
	return measure(bytes, digest, error);
}
