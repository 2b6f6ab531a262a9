/* the error text in the answer of a registry or its token server */
#include "net/registry_internal.h"

#include "format/json.h"

enum {
	WORDS = 300,             /* bytes in a message */
	WORDS_LIMIT = 64 * 1024, /* bytes read */
};

/* {"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}; proxies: anything. */
const char *registry_words(struct arena *arena, const struct http_response *response)
{
	json_t *json = NULL;
	span words = span_trim(buffer_span(&response->body)), first, rest;
	const char *text = "";
	if (json_parse(words, WORDS_LIMIT, "", &json, NULL) >= 0 && json_is_object(json)) {
		const json_t *entry = json_array_get(json_list(json, "errors"), 0);
		const char *code = json_text(entry, "code"), *message = json_text(entry, "message");
		if (!*code && !*message) /* token servers use other fields */
			message = *json_text(json, "details") ? json_text(json, "details") : json_text(json, "message");
		text = arena_format(arena, "%.60s%s%.*s", code, *code && *message ? ": " : "", WORDS, message);
	} else if (words.len && words.ptr[0] != '<') {
		span_cut(words, '\n', &first, &rest);
		text = arena_format(arena, "%.*s", (int)(first.len > WORDS ? WORDS : first.len), first.ptr);
	}
	json_decref(json);
	return text ? text : "";
}
