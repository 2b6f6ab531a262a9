/* A feed's file: what it is, an error with a message, or records whose every string is there. The first byte chooses:
 * the feed alone, or an import of it with a match against what was made of it. */
#include "format/cve_id.h"
#include "match/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[512];

static void remove_folder(void)
{
	char name[600];
	snprintf(name, sizeof name, "%s/f", folder);
	unlink(name);
	snprintf(name, sizeof name, "%s/d", folder);
	unlink(name);
	rmdir(folder);
}

static size_t count_of(const char **list)
{
	size_t count = 0;
	for (; list && list[count]; count++)
		if (strlen(list[count]) == SIZE_MAX)
			abort();
	return count;
}

static int on_advisory(void *user, const struct advisory *advisory, struct tarsier_error *error)
{
	(void)user, (void)error;
	if (!*advisory->id)
		abort();
	const char *texts[] = {advisory->summary, advisory->details, advisory->url, advisory->published, advisory->modified,
	                       NULL};
	if (count_of(texts) != 5)
		abort();
	count_of(advisory->aliases);
	count_of(advisory->cvss);
	count_of(advisory->references);
	for (size_t i = 0; i < advisory->affected_count; i++) {
		const struct affected *affected = &advisory->affected[i];
		const char *names[] = {affected->ecosystem, affected->name, NULL}; /* stage.c reports what is none */
		if (count_of(names) != 2)
			abort();
		count_of(affected->versions);
		for (size_t j = 0; j < affected->range_count; j++)
			if (affected->ranges[j].count == 0 || !affected->ranges[j].events[0].version)
				abort();
	}
	return 0;
}

static int on_kev(void *user, const struct kev *kev, struct tarsier_error *error)
{
	(void)user, (void)error;
	return cve_number(span_of(kev->id)) && *kev->added && kev->due ? 0 : (abort(), 0);
}

static int on_epss(void *user, const struct epss *epss, struct tarsier_error *error)
{
	(void)user, (void)error;
	bool sane = epss->score >= 0 && epss->score <= 1 && epss->percentile >= 0 && epss->percentile <= 1;
	return sane && cve_number(span_of(epss->id)) ? 0 : (abort(), 0);
}

static int on_end(void *user, const struct distro_end *end, struct tarsier_error *error)
{
	(void)user, (void)error;
	return *end->id && *end->release && *end->support && end->extended ? 0 : (abort(), 0);
}

static int on_stated(void *user, const struct cve_statement *statement, struct tarsier_error *error)
{
	(void)user, (void)error;
	return *statement->id && *statement->kind && statement->value ? 0 : (abort(), 0);
}

static int on_dated(void *user, const char *feed, const char *date, struct tarsier_error *error)
{
	(void)user, (void)error;
	return feed && date ? 0 : (abort(), 0);
}

static void on_unreadable(void *user, const char *what, const char *why)
{
	(void)user;
	if (!what || !*why)
		abort();
}

/* Every feed reads it, whether it would claim it or not. */
static void read_alone(span text)
{
	struct advisory_sink sink = {on_advisory, on_kev, on_epss, on_end, on_stated, on_dated, on_unreadable, NULL};
	for (size_t i = 0; feeds_all[i]; i++) {
		struct tarsier_error error = {0, ""};
		struct stream *stream;
		struct arena arena;
		arena_init(&arena, NULL);
		feeds_all[i]->recognise(text.len > 4096 ? (span){text.ptr, 4096} : text);
		if (stream_open_memory(&arena, text, &stream, &error) < 0)
			abort();
		int code = feeds_all[i]->read(stream, "input", &sink, &error);
		if (code < 0 && (error.code != code || !*error.message))
			abort();
		arena_free(&arena);
	}
}

static void match(const char *path)
{
	static const char *const ecosystems[] = {"npm", "PyPI", "Debian:12", "AlmaLinux:9", "Alpine:v3.20", "Maven"};
	struct tarsier_package packages[6];
	struct finding_list list = {0};
	struct tarsier_error error;
	static const atomic_bool never; /* nothing cancels */
	struct database *database;
	struct arena arena;
	if (database_open(path, &database, &error) < 0)
		abort();
	for (size_t i = 0; i < 6; i++)
		packages[i] = (struct tarsier_package){.type = i == 3 ? "rpm" : "deb", .ecosystem = ecosystems[i], .name = "p",
		                                       .version = "1.0",
		                                       .source_name = i == 3 ? "q" : "p", .source_version = "1.0", .path = "", .module = "",
		                                       .vendor = ""};
	arena_init(&arena, NULL);
	if (match_packages(database, &arena, packages, 6, NULL, &never, &list, &error) < 0)
		abort();
	for (size_t i = 0; i < list.count; i++)
		if (!*list.items[i].id || !list.items[i].fixed_version || !list.items[i].description || !*list.items[i].status)
			abort();
	arena_free(&arena);
	database_close(database);
}

static void import(span text)
{
	char file[600], path[600];
	const char *paths[] = {file};
	struct tarsier_error error = {0, ""};
	if (!*folder) {
		snprintf(folder, sizeof folder - 16, "%s/fuzz-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
		if (!mkdtemp(folder))
			abort();
		atexit(remove_folder);
	}
	snprintf(file, sizeof file, "%s/f", folder);
	snprintf(path, sizeof path, "%s/d", folder);
	FILE *out = fopen(file, "wb");
	if (!out || fwrite(text.ptr, 1, text.len, out) != text.len || fclose(out) != 0)
		abort();
	int code = tarsier_import(path, paths, 1, NULL, NULL, &error);
	if (code < 0 && (error.code != code || !*error.message))
		abort();
	if (code == 0)
		match(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	span text = {(const char *)data + 1, size - 1};
	if (data[0] & 1)
		import(text);
	else
		read_alone(text);
	return 0;
}
