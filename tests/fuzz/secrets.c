/* the search for secrets: any bytes, in pieces of any length */
#include "layer/secrets.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static bool found(void *user, const char *kind, uint64_t offset)
{
	const size_t *size = user;
	if (offset >= *size || !*secret_title(kind))
		abort();
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct secret_search search;
	span rest = {(const char *)data, size};
	size_t length = size ? 1 + data[0] * 7u : 1;
	secret_search_begin(&search, found, &size);
	while (rest.len) {
		span piece = {rest.ptr, rest.len < length ? rest.len : length};
		secret_search_take(&search, piece);
		rest = span_from(rest, piece.len);
	}
	secret_search_end(&search);
	return 0;
}
