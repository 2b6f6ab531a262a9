/* tarsier.h's answers to questions that come before a scan */
#include "base/config.h"
#include "base/suggest.h"
#include "net/registry_name.h"
#include "scan/scan.h"

#include <stdio.h>
#include <string.h>

const char *tarsier_suggest(const char *typed, const char *const *words)
{
	struct suggestion suggestion = {.typed = span_of(typed)};
	for (; *words; words++)
		suggestion_offer(&suggestion, span_of(*words));
	return suggestion.word.len ? suggestion.word.ptr : NULL; /* a whole word of the host's */
}

int tarsier_image_name(const char *text, char *host, size_t size, struct tarsier_error *error)
{
	struct arena arena;
	struct registry_name name;
	struct tarsier_error own;
	arena_init(&arena, NULL);
	int code = registry_name_parse(&arena, span_of(text), &name, error_or(error, &own));
	if (code >= 0 && size)
		snprintf(host, size, "%s", registry_name_has_domain(span_of(text)) ? name.domain : "");
	arena_free(&arena);
	return code;
}

int tarsier_clair_ask(const struct tarsier_config *config, struct tarsier_clair_status *status, struct tarsier_error *error)
{
	struct tarsier_config whole;
	struct tarsier_error own;
	struct clair_status found;
	error = error_or(error, &own);
	*status = (struct tarsier_clair_status){.generation = ""};
	int code = config_take(&whole, sizeof whole, config, "tarsier_config", error);
	if (code < 0)
		return code;
	if (!whole.clair)
		return error_set(error, TARSIER_USAGE, "tarsier_clair_ask: the config names no Clair");
	struct clair_config clair = scan_clair_config(&whole);
	if ((code = clair_status(&clair, &found, error)) < 0)
		return code;
	status->generation = found.generation;
	status->ready = found.ready;
	snprintf(status->detail, sizeof status->detail, "%s", found.detail);
	return TARSIER_OK;
}
