/* signatures of files: minisign's (https://jedisct1.github.io/minisign/), and those that cosign makes with a key
 *
 * minisign: a public key is base64 of "Ed" number(8) key(32), below a comment line. A signature file has four lines:
 *
 *	untrusted comment: …
 *	base64 of "ED" number(8) signature(64) of the file's BLAKE2b-512; "Ed": of the file itself
 *	trusted comment: …
 *	base64 of a signature(64) of the first signature and the trusted comment
 *
 * and a secret key is base64 of "Ed" kdf "B2" salt(32) opslimit(8) memlimit(8) and, XORed with a stream from the password by
 * scrypt, number(8) secret(64) checksum(32). Both halves of `secret` are Ed25519's seed and public key. */
#include "format/signature.h"

#include "format/base64.h"
#include "tarsier_share.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER = 8, KEY = 32, SIGNATURE = 64, HASH = 64, SECRET_SIZE = 158, TEXT_LIMIT = 64 * 1024 };

/* ---- pieces ---------------------------------------------------------------------------------------------------------- */

static bool blake2b(span bytes, unsigned char hash[HASH])
{
	unsigned length = HASH;
	return EVP_Digest(bytes.ptr, bytes.len, hash, &length, EVP_blake2b512(), NULL);
}

static bool verifies(EVP_PKEY *key, const EVP_MD *digest, span signature, span bytes)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context && EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1 &&
	            EVP_DigestVerify(context, (const unsigned char *)signature.ptr, signature.len, (const unsigned char *)bytes.ptr,
	                             bytes.len) == 1;
	EVP_MD_CTX_free(context);
	return good;
}

static bool ed25519_verifies(span key, span signature, span bytes)
{
	EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)key.ptr, key.len);
	bool good = pkey && verifies(pkey, NULL, signature, bytes);
	EVP_PKEY_free(pkey);
	return good;
}

static bool ed25519_sign(const unsigned char *seed, span bytes, unsigned char signature[SIGNATURE])
{
	size_t length = SIGNATURE;
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, KEY);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool done = key && context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
	            EVP_DigestSign(context, signature, &length, (const unsigned char *)bytes.ptr, bytes.len) == 1 && length == SIGNATURE;
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	return done;
}

/* The lines of a file, without line ends; false if there are fewer. */
static bool take_lines(span text, span *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!span_next(&text, '\n', &lines[i]))
			return false;
		if (lines[i].len && lines[i].ptr[lines[i].len - 1] == '\r')
			lines[i].len--;
	}
	return true;
}

static span part(span bytes, size_t from, size_t length)
{
	return (span){bytes.ptr + from, length};
}

/* ---- minisign: verifying ------------------------------------------------------------------------------------------------ */

/* The key may stand alone or below its comment. */
static bool read_public_key(struct arena *arena, span text, span *key)
{
	span lines[2];
	span encoded = take_lines(text, lines, 2) && span_starts(lines[0], "untrusted comment:") ? lines[1] : span_trim(text);
	return base64_decode(arena, span_trim(encoded), key) && key->len == 2 + NUMBER + KEY && span_starts(*key, "Ed");
}

static int wrong(struct tarsier_error *error, const char *what)
{
	return error_set(error, TARSIER_DIGEST, "the signature is wrong: %s", what);
}

static int check_trusted(struct arena *arena, span key, span first, span comment_line, span last_line, char *comment, size_t size,
                         struct tarsier_error *error)
{
	span global, trusted = span_from(comment_line, strlen("trusted comment: "));
	char *signed_text = arena_array(arena, first.len + trusted.len + 1, 1);
	if (!signed_text)
		return error_memory(error);
	memcpy(signed_text, first.ptr, first.len);
	memcpy(signed_text + first.len, trusted.ptr, trusted.len);
	if (!span_starts(comment_line, "trusted comment: ") || !base64_decode(arena, span_trim(last_line), &global) ||
	    global.len != SIGNATURE || !ed25519_verifies(key, global, (span){signed_text, first.len + trusted.len}))
		return wrong(error, "its trusted comment is not the signer's");
	snprintf(comment, size, "%.*s", (int)(trusted.len < size ? trusted.len : size - 1), trusted.ptr);
	return TARSIER_OK;
}

static int minisign_verify(struct arena *arena, span key, span signature, span bytes, char *comment, size_t size,
                           struct tarsier_error *error)
{
	span lines[4], packed;
	unsigned char hash[HASH];
	if (!take_lines(signature, lines, 4) || !base64_decode(arena, span_trim(lines[1]), &packed) ||
	    packed.len != 2 + NUMBER + SIGNATURE || (!span_starts(packed, "ED") && !span_starts(packed, "Ed")))
		return error_set(error, TARSIER_FORMAT, "not a signature of minisign's");
	if (!span_equal(part(packed, 2, NUMBER), part(key, 2, NUMBER)))
		return wrong(error, "it was made with another key");
	span raw = part(key, 2 + NUMBER, KEY), first = part(packed, 2 + NUMBER, SIGNATURE), message = bytes;
	if (span_starts(packed, "ED")) {
		if (!blake2b(bytes, hash))
			return error_memory(error);
		message = (span){(const char *)hash, HASH};
	}
	if (!ed25519_verifies(raw, first, message))
		return wrong(error, "what was signed is another text");
	return check_trusted(arena, raw, first, lines[2], lines[3], comment, size, error);
}

/* ---- cosign: verifying --------------------------------------------------------------------------------------------------- */

/* Base64 of an ECDSA signature over the SHA-256, or of an Ed25519 signature, by a PEM public key. */
static int pem_verify(struct arena *arena, span pem, span signature, span bytes, struct tarsier_error *error)
{
	span raw;
	BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	int code = TARSIER_OK;
	if (!key)
		code = error_set(error, TARSIER_FORMAT, "not a public key: neither minisign's nor PEM");
	else if (!base64_decode(arena, span_trim(signature), &raw))
		code = error_set(error, TARSIER_FORMAT, "the signature is not valid base64");
	else if (!verifies(key, EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256(), raw, bytes))
		code = wrong(error, "what was signed is another text, or it was made with another key");
	EVP_PKEY_free(key);
	BIO_free(bio);
	return code;
}

int signature_verify(span key, span signature, span bytes, char *comment, size_t size, struct tarsier_error *error)
{
	struct arena arena;
	span minisign;
	arena_init(&arena, NULL);
	if (size)
		*comment = '\0';
	int code;
	if (key.len > TEXT_LIMIT || signature.len > TEXT_LIMIT)
		code = error_set(error, TARSIER_LIMIT, "a key or a signature of more than %d bytes", TEXT_LIMIT);
	else
		code = read_public_key(&arena, key, &minisign)
			? minisign_verify(&arena, minisign, signature, bytes, comment, size, error)
			: pem_verify(&arena, key, signature, bytes, error);
	arena_free(&arena);
	return code;
}

/* ---- minisign: signing ------------------------------------------------------------------------------------------------- */

static uint64_t little(const char *bytes)
{
	uint64_t number = 0;
	for (int i = 7; i >= 0; i--)
		number = number << 8 | (unsigned char)bytes[i];
	return number;
}

/* scrypt's parameters as libsodium derives them from the limits (pickparams of crypto_pwhash_scryptsalsa208sha256): r is 8. */
static void scrypt_parameters(uint64_t opslimit, uint64_t memlimit, uint64_t *n, uint64_t *p)
{
	const uint64_t r = 8;
	unsigned log = 1;
	opslimit = opslimit < 32768 ? 32768 : opslimit;
	uint64_t most = opslimit < memlimit / 32 ? opslimit / (r * 4) : memlimit / (r * 128);
	while (log < 63 && ((uint64_t)1 << log) <= most / 2)
		log++;
	*n = (uint64_t)1 << log;
	*p = 1;
	if (opslimit >= memlimit / 32) {
		uint64_t rounds = opslimit / 4 / *n;
		*p = (rounds > 0x3fffffff ? 0x3fffffff : rounds) / r;
		*p = *p ? *p : 1;
	}
}

/* The key's stream: minisign's own uses 1 GiB. */
static bool open_secret(span packed, const char *password, unsigned char secret[NUMBER + 2 * KEY + KEY])
{
	enum { LENGTH = NUMBER + 2 * KEY + KEY };
	unsigned char stream[LENGTH];
	uint64_t n, p;
	memcpy(secret, packed.ptr + SECRET_SIZE - LENGTH, LENGTH);
	if (span_starts(span_from(packed, 2), "Sc")) {
		scrypt_parameters(little(packed.ptr + 38), little(packed.ptr + 46), &n, &p);
		if (!password || EVP_PBE_scrypt(password, strlen(password), (const unsigned char *)packed.ptr + 6, 32, n, 8, p,
		                                (uint64_t)4 << 30, stream, LENGTH) != 1)
			return false;
		for (size_t i = 0; i < LENGTH; i++)
			secret[i] ^= stream[i];
		OPENSSL_cleanse(stream, sizeof stream);
	}
	return true;
}

/* BLAKE2b-256 of "Ed" number secret: OpenSSL has no BLAKE2b of that length, so what is compared is the public half. */
static bool secret_is_right(const unsigned char *secret)
{
	unsigned char public[KEY];
	size_t length = KEY;
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret + NUMBER, KEY);
	bool same = key && EVP_PKEY_get_raw_public_key(key, public, &length) == 1 && memcmp(public, secret + NUMBER + KEY, KEY) == 0;
	EVP_PKEY_free(key);
	return same;
}

static char *write_signature(struct arena *arena, const unsigned char *secret, span bytes, const char *comment)
{
	unsigned char hash[HASH], packed[2 + NUMBER + SIGNATURE] = "ED", global[SIGNATURE];
	size_t length = strlen(comment);
	char *signed_text = arena_array(arena, SIGNATURE + length + 1, 1);
	memcpy(packed + 2, secret, NUMBER);
	if (!signed_text || !blake2b(bytes, hash) ||
	    !ed25519_sign(secret + NUMBER, (span){(const char *)hash, HASH}, packed + 2 + NUMBER))
		return NULL;
	memcpy(signed_text, packed + 2 + NUMBER, SIGNATURE);
	memcpy(signed_text + SIGNATURE, comment, length);
	if (!ed25519_sign(secret + NUMBER, (span){signed_text, SIGNATURE + length}, global))
		return NULL;
	const char *first = base64_encode(arena, (span){(const char *)packed, sizeof packed});
	const char *last = base64_encode(arena, (span){(const char *)global, sizeof global});
	return first && last ? arena_format(arena, "untrusted comment: signature from tarsier\n%s\ntrusted comment: %s\n%s\n", first,
	                                    comment, last) : NULL;
}

int signature_make(struct arena *arena, span key, const char *password, span bytes, const char *comment, char **signature,
                   struct tarsier_error *error)
{
	span lines[2], packed;
	unsigned char secret[NUMBER + 2 * KEY + KEY];
	*signature = NULL;
	if (strpbrk(comment, "\r\n"))
		return error_set(error, TARSIER_USAGE, "a trusted comment is one line");
	if (key.len > TEXT_LIMIT || !take_lines(key, lines, 2) || !base64_decode(arena, span_trim(lines[1]), &packed) ||
	    packed.len != SECRET_SIZE || !span_starts(packed, "Ed"))
		return error_set(error, TARSIER_FORMAT, "not a secret key of minisign's");
	if (span_starts(span_from(packed, 2), "Sc") && !password)
		return error_set(error, TARSIER_USAGE, "the secret key is protected by a password, and there is none");
	bool opened = open_secret(packed, password, secret) && secret_is_right(secret);
	if (opened)
		*signature = write_signature(arena, secret, bytes, comment);
	OPENSSL_cleanse(secret, sizeof secret);
	if (!opened)
		return error_set(error, TARSIER_USAGE, "the password does not open the secret key, or the key is damaged");
	return *signature ? TARSIER_OK : error_memory(error);
}

/* ---- tarsier_share.h ------------------------------------------------------------------------------------------------ */

int tarsier_verify(const char *key, const char *signature, const char *text, size_t length, char *comment, size_t comment_size,
                   struct tarsier_error *error)
{
	struct tarsier_error own;
	return signature_verify(span_of(key), span_of(signature), (span){text, length}, comment, comment_size, error_or(error, &own));
}

int tarsier_sign(const char *key, const char *password, const char *text, size_t length, const char *comment, char **signature,
                 struct tarsier_error *error)
{
	struct tarsier_error own;
	struct arena arena;
	char *made;
	error = error_or(error, &own);
	*signature = NULL;
	arena_init(&arena, NULL);
	int code = signature_make(&arena, span_of(key), password, (span){text, length}, comment, &made, error);
	if (code >= 0 && !(*signature = strdup(made)))
		code = error_memory(error);
	arena_free(&arena);
	return code;
}
