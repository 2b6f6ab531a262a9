/* Five lines: type, namespace, name, version, a qualifier. What comes out needs no more encoding. */
#include "format/purl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	arena_init(&arena, NULL);
	span rest = {(const char *)data, size}, part;
	const char *lines[5] = {"generic", "", "", "", ""};
	for (int i = 0; i < 5 && span_next(&rest, '\n', &part); i++)
		lines[i] = span_copy(&arena, part);
	struct purl_qualifier qualifiers[] = {{"z", lines[4]}, {"a", lines[3]}, {"m", ""}};
	char *purl = purl_write(&arena, "generic", lines[1], lines[2], lines[3], qualifiers, 3);
	if (!purl || strspn(purl, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~:/@?=&%") != strlen(purl))
		abort();
	purl_write(&arena, lines[0], lines[1], lines[2], lines[3], qualifiers, 3);
	arena_free(&arena);
	return 0;
}
