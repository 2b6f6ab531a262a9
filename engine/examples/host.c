/* A host of the C library: scans an image and prints what is found, most severe first.
 *
 *	cc host.c $(pkg-config --cflags --libs tarsier) -o host && ./host DATABASE IMAGE
 */
#include <stdio.h>
#include <tarsier.h>

static void on_event(void *user, const struct tarsier_event *event)
{
	(void)user;
	if (event->kind == TARSIER_EVENT_WARNING)
		fprintf(stderr, "warning: %s\n", event->message);
}

static void print_report(const tarsier_report *report)
{
	const struct tarsier_image *image = tarsier_report_image(report);
	printf("%s: %zu packages, %zu findings\n", image->distro_name, tarsier_package_count(report), tarsier_finding_count(report));
	for (size_t i = 0; i < tarsier_finding_count(report); i++) {
		const struct tarsier_finding *finding = tarsier_finding_at(report, i);
		const struct tarsier_layer *layer = &image->layers[finding->package->layer];
		printf("%s\t%s\t%s\t%s\t%s\t%s\n", finding->id, tarsier_severity_name(finding->severity), finding->package->name,
		       finding->package->version, finding->fixed_version, layer->created_by);
	}
	for (size_t i = 0; i < tarsier_problem_count(report); i++)
		printf("problem: %s\n", tarsier_problem_at(report, i)->message);
}

int main(int argc, char **argv)
{
	struct tarsier_config config;
	struct tarsier_error error;
	tarsier_engine *engine;
	tarsier_report *report;

	if (argc != 3)
		return fprintf(stderr, "usage: %s DATABASE IMAGE\n", argv[0]), 2;
	tarsier_config_init(&config);
	config.database = argv[1];
	config.on_event = on_event;
	if (tarsier_open(&config, &engine, &error) < 0)
		return fprintf(stderr, "%s\n", error.message), 4;
	int code = tarsier_scan(engine, argv[2], &report, &error);
	if (code < 0)
		fprintf(stderr, "%s: %s\n", tarsier_code_name(code), error.message);
	else
		print_report(report);
	tarsier_report_free(code < 0 ? NULL : report);
	tarsier_close(engine);
	return code < 0 ? 3 : 0;
}
