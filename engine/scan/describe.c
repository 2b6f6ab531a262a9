#include "scan/describe.h"

#include "inventory/kernel.h"

int scan_describe_image(struct scan *scan, const struct tarsier_layer *layers)
{
	struct tarsier_report *report = scan->report;
	report->image = scan->image.about;
	report->image.reference = arena_string(&report->arena, scan->reference);
	report->image.layers = layers;
	report->image.layer_count = scan->layer_count;
	return report->image.reference ? TARSIER_OK : error_memory(scan->error);
}

void scan_describe_distro(struct scan *scan, const struct distro *distro)
{
	struct tarsier_image *image = &scan->report->image;
	image->distro_id = distro->id;
	image->distro_version = distro->version;
	image->distro_codename = distro->codename;
	image->distro_name = distro->name;
	image->ecosystem = distro->ecosystem;
}

int scan_describe_packages(struct scan *scan, struct tarsier_package *packages, size_t count)
{
	scan->report->packages = packages;
	scan->report->package_count = count;
	return kernel_mark(packages, count, scan->error);
}

/* Packages of an operating system have no ecosystem if the system has none that is known. */
static bool has_packages_without_ecosystem(const struct tarsier_report *report)
{
	for (size_t i = 0; i < report->package_count; i++)
		if (!*report->packages[i].ecosystem)
			return true;
	return false;
}

int scan_find_gaps(struct scan *scan, const struct distro *distro)
{
	struct tarsier_report *report = scan->report;
	struct tarsier_problem problem = {.subject = scan->reference};
	if (report->package_count == 0) {
		problem.kind = TARSIER_PROBLEM_NO_PACKAGES;
		problem.message = "no packages found: nothing is installed in a way that tarsier can read";
		return report_add_problems(report, &problem, 1, scan->error);
	}
	if (!has_packages_without_ecosystem(report))
		return TARSIER_OK;
	problem.kind = *distro->id ? TARSIER_PROBLEM_NO_FEED : TARSIER_PROBLEM_NO_DISTRO;
	problem.subject = *distro->id ? distro->id : scan->reference;
	problem.message = *distro->id
		? "no vulnerability feed covers this distribution: its packages were not matched"
		: "packages of an operating system, but no os-release that says which: they were not matched";
	return report_add_problems(report, &problem, 1, scan->error);
}
