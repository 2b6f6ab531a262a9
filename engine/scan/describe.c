#include "scan/describe.h"

#include "base/today.h"
#include "inventory/end_of_life.h"
#include "inventory/kernel.h"
#include "inventory/system_check.h"

int scan_describe_image(struct scan *scan, const struct tarsier_layer *layers)
{
	struct tarsier_report *report = scan->report;
	int code = image_find_base(&scan->image, scan->error);
	if (code < 0)
		return code;
	report->image = scan->image.about;
	report->image.reference = arena_string(&report->arena, scan->reference);
	report->image.layers = layers;
	report->image.layer_count = scan->layer_count;
	return report->image.reference ? TARSIER_OK : error_memory(scan->error);
}

static const struct end_of_life *find_end(struct scan *scan, const struct distro *distro)
{
	const struct database *database = scan->engine->database;
	return end_of_life_find(&scan->report->arena, distro, database ? database_meta(database, "ends") : NULL);
}

void scan_describe_distro(struct scan *scan, const struct distro *distro)
{
	struct tarsier_image *image = &scan->report->image;
	image->distro_id = distro->id;
	image->distro_version = distro->version;
	image->distro_codename = distro->codename;
	image->distro_name = distro->name;
	image->ecosystem = distro->ecosystem;
	const struct end_of_life *end = find_end(scan, distro);
	image->support_ends = end ? end->support : "";
	image->extended_support_ends = end && end->extended ? end->extended : "";
}

int scan_describe_packages(struct scan *scan, struct tarsier_package *packages, size_t count)
{
	scan->report->packages = packages;
	scan->report->package_count = count;
	return kernel_mark(packages, count, scan->error);
}

int scan_find_gaps(struct scan *scan, const struct distro *distro, bool by_clair)
{
	struct tarsier_report *report = scan->report;
	const char *given = scan->engine->config.today;
	char today[TODAY_ROOM];
	struct problem_list problems = {.arena = &report->arena};
	today_utc(today);
	const struct system_check check = {.image = scan->reference, .distro = distro, .packages = report->packages,
	                                   .package_count = report->package_count, .today = given ? given : today,
	                                   .by_clair = by_clair, .end = find_end(scan, distro)};
	int code = system_check_run(&check, &problems, scan->error);
	return code < 0 ? code : report_add_problems(report, problems.items, problems.count, scan->error);
}
