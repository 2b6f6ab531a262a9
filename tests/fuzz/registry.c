/* Names of images in registries, and the headers in which a registry asks for a log-in. */
#include "net/registry_challenge.h"
#include "net/registry_name.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_name(struct arena *arena, span text)
{
	struct registry_name name, again;
	bool has_domain = registry_name_has_domain(text);
	int code = registry_name_parse(arena, text, &name, NULL);
	if (has_domain && code && span_find(text, '@') < 0)
		abort(); /* it is a good name, but for its digest */
	if (code)
		return;
	if (registry_name_parse(arena, span_of(name.familiar), &again, NULL) || !span_is(span_of(again.host), name.host) ||
	    !span_is(span_of(again.path), name.path))
		abort(); /* as docker shows it, it is the same image */
}

static void read_challenge(struct arena *arena, span text)
{
	struct http_response refusal = {.status = 401};
	struct registry_challenge challenge;
	buffer_init(&refusal.headers, NULL);
	buffer_init(&refusal.body, NULL);
	buffer_add(&refusal.headers, "WWW-Authenticate: ", 18);
	buffer_add(&refusal.headers, text.ptr, text.len);
	if (!registry_challenge_read(arena, &refusal, &challenge) || !challenge.realm || !challenge.service)
		abort();
	http_response_free(&refusal);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	span text = {(const char *)data, size};
	arena_init(&arena, NULL);
	read_name(&arena, text);
	read_challenge(&arena, text);
	arena_free(&arena);
	return 0;
}
