/* advisories of the host's own, beside the database: a small database that lives as long as the engine */
#include "match/match.h"
#include "scan/scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* An advisory that cannot be read must not be missed: the first complaint ends the opening. */
static void on_input(void *user, const char *input, const char *feed, uint64_t records, const char *message)
{
	char *complaint = user;
	(void)feed, (void)records;
	if (message && !*complaint)
		snprintf(complaint, sizeof((struct tarsier_error *)0)->message, "%s: %s", input, message);
}

static int import(const char *path, const char *const *files, struct tarsier_error *error)
{
	char complaint[sizeof error->message] = "";
	struct tarsier_import_options options;
	size_t count = 0;
	while (files[count])
		count++;
	tarsier_import_options_init(&options);
	options.on_input = on_input;
	options.user = complaint;
	int code = tarsier_import(path, files, count, &options, NULL, error);
	if (code >= 0 && *complaint)
		return error_set(error, TARSIER_FORMAT, "own advisories: %s", complaint);
	return code;
}

static int make_folder(struct tarsier_engine *engine, struct tarsier_error *error)
{
	const char *place = getenv("TMPDIR");
	engine->own_folder = arena_format(&engine->arena, "%s/tarsier-XXXXXX", place && *place ? place : "/tmp");
	if (!engine->own_folder)
		return error_memory(error);
	if (mkdtemp(engine->own_folder))
		return TARSIER_OK;
	int code = error_errno(error, errno, "making a folder in %s", place && *place ? place : "/tmp");
	engine->own_folder = NULL;
	return code;
}

int own_advisories_open(struct tarsier_engine *engine, struct tarsier_error *error)
{
	const char *const *files = engine->config.advisories;
	if (!files || !files[0])
		return TARSIER_OK;
	int code = make_folder(engine, error);
	if (code < 0)
		return code;
	engine->own_path = arena_format(&engine->arena, "%s/advisories.db", engine->own_folder);
	code = engine->own_path ? import(engine->own_path, files, error) : error_memory(error);
	return code < 0 ? code : database_open(engine->own_path, &engine->own, error);
}

void own_advisories_close(struct tarsier_engine *engine)
{
	database_close(engine->own);
	if (engine->own_path)
		unlink(engine->own_path);
	if (engine->own_folder)
		rmdir(engine->own_folder);
}

/* ---- matching ---------------------------------------------------------------------------------------------------- */

static bool is_same(const struct tarsier_finding *a, const struct tarsier_finding *b)
{
	return a->package_index == b->package_index && strcmp(a->id, b->id) == 0;
}

/* A finding of the host's own replaces that of the database. */
static size_t drop_replaced(struct tarsier_finding *findings, size_t count, const struct finding_list *own)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		bool replaced = false;
		for (size_t k = 0; k < own->count && !replaced; k++)
			replaced = is_same(&findings[i], &own->items[k]);
		if (!replaced)
			findings[kept++] = findings[i];
	}
	return kept;
}

int own_advisories_match(struct scan *scan, struct finding_list *findings)
{
	struct tarsier_report *report = scan->report;
	struct finding_list own = {.items = NULL};
	if (!scan->engine->own)
		return TARSIER_OK;
	int code = match_packages(scan->engine->own, &report->arena, report->packages, report->package_count,
	                          scan->engine->config.severity_sources, &scan->cancelled, &own, scan->error);
	if (code < 0 || !own.count)
		return code;
	struct tarsier_finding *all = arena_array(&report->arena, findings->count + own.count, sizeof *all);
	if (!all)
		return error_memory(scan->error);
	size_t count = drop_replaced(findings->items, findings->count, &own);
	if (count)
		memcpy(all, findings->items, count * sizeof *all);
	memcpy(all + count, own.items, own.count * sizeof *all);
	findings->items = all;
	findings->count = count + own.count;
	match_sort(all, findings->count);
	return TARSIER_OK;
}
