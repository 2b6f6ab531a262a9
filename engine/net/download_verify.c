/* verifies a downloaded file by the digest that the server sent with it */
#include "net/download.h"

#include "format/base64.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

/* Where servers put a digest of the file, in base64: Content-MD5 (RFC 1864), Repr-Digest (RFC 9530: "sha-256=:…:"), Digest
 * (RFC 3230: "SHA-256=…"), and X-Goog-Hash of Google's storage, which OSV's feeds come from ("crc32c=…,md5=…"). */
static const struct sent {
	const char *header, *key, *algorithm;
} sent[] = {
	{"Repr-Digest", "sha-256=:", "SHA256"}, {"Digest", "SHA-256=", "SHA256"}, {"X-Goog-Hash", "md5=", "MD5"}, {"Content-MD5", "", "MD5"},
};

/* The value after `key`, up to a comma or a colon; empty if there is none. A header may come several times. */
static span find_value(const struct http_response *response, const struct sent *one)
{
	span rest = buffer_span(&response->headers), line, name, value, part;
	size_t length = strlen(one->key);
	while (span_next(&rest, '\n', &line)) {
		if (!span_cut(line, ':', &name, &value) || !span_is_nocase(span_trim(name), one->header))
			continue;
		while (span_next(&value, ',', &part)) {
			part = span_trim(part);
			if (part.len > length && span_is_nocase((span){part.ptr, length}, one->key)) {
				span end, after;
				part = span_from(part, length);
				return span_cut(part, ':', &end, &after) ? end : part;
			}
		}
	}
	return SPAN("");
}

static int digest_fd(int fd, const char *algorithm, unsigned char *digest, unsigned *length, struct tarsier_error *error)
{
	static const size_t BLOCK = 65536;
	char block[65536];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_MD *kind = EVP_MD_fetch(NULL, algorithm, NULL); /* absent where policy forbids MD5 */
	off_t at = 0;
	ssize_t got = 1;
	bool done = context && kind && EVP_DigestInit_ex(context, kind, NULL);
	while (done && (got = pread(fd, block, BLOCK, at)) > 0) {
		at += got;
		done = EVP_DigestUpdate(context, block, (size_t)got);
	}
	int number = errno;
	*length = 0;
	if (done && got == 0 && !EVP_DigestFinal_ex(context, digest, length))
		*length = 0;
	EVP_MD_free(kind);
	EVP_MD_CTX_free(context);
	return got < 0 ? error_errno(error, number, "reading a download") : TARSIER_OK;
}

int download_verify(int fd, const char *url, const struct http_response *response, struct tarsier_error *error)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length;
	struct arena arena;
	int code = TARSIER_OK;
	arena_init(&arena, NULL);
	for (size_t i = 0; i < sizeof sent / sizeof *sent && code >= 0; i++) {
		span value = find_value(response, &sent[i]), bytes;
		if (!value.len || !base64_decode(&arena, value, &bytes))
			continue;
		code = digest_fd(fd, sent[i].algorithm, digest, &length, error);
		if (code >= 0 && length && !span_equal(bytes, (span){(const char *)digest, length}))
			code = error_set(error, TARSIER_DIGEST, "%s: the file is not the one whose %s the server sent: it was altered or damaged on "
			                 "its way", url, sent[i].algorithm);
	}
	arena_free(&arena);
	return code;
}
