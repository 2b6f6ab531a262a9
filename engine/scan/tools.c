/* tarsier.h's functions that are called before a scan */
#include "base/config.h"
#include "base/suggest.h"
#include "net/container_engine.h"
#include "net/registry_name.h"
#include "scan/scan.h"

#include <stdio.h>
#include <string.h>

const char *tarsier_suggest(const char *typed, const char *const *words)
{
	struct suggestion suggestion = {.typed = span_of(typed)};
	for (; *words; words++)
		suggestion_offer(&suggestion, span_of(*words));
	return suggestion.word.len ? suggestion.word.ptr : NULL; /* one of the host's own words */
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

static int find_in_engine(struct arena *arena, const char *name, const char *ca_file, struct engine_image *image,
                          struct tarsier_error *error)
{
	struct container_engine engine;
	struct registry_name parsed;
	int code = registry_name_parse(arena, span_of(name), &parsed, error);
	if (code >= 0)
		code = container_engine_find(arena, NULL, ca_file, &engine, error);
	if (code >= 0)
		code = container_engine_ping(&engine, error);
	return code < 0 ? code : container_engine_image(&engine, arena, name, image, error);
}

int tarsier_engine_image(const char *name, const char *ca_file, char *reference, size_t size, struct tarsier_error *error)
{
	struct arena arena;
	struct engine_image image;
	struct tarsier_error own;
	error = error_or(error, &own);
	arena_init(&arena, NULL);
	int code = find_in_engine(&arena, name, ca_file, &image, error);
	if (code >= 0 && (size_t)snprintf(reference, size, "docker-daemon:%s", image.name) >= size)
		code = error_set(error, TARSIER_LIMIT, "%s: the image's name in the engine has more than %zu bytes", name, size);
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
		return error_set(error, TARSIER_USAGE, "tarsier_clair_ask: the config has no Clair address");
	struct clair_config clair = scan_clair_config(&whole);
	if ((code = clair_status(&clair, &found, error)) < 0)
		return code;
	status->generation = found.generation;
	status->ready = found.ready;
	snprintf(status->detail, sizeof status->detail, "%s", found.detail);
	return TARSIER_OK;
}
