/* DSSE, github.com/secure-systems-lab/dsse, envelope.md and protocol.md:
 *
 *	{ "payload": base64, "payloadType": TYPE, "signatures": [ { "keyid", "sig": base64 } ] }
 *
 * Each signature is over PAE(TYPE, PAYLOAD): "DSSEv1 LENGTH TYPE LENGTH PAYLOAD", lengths in decimal bytes. A bundle (sigstore's
 * protobuf-specs, sigstore_bundle.proto, as JSON) holds the same object as "dsseEnvelope". */
#include "format/envelope.h"

#include "format/base64.h"
#include "format/json.h"
#include "format/signature.h"
#include "tarsier_share.h"

#include <stdlib.h>
#include <string.h>

static const char statement_type[] = "application/vnd.in-toto+json";

/* The bytes that are signed. */
static span signed_bytes(struct arena *arena, const char *type, span payload)
{
	const char *head = arena_format(arena, "DSSEv1 %zu %s %zu ", strlen(type), type, payload.len);
	size_t length = head ? strlen(head) : 0;
	char *text = head ? arena_array(arena, length + payload.len + 1, 1) : NULL;
	if (!text)
		return (span){NULL, 0};
	memcpy(text, head, length);
	memcpy(text + length, payload.ptr, payload.len);
	return (span){text, length + payload.len};
}

/* A key of another kind than the signature's is not an error: the team may have several. */
static int key_of(const json_t *signatures, span bytes, const char *const *keys)
{
	const json_t *one;
	size_t i;
	json_array_foreach(signatures, i, one) {
		span signature = span_of(json_text(one, "sig"));
		for (int k = 0; keys[k]; k++) {
			bool is_pem = strstr(keys[k], "-----BEGIN") != NULL;
			if (is_pem && signature.len && signature_verify(span_of(keys[k]), signature, bytes, NULL, 0, NULL) >= 0)
				return k;
		}
	}
	return -1;
}

static int read_envelope(struct arena *arena, const json_t *envelope, const char *const *keys, span *payload, int *key,
                         struct tarsier_error *error)
{
	const json_t *signatures = json_list(envelope, "signatures");
	const char *type = json_text(envelope, "payloadType"), *encoded = json_text(envelope, "payload");
	if (!*encoded || !*type)
		return error_set(error, TARSIER_FORMAT, "not a signed envelope: it has no payload or no payloadType");
	if (strcmp(type, statement_type) != 0)
		return error_set(error, TARSIER_UNSUPPORTED, "the envelope's payload is not an in-toto statement");
	if (json_array_size(signatures) > ENVELOPE_SIGNATURES)
		return error_set(error, TARSIER_LIMIT, "the envelope has more than %d signatures", ENVELOPE_SIGNATURES);
	if (!base64_decode(arena, span_of(encoded), payload))
		return error_set(error, TARSIER_FORMAT, "the envelope's payload is not valid base64");
	span bytes = signed_bytes(arena, type, *payload);
	if (!bytes.ptr)
		return error_memory(error);
	*key = key_of(signatures, bytes, keys);
	return TARSIER_OK;
}

int envelope_open(struct arena *arena, span text, const char *const *keys, span *payload, int *key, struct tarsier_error *error)
{
	json_t *json = NULL;
	*payload = (span){"", 0};
	*key = -1;
	int code = json_parse_strict(text, ENVELOPE_LIMIT, "envelope", &json, error);
	if (code < 0)
		return code;
	const json_t *inner = json_member(json, "dsseEnvelope");
	code = read_envelope(arena, inner ? inner : json, keys, payload, key, error);
	json_decref(json);
	return code;
}

/* ---- tarsier_share.h ------------------------------------------------------------------------------------------------ */

int tarsier_open_envelope(const char *json, size_t length, const char *const *keys, char **payload, size_t *payload_length, int *key,
                          struct tarsier_error *error)
{
	struct tarsier_error own;
	struct arena arena;
	span decoded;
	error = error_or(error, &own);
	*payload = NULL;
	*payload_length = 0;
	arena_init(&arena, NULL);
	int code = envelope_open(&arena, (span){json, length}, keys, &decoded, key, error);
	if (code >= 0 && !(*payload = malloc(decoded.len + 1)))
		code = error_memory(error);
	if (code >= 0) {
		memcpy(*payload, decoded.ptr, decoded.len);
		(*payload)[decoded.len] = '\0';
		*payload_length = decoded.len;
	}
	arena_free(&arena);
	return code;
}
