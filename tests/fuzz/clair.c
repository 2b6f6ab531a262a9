/* A vulnerability report of Clair v4, whatever it says, is an error with a message, or records that hold together. */
#include "clair/v4.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct clair_result *result)
{
	for (size_t i = 0; i < result->package_count; i++) {
		const struct tarsier_package *package = &result->packages[i];
		if (!*package->name || !*package->version || !*package->source_name || !*package->purl || package->layer > 1)
			abort();
	}
	for (size_t i = 0; i < result->finding_count; i++) {
		const struct tarsier_finding *finding = &result->findings[i];
		if (finding->package != &result->packages[finding->package_index] || !*finding->id || finding->cvss_score > 10)
			abort();
		for (const char *const *alias = finding->aliases; *alias; alias++)
			if (strcmp(*alias, finding->id) == 0)
				abort();
	}
}

/* In two pieces, as a network would deliver it. */
static int read_report(const struct v4 *v4, span text, struct clair_result *result, struct tarsier_error *error)
{
	struct v4_report report = {.v4 = v4};
	size_t half = text.len / 2;
	int code = v4_report_begin(&report, error);
	if (code >= 0)
		code = v4_report_take(&report, (span){text.ptr, half}, error);
	if (code >= 0)
		code = v4_report_take(&report, span_from(text, half), error);
	if (code >= 0)
		code = v4_report_finish(&report, result, error);
	v4_report_free(&report);
	return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct digest digests[] = {{"sha256:1"}, {"sha256:2"}};
	struct clair_layer layers[] = {{.digest = &digests[0]}, {.digest = &digests[1]}};
	struct clair_config config = {.indexer = "http://clair"};
	struct arena arena;
	struct clair clair = {.config = &config, .arena = &arena};
	struct clair_image image = {.layers = layers, .count = 2};
	struct v4 v4 = {.clair = &clair, .image = &image};
	struct clair_result result = {.packages = NULL};
	struct tarsier_error error = {0, ""};
	arena_init(&arena, NULL);
	arena.limit = size % 2 ? 64 * 1024 * 1024 : size * 37 % 30000 + 1; /* now and then, memory runs out */
	if (read_report(&v4, (span){(const char *)data, size}, &result, &error) >= 0)
		check(&result);
	else if (error.code >= 0 || !error.message[0])
		abort();
	arena_free(&arena);
	return 0;
}
