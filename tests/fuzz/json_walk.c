/* A walk ends; what it accepts jansson accepts, but for bytes inside strings, and the other way round. */
#include "format/json.h"
#include "format/json_walk.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* jansson also rejects text that is not UTF-8, "\u0000" in a key, halves of surrogate pairs, and numbers that are too
 * large, and it counts levels and values. It skips a NUL after a number. */
static bool is_comparable(span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!text.ptr[i] || (unsigned char)text.ptr[i] >= 0x80 || text.ptr[i] == '\\' || text.ptr[i] == 'e' || text.ptr[i] == 'E')
			return false;
	return text.len < 150;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size ? size : 1);
	memcpy(exact, data, size);
	span text = {exact, size}, key, value;
	struct tarsier_error error, reason;
	struct json_walk walk;
	struct arena arena;
	arena_init(&arena, NULL);
	json_walk_begin(&walk, text);
	while (json_walk_next(&walk, &key, &value)) {
		json_walk_key_is(key, "name");
		if (json_walk_string(&arena, value).len > value.len)
			abort();
	}
	int code = json_walk_result(&walk, "fuzz", &error);
	if (is_comparable(text)) {
		json_t *json;
		int other = json_parse(text, 1 << 16, "fuzz", &json, &reason);
		bool huge = other == TARSIER_FORMAT && strstr(reason.message, "too big");
		if ((code < 0) != (other < 0) && !huge)
			abort();
		json_decref(json);
	}
	arena_free(&arena);
	free(exact);
	return 0;
}
