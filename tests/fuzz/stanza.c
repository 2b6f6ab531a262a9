/* Fields lie inside the text, and reading always ends. */
#include "format/stanza.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(span part, span all)
{
	if (part.len > 0 && (part.ptr < all.ptr || part.ptr + part.len > all.ptr + all.len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	span all = {(const char *)data, size}, rest = all;
	struct field field;
	size_t fields = 0;
	while (stanza_more(&rest)) {
		size_t before = rest.len;
		while (stanza_field(&rest, &field)) {
			check_inside(field.key, all);
			check_inside(field.value, all);
			if (field.key.len == 0 || span_find(field.key, '\n') >= 0 || ++fields > size)
				abort();
		}
		if (rest.len >= before)
			abort();
	}
	return 0;
}
