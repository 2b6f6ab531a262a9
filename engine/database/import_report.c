/* reports what an import took and what it skipped */
#include "database/import.h"

#include <stdio.h>
#include <string.h>

#define X(name) extern const struct feed feed_##name;
#include "feeds.def"
#undef X

const struct feed *const feeds_all[] = {
#define X(name) &feed_##name,
#include "feeds.def"
#undef X
	NULL};

/* Names and reasons come from untrusted files: control bytes must not reach a terminal. */
static void copy_printable(char *copy, size_t size, const char *text)
{
	snprintf(copy, size, "%s", text);
	for (unsigned char *c = (unsigned char *)copy; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
}

static void report(struct importing *importing, const char *input, const char *feed, uint64_t records,
                   const char *message)
{
	char name[1024], reason[1024];
	if (!importing->options->on_input)
		return;
	copy_printable(name, sizeof name, input);
	copy_printable(reason, sizeof reason, message ? message : "");
	importing->options->on_input(importing->options->user, name, feed, records, message ? reason : NULL);
}

void import_complain(struct importing *importing, const char *name, const char *feed, const char *why)
{
	if (!*importing->reason)
		snprintf(importing->reason, sizeof importing->reason, "%s", why);
	if (importing->container->complaints++ < COMPLAINTS_MOST)
		report(importing, name, feed, 0, why);
}

static void report_omissions(struct importing *importing, const struct container *container)
{
	char message[192];
	for (int i = 0; i < OMISSIONS; i++) {
		if (!container->omitted[i] || omission_is_fault((enum omission)i))
			continue;
		snprintf(message, sizeof message, "%s: %llu left out", omission_text((enum omission)i),
		         (unsigned long long)container->omitted[i]);
		if (!*importing->reason)
			snprintf(importing->reason, sizeof importing->reason, "%s", message);
		report(importing, container->name, "osv", 0, message);
	}
}

static void report_complaints(struct importing *importing, const struct container *container)
{
	char message[64];
	if (container->complaints <= COMPLAINTS_MOST)
		return;
	snprintf(message, sizeof message, "%llu more were left out",
	         (unsigned long long)container->complaints - COMPLAINTS_MOST);
	report(importing, container->name, "", 0, message);
}

static void report_empty(struct importing *importing, const struct container *container)
{
	char message[600];
	if (container->empty_files == 1)
		report(importing, container->empty, "", 0, "it has no records");
	if (container->empty_files <= 1)
		return;
	snprintf(message, sizeof message, "%llu files have no records, such as %s", (unsigned long long)container->empty_files,
	         container->empty);
	report(importing, container->name, "", 0, message);
}

/* A family is covered if a feed of it was imported: a container that holds at least a tenth as many records of this
 * family as of its largest one. This excludes families that a feed names in passing, such as Maven in npm's. One record
 * in a file of its own is not a feed. compose.c also covers large families. */
enum { COVERED_SHARE = 10 };

static uint64_t most_records(const struct container *container)
{
	uint64_t most = 0;
	for (size_t i = 0; i < FAMILIES_MOST; i++)
		most = container->families[i] > most ? container->families[i] : most;
	return most;
}

static void cover(struct importing *importing, const struct container *container)
{
	const struct map *families = &importing->writer->families;
	uint64_t most = most_records(container);
	for (size_t i = 0; i < families->count && !container->single; i++) {
		struct known_family *family = families->entries[i].value;
		uint64_t records = family && family->number < FAMILIES_MOST ? container->families[family->number] : 0;
		if (records && records * COVERED_SHARE >= most)
			family->covered = true;
	}
}

void import_container_done(struct importing *importing, struct container *container)
{
	cover(importing, container);
	for (size_t i = 0; feeds_all[i]; i++)
		if (container->records[i])
			report(importing, container->name, feeds_all[i]->name, container->records[i], NULL);
	report_complaints(importing, container);
	report_empty(importing, container);
	if (!container->single)
		report_omissions(importing, container);
	for (size_t i = 0; container->single && i < OMISSIONS; i++)
		importing->singles.omitted[i] += container->omitted[i];
}

/* FIRST's models rate the same CVE differently, so that thresholds of policies may need a look. */
static void report_model(struct importing *importing)
{
	char message[192];
	const char *before = importing->writer->model_before, *now = importing->writer->epss_model;
	if (!*before || !*now || strcmp(before, now) == 0)
		return;
	snprintf(message, sizeof message, "EPSS has a new model, %.40s after %.40s: its scores and percentiles are not comparable "
	         "with those before", now, before);
	report(importing, importing->writer->path, "epss", 0, message);
}

void import_done(struct importing *importing)
{
	report_model(importing);
	importing->singles.name = "files of one record";
	report_omissions(importing, &importing->singles);
}
