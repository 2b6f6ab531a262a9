/* A document is an error with a message, or a value. */
#include "format/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	span text = {(const char *)data, size};
	struct tarsier_error error = {0, ""};
	json_t *json;
	int code = json_parse(text, 1 << 16, "fuzz", &json, &error);
	if ((code < 0) != (json == NULL) || (code < 0 && (error.code != code || !error.message[0])))
		abort();
	json_text(json, "a");
	json_list(json, "a");
	json_member(json, "a");
	json_count(json, "a");
	json_decref(json);
	return 0;
}
