/* signatures: keys, signatures and signed envelopes of any bytes */
#include "format/envelope.h"
#include "format/signature.h"

#include <stddef.h>
#include <stdint.h>

static const char minisign_key[] = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

static const char pem_key[] = "-----BEGIN PUBLIC KEY-----\n"
                              "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tarsier_error error;
	char comment[64];
	span bytes = {(const char *)data, size}, key, signature;
	signature_verify(span_of(minisign_key), bytes, SPAN("text"), comment, sizeof comment, &error);
	span_cut(bytes, '|', &key, &signature);
	signature_verify(key, signature, SPAN("text"), comment, sizeof comment, &error);
	struct arena arena;
	char *made;
	arena_init(&arena, NULL);
	signature_make(&arena, bytes, NULL, SPAN("text"), "comment", &made, &error);
	const char *const keys[] = {pem_key, minisign_key, NULL};
	int number;
	envelope_open(&arena, bytes, keys, &key, &number, &error);
	arena_free(&arena);
	return 0;
}
