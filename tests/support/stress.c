/* A host that is hard on the library: stress threads|cancel|memory|judge DATABASE IMAGE [CACHES]. Exits 0 where all held.
 * CACHES is a folder that takes a cache for every scan that runs out of memory. */
#include "tarsier_policy.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *database, *image, *cache;

static void check(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* ---- an allocator that counts, and fails from time to time ---------------------------------------------------------- */

struct counting {
	atomic_ulong calls;     /* that allocate or grow */
	atomic_long live;       /* bytes */
	atomic_ulong fail_at;   /* the call that fails, from 1; 0: none */
	int fail_after;         /* every call from there on fails */
};

/* Each piece has its size before it, so that a wrong old_size is noticed. */
enum { HEAD = 16 };

static int fails(struct counting *counting)
{
	unsigned long call = atomic_fetch_add(&counting->calls, 1) + 1, at = atomic_load(&counting->fail_at);
	return at && (counting->fail_after ? call >= at : call == at);
}

static void *resize(void *user, void *ptr, size_t old_size, size_t new_size)
{
	struct counting *counting = user;
	char *block = ptr ? (char *)ptr - HEAD : NULL;
	if (ptr)
		check(*(size_t *)block == old_size, "the old size is what was asked for");
	if (!new_size) {
		atomic_fetch_sub(&counting->live, ptr ? (long)old_size : 0);
		free(block);
		return NULL;
	}
	if (fails(counting) || !(block = realloc(block, new_size + HEAD)))
		return NULL;
	*(size_t *)block = new_size;
	atomic_fetch_add(&counting->live, (long)new_size - (ptr ? (long)old_size : 0));
	return block + HEAD;
}

static void reset(struct counting *counting, unsigned long fail_at)
{
	check(atomic_load(&counting->live) == 0, "everything is given back");
	atomic_store(&counting->calls, 0);
	atomic_store(&counting->fail_at, fail_at);
}

/* ---- scans ------------------------------------------------------------------------------------------------------------ */

struct counts { size_t packages, findings; };

static struct counts counts_of(const tarsier_report *report)
{
	for (size_t i = 0; i < tarsier_finding_count(report); i++)
		check(*tarsier_finding_at(report, i)->id != 0, "a finding has an id");
	return (struct counts){tarsier_package_count(report), tarsier_finding_count(report)};
}

static void same(struct counts a, struct counts b)
{
	check(a.packages > 0 && a.packages == b.packages && a.findings == b.findings, "every scan finds the same");
}

static struct tarsier_config config_of(struct counting *counting)
{
	struct tarsier_config config;
	tarsier_config_init(&config);
	config.database = database;
	config.cache_dir = cache;
	if (counting)
		config.allocator = (struct tarsier_allocator){resize, counting};
	return config;
}

static tarsier_report *scan(struct counting *counting, int *code)
{
	struct tarsier_config config = config_of(counting);
	struct tarsier_error error = {0, ""};
	tarsier_engine *engine;
	tarsier_report *report = NULL;
	*code = tarsier_open(&config, &engine, &error);
	if (!*code)
		*code = tarsier_scan(engine, image, &report, &error);
	tarsier_close(engine);
	check(*code <= 0 && !*code == !!report, "there is a report where there is no error");
	if (*code)
		check(error.code == *code && *error.message, "an error has a code and a message");
	if (*code && counting && *code != TARSIER_MEMORY)
		fprintf(stderr, "%s: %s\n", tarsier_code_name(*code), error.message);
	return report;
}

static struct counts expect(void)
{
	int code;
	tarsier_report *report = scan(NULL, &code);
	check(code == 0, "the image can be scanned");
	struct counts counts = counts_of(report);
	tarsier_report_free(report);
	return counts;
}

/* ---- threads: engines of their own, and one for all --------------------------------------------------------------------- */

static struct counts expected;

static void *scan_alone(void *argument)
{
	(void)argument;
	for (int i = 0; i < 5; i++)
		same(expected, expect());
	return NULL;
}

static void *scan_shared(void *engine)
{
	for (int i = 0; i < 5; i++) {
		struct tarsier_error error;
		tarsier_report *report;
		check(tarsier_scan(engine, image, &report, &error) == 0, "a shared engine scans");
		same(expected, counts_of(report));
		tarsier_report_free(report);
	}
	return NULL;
}

static void run_threads(unsigned count, void *(*function)(void *), void *argument)
{
	pthread_t threads[8];
	for (unsigned i = 0; i < count; i++)
		check(pthread_create(&threads[i], NULL, function, argument) == 0, "a thread starts");
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

static void stress_threads(void)
{
	expected = expect();
	run_threads(2, scan_alone, NULL);
	struct counting counting = {0};
	struct tarsier_config config = config_of(&counting);
	struct tarsier_error error;
	tarsier_engine *engine;
	check(tarsier_open(&config, &engine, &error) == 0, "an engine opens");
	run_threads(4, scan_shared, engine);
	tarsier_close(engine);
	reset(&counting, 0);
}

/* ---- cancelling, from another thread, once the image is open -------------------------------------------------------------- */

struct cancelling { tarsier_engine *engine; sem_t opened, cancelled; };

static void *cancel(void *argument)
{
	struct cancelling *cancelling = argument;
	sem_wait(&cancelling->opened);
	tarsier_cancel(cancelling->engine);
	sem_post(&cancelling->cancelled);
	return NULL;
}

static void on_event(void *user, const struct tarsier_event *event)
{
	struct cancelling *cancelling = user;
	if (event->kind != TARSIER_EVENT_IMAGE)
		return;
	sem_post(&cancelling->opened);
	sem_wait(&cancelling->cancelled);
}

static void stress_cancel(void)
{
	for (int i = 0; i < 5; i++) {
		struct counting counting = {0};
		struct cancelling cancelling;
		struct tarsier_config config = config_of(&counting);
		struct tarsier_error error;
		tarsier_report *report;
		pthread_t thread;
		config.on_event = on_event;
		config.user = &cancelling;
		check(tarsier_open(&config, &cancelling.engine, &error) == 0, "an engine opens");
		sem_init(&cancelling.opened, 0, 0);
		sem_init(&cancelling.cancelled, 0, 0);
		check(pthread_create(&thread, NULL, cancel, &cancelling) == 0, "a thread starts");
		int code = tarsier_scan(cancelling.engine, image, &report, &error);
		pthread_join(thread, NULL);
		check(code == TARSIER_CANCELLED && !report && *error.message, "a scan that is cancelled says so");
		tarsier_close(cancelling.engine);
		reset(&counting, 0);
	}
}

/* ---- the n-th allocation fails --------------------------------------------------------------------------------------------- */

/* True where nothing failed any more. A scan may do without what failed, such as a cache, but never find less. */
static int scan_failing(struct counting *counting, unsigned long n)
{
	int code;
	reset(counting, n);
	tarsier_report *report = scan(counting, &code);
	unsigned long calls = atomic_load(&counting->calls);
	if (report)
		same(expected, counts_of(report));
	tarsier_report_free(report);
	if (code)
		check(code == TARSIER_MEMORY, "what fails for want of memory says so");
	return calls < n;
}

/* Into a new cache, then out of it; once where there are no caches. */
static int scan_failing_twice(struct counting *counting, unsigned long n)
{
	char name[4096];
	const char *caches = cache;
	if (!*caches)
		return scan_failing(counting, n);
	snprintf(name, sizeof name, "%s/%d-%lu", caches, counting->fail_after, n);
	cache = name;
	int written = scan_failing(counting, n), read = scan_failing(counting, n);
	cache = caches;
	return written && read;
}

static void stress_memory(void)
{
	const char *caches = cache;
	cache = "";
	expected = expect();
	cache = caches;
	for (int after = 0; after < 2; after++) {
		struct counting counting = {.fail_after = after};
		unsigned long n = 1;
		while (!scan_failing_twice(&counting, n))
			n++;
		reset(&counting, 0);
		printf("%lu allocations\n", n - 1);
	}
}

static int take(void *user, const char *text, size_t length)
{
	(void)text;
	*(size_t *)user += length;
	return 0;
}

static int judge(const tarsier_report *report, struct counting *counting, int *decision)
{
	struct tarsier_judge_config config;
	struct tarsier_error error = {0, ""};
	tarsier_judge *judge;
	tarsier_verdict *verdict = NULL;
	size_t length = 0;
	tarsier_judge_config_init(&config);
	config.no_environment = 1;
	config.ready_dir = "policies";
	config.lua_dir = "lua";
	config.allocator = (struct tarsier_allocator){resize, counting};
	int code = tarsier_judge_open(&config, &judge, &error);
	if (!code)
		code = tarsier_judge_add(judge, "default", NULL, &error);
	if (!code)
		code = tarsier_judge_run(judge, report, &verdict, &error);
	if (!code) {
		*decision = verdict->decision;
		code = tarsier_render(judge, report, verdict, "json", take, &length, &error);
	}
	if (code)
		check(code < 0 && error.code == code && *error.message, "an error has a code and a message");
	else
		check(length > 0, "a report has text");
	tarsier_verdict_free(verdict);
	tarsier_judge_free(judge);
	return code;
}

/* Lua allocates often: every one of the first, then ever fewer. Where one fails it collects its garbage and asks again. */
static void stress_judge(void)
{
	int code, decision, right = -1;
	tarsier_report *report = scan(NULL, &code);
	struct counting counting = {0};
	check(report && judge(report, &counting, &right) == 0, "the image can be judged");
	unsigned long calls = atomic_load(&counting.calls), failed[2] = {0, 0}, tried = 0;
	for (unsigned long n = 1; n <= calls; n += 1 + n / 10, tried++)
		for (int after = 0; after < 2; after++) {
			reset(&counting, n);
			counting.fail_after = after;
			if (judge(report, &counting, &decision))
				failed[after]++;
			else
				check(decision == right, "a verdict that comes is the right one");
		}
	reset(&counting, 0);
	printf("%lu allocations, %lu tried, %lu and %lu failures\n", calls, tried, failed[0], failed[1]);
	check(failed[0] > 0 && failed[1] > tried / 2, "want of memory is told");
	tarsier_report_free(report);
}

int main(int argc, char **argv)
{
	static const struct { const char *name; void (*run)(void); } modes[] = {
	    {"threads", stress_threads}, {"cancel", stress_cancel}, {"memory", stress_memory}, {"judge", stress_judge}};
	check(argc >= 4, "usage: stress threads|cancel|memory|judge DATABASE IMAGE [CACHE]");
	database = argv[2];
	image = argv[3];
	cache = argc > 4 ? argv[4] : "";
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (strcmp(argv[1], modes[i].name) == 0)
			return modes[i].run(), 0;
	return 2;
}
