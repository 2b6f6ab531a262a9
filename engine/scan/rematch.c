/* matches the packages of a report again, with another database, without reading the image */
#include "match/risk.h"
#include "scan/scan.h"
#include "tarsier_share.h"

#include <string.h>

/* What the matching does not change is the old report's own, which the new one keeps. */
static int take_inventory(struct tarsier_report *again, struct tarsier_report *report, struct tarsier_error *error)
{
	again->of = report;
	report->users++;
	again->image = report->image;
	again->packages = report->packages;
	again->package_count = report->package_count;
	again->files = report->files;
	again->file_count = report->file_count;
	again->secrets = report->secrets;
	again->secret_count = report->secret_count;
	again->usage = report->usage;
	again->inventory_problems = report->inventory_problems;
	return report_add_problems(again, report->problems, report->inventory_problems, error);
}

int tarsier_rematch(tarsier_engine *engine, tarsier_report *report, tarsier_report **again, struct tarsier_error *error)
{
	struct tarsier_error own;
	error = error_or(error, &own);
	*again = NULL;
	if (!engine->database || engine->config.clair)
		return error_set(error, TARSIER_USAGE, "tarsier_rematch: the engine has no database to match with, or a Clair");
	if (strcmp(report->backend, "embedded") != 0)
		return error_set(error, TARSIER_UNSUPPORTED, "%s: its packages were listed by Clair, which only Clair can match",
		                 report->image.reference);
	struct scan scan = {.engine = engine, .reference = report->image.reference, .error = error};
	scan.report = report_new(&engine->config.allocator);
	if (!scan.report)
		return error_memory(error);
	int code = take_inventory(scan.report, report, error);
	if (code >= 0)
		code = scan_match(&scan);
	if (code >= 0)
		risk_weigh(scan.report->findings, scan.report->finding_count, scan.report->image.base_layers);
	if (code < 0)
		tarsier_report_free(scan.report);
	else
		*again = scan.report;
	return code;
}
