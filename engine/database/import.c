#include "database/import.h"

#include "base/config.h"
#include "database/ends.h"
#include "database/record_part.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the sink ---------------------------------------------------------------------------------------------------- */

/* Prefixes the record's name with that of its container. */
static void complain_of(struct importing *importing, const char *what, const char *why)
{
	char name[512];
	bool whole = strcmp(what, importing->container->name) == 0;
	snprintf(name, sizeof name, whole ? "%s" : "%s: %s", importing->container->name, what);
	import_complain(importing, name, feeds_all[importing->feed]->name, why);
}

static void on_unreadable(void *user, const char *what, const char *why)
{
	struct importing *importing = user;
	importing->result.unreadable++;
	importing->writer->omitted[OMIT_UNREADABLE]++;
	complain_of(importing, what, why);
}

/* `outcome` is 0 if the record was staged, 1 if it was skipped, or a negative code. */
static int taken(struct importing *importing, int outcome)
{
	if (outcome < 0)
		return outcome;
	importing->container->records[importing->feed] += outcome == 0;
	importing->useful += outcome == 0;
	return 0;
}

static void count_staged(struct importing *importing, const struct staged *staged)
{
	struct container *container = importing->container;
	for (size_t i = 0; i < OMISSIONS; i++)
		container->omitted[i] += staged->omitted[i];
	for (size_t i = 0; i < STAGED_FAMILIES && staged->families[i]; i++)
		if (staged->families[i]->number < FAMILIES_MOST)
			container->families[staged->families[i]->number]++;
}

static int on_advisory(void *user, const struct advisory *advisory, struct tarsier_error *error)
{
	struct importing *importing = user;
	struct staged staged;
	if (!is_name(advisory->id, ID_LIMIT)) {
		on_unreadable(user, *advisory->id ? advisory->id : "a record", "its id is missing, too long or has several lines");
		return 0;
	}
	int code = writer_advisory(importing->writer, advisory, &staged, error);
	if (code < 0)
		return code;
	if (staged.complaint) /* only a part of it was skipped */
		complain_of(importing, advisory->id, staged.complaint);
	count_staged(importing, &staged);
	importing->container->records[importing->feed]++;
	importing->container->advisories++;
	importing->useful += staged.useful;
	return 0;
}

static int on_kev(void *user, const struct kev *kev, struct tarsier_error *error)
{
	struct importing *importing = user;
	return taken(importing, writer_kev(importing->writer, kev, error));
}

static int on_epss(void *user, const struct epss *epss, struct tarsier_error *error)
{
	struct importing *importing = user;
	return taken(importing, writer_epss(importing->writer, epss, error));
}

static int on_end(void *user, const struct distro_end *end, struct tarsier_error *error)
{
	struct importing *importing = user;
	return taken(importing, writer_end(importing->writer, end, error));
}

static int on_stated(void *user, const struct cve_statement *statement, struct tarsier_error *error)
{
	struct importing *importing = user;
	return taken(importing, writer_state(importing->writer, statement, error));
}

static int on_dated(void *user, const char *feed, const char *date, struct tarsier_error *error)
{
	struct importing *importing = user;
	return writer_dated(importing->writer, feed, date, error);
}

/* ---- tarsier.h --------------------------------------------------------------------------------------------------- */

void tarsier_import_options_init_size(struct tarsier_import_options *options, size_t size)
{
	config_clear(options, size);
}

void(tarsier_import_options_init)(struct tarsier_import_options *options)
{
	void **last = &options->user; /* the last field of the first version */
	config_clear(options, (size_t)((char *)(last + 1) - (char *)options));
}

/* With more than a part of the old file's size to read, composing the file anew takes little longer, and packs it better.
 * Small inputs are always amended: there is no such file to speak of. */
enum { AMEND_SHARE = 2, AMEND_FREE = 64 << 10 };

static int begin_with_old(struct importing *importing, const char *const *paths, size_t count,
                          struct tarsier_error *error)
{
	struct database_writer *writer = importing->writer;
	struct stat info = {0};
	if (stat(writer->path, &info) < 0 && errno == ENOENT)
		return 0;
	uint64_t most = (uint64_t)info.st_size / AMEND_SHARE > AMEND_FREE ? (uint64_t)info.st_size / AMEND_SHARE : AMEND_FREE;
	int begun = import_is_small(paths, count, most) ? writer_amend(writer, writer->path, error) : 0;
	return begun ? begun : writer_take_old(writer, error);
}

static int import_all(struct importing *importing, const char *const *paths, size_t count, struct tarsier_error *error)
{
	struct database_writer *writer = importing->writer;
	int code = importing->options->merge ? begin_with_old(importing, paths, count, error) : 0;
	for (size_t i = 0; i < count && code >= 0; i++)
		code = import_path(importing, paths[i], error);
	const char *note = importing->options->note ? importing->options->note : importing->options->merge ? writer->note : "";
	writer->note = arena_string(&writer->arena, note ? note : "");
	if (code >= 0 && !writer->note)
		code = error_memory(error);
	return code >= 0 || access(writer->path, F_OK) < 0 ? code : error_append(error, "; %s is left as it is", writer->path);
}

int tarsier_import(const char *database, const char *const *paths, size_t count,
                   const struct tarsier_import_options *options,
                   struct tarsier_import_result *result, struct tarsier_error *error)
{
	struct tarsier_import_options whole;
	struct tarsier_error own;
	error = error_or(error, &own);
	struct importing importing = {.options = &whole};
	importing.sink = (struct advisory_sink){on_advisory, on_kev, on_epss, on_end, on_stated, on_dated, on_unreadable, &importing};
	if (count == 0)
		return error_set(error, TARSIER_USAGE, "nothing to import: name OSV, KEV or EPSS files, or folders of them");
	int code = config_take(&whole, sizeof whole, options, "tarsier_import_options", error);
	if (code >= 0)
		code = writer_new(database, whole.starter, &importing.writer, error);
	if (code >= 0)
		code = import_all(&importing, paths, count, error);
	if (code >= 0) {
		import_done(&importing);
		writer_count(importing.writer, &importing.result);
	}
	if (code >= 0)
		code = writer_finish(importing.writer, error);
	writer_free(importing.writer);
	if (result)
		*result = importing.result;
	return code;
}
