/* bench/layer FILE [threads]: indexes one layer and says what it cost. */
#include "layer/layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static int count_lines(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	(void)output, (void)error;
	span rest = evidence->content, line;
	while (span_next(&rest, '\n', &line))
		continue;
	return TARSIER_OK;
}

static const char *const patterns[] = {
	"var/lib/dpkg/status",
	"var/lib/dpkg/status.d/*",
	"lib/apk/db/installed",
	"usr/lib/apk/db/installed",
	"var/lib/rpm/rpmdb.sqlite",
	"usr/lib/sysimage/rpm/rpmdb.sqlite",
	"**/*.dist-info/METADATA",
	"**/*.egg-info/PKG-INFO",
	"**/*.egg-info",
	"**/package.json",
	"**/*.jar",
	"etc/os-release",
	"usr/lib/os-release",
	"etc/*-release",
	NULL,
};
static const struct reader bench_reader = {
	.name = "bench", .evidence = patterns, .limit = 64 << 20, .read = count_lines};
static const struct reader *const readers[] = {&bench_reader, NULL};

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct arena arena;
	struct tarsier_error error = {0};
	struct path_match *patterns = NULL;
	struct stream *blob;
	struct layer_index *index = NULL;
	struct layer_expected expected = {.size = UINT64_MAX};
	struct layer_options options = {.threads = argc > 2 ? (unsigned)atoi(argv[2]) : 3, .want_diff_id = true};
	struct timespec before, after;
	struct rusage usage;
	if (argc < 2)
		return fprintf(stderr, "usage: layer FILE [threads]\n"), 2;
	arena_init(&arena, NULL);
	clock_gettime(CLOCK_MONOTONIC, &before);
	int code = path_match_new(&arena, readers, &patterns, &error);
	options.patterns = patterns;
	if (code >= 0)
		code = stream_open_file(&arena, argv[1], &blob, &error);
	if (code >= 0)
		code = layer_read(blob, &expected, &options, &index, &error);
	clock_gettime(CLOCK_MONOTONIC, &after);
	getrusage(RUSAGE_SELF, &usage);
	if (code < 0) {
		fprintf(stderr, "%s: %s\n", tarsier_code_name(code), error.message);
		arena_free(&arena);
		return 1;
	}
	printf("wall %.3f cpu %.3f rss %ld KiB faults %ld | %llu entries %zu files %zu links %zu KiB kept | %s\n",
	       (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9,
	       seconds(&usage.ru_utime) + seconds(&usage.ru_stime), usage.ru_maxrss, usage.ru_minflt,
	       (unsigned long long)index->entries, index->file_count, index->link_count, index->arena.used / 1024,
	       index->diff_id.text);
	layer_index_free(index);
	arena_free(&arena);
	return 0;
}
