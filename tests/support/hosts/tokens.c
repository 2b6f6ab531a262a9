/* Scans that tokens end. Prints "when: code" lines. */
#include <stdio.h>
#include <string.h>
#include <tarsier.h>

struct scan { tarsier_token *cancel; int events, strangers; const char *reference; };

/* Cancels its own scan at its first event. */
static void on_event(void *user, const struct tarsier_event *event)
{
	(void)user;
	struct scan *scan = event->scan;
	if (!scan)
		return;
	scan->events++;
	scan->strangers += strcmp(event->reference, scan->reference) != 0;
	if (scan->cancel)
		tarsier_token_cancel(scan->cancel);
}

static int run(tarsier_engine *engine, const char *reference, tarsier_token *token, struct scan *scan)
{
	struct tarsier_scan_options options;
	struct tarsier_error error;
	tarsier_report *report;
	tarsier_scan_options_init(&options);
	options.token = token;
	options.user = scan;
	int code = tarsier_scan_with(engine, reference, &options, &report, &error);
	tarsier_report_free(report);
	return code;
}

int main(int argc, char **argv) /* IMAGE */
{
	struct tarsier_config config;
	tarsier_engine *engine;
	tarsier_report *report;
	tarsier_token *early = tarsier_token_new(), *late = tarsier_token_new(), *other = tarsier_token_new();
	if (argc != 2)
		return 2;
	struct scan own = {.reference = argv[1]}, hurried = {.cancel = late, .reference = argv[1]};
	tarsier_config_init(&config);
	config.cache_dir = "";
	config.on_event = on_event;
	if (tarsier_open(&config, &engine, NULL) < 0)
		return 1;
	tarsier_token_cancel(early);
	printf("before: %s\n", tarsier_code_name(run(engine, argv[1], early, NULL)));
	printf("while it runs: %s\n", tarsier_code_name(run(engine, argv[1], late, &hurried)));
	printf("another token: %s\n", tarsier_code_name(run(engine, argv[1], other, &own)));
	printf("no token: %s\n", tarsier_code_name(tarsier_scan(engine, argv[1], &report, NULL)));
	printf("events: %s\n", own.events && !own.strangers ? "own" : "mixed");
	tarsier_report_free(report);
	tarsier_close(engine);
	tarsier_token_free(early);
	tarsier_token_free(late);
	tarsier_token_free(other);
	return 0;
}
