#include "scan/report.h"

#include "inventory/dependencies.h"

#include <assert.h>
#include <string.h>

struct tarsier_report *report_new(const struct tarsier_allocator *allocator)
{
	struct tarsier_report *report = memory_resize(allocator, NULL, 0, sizeof *report);
	if (!report)
		return NULL;
	memset(report, 0, sizeof *report);
	report->backend = "embedded";
	arena_init(&report->arena, allocator);
	return report;
}

/* A report that others use lasts until the last of them is freed. */
void tarsier_report_free(tarsier_report *report)
{
	if (!report)
		return;
	report->freed = true;
	if (report->users)
		return;
	struct tarsier_report *of = report->of;
	if (of && --of->users == 0 && of->freed)
		tarsier_report_free(of);
	struct tarsier_allocator allocator = report->arena.allocator;
	for (struct report_indexes *kept = report->indexes; kept; kept = kept->next)
		for (size_t i = 0; i < kept->count; i++)
			layer_index_free(kept->items[i]);
	arena_free(&report->arena);
	memory_resize(&allocator, report, sizeof *report, 0);
}

static int add_problem(struct tarsier_report *report, const struct tarsier_problem *problem,
                       struct tarsier_error *error)
{
	struct tarsier_problem *problems = arena_grow(&report->arena, report->problems, report->problem_count,
	                                              &report->problem_capacity, sizeof *problems);
	char *subject = arena_string(&report->arena, problem->subject);
	char *message = arena_string(&report->arena, problem->message);
	if (!problems || !subject || !message)
		return error_memory(error);
	report->problems = problems;
	problems[report->problem_count++] = (struct tarsier_problem){
		.kind = problem->kind, .subject = subject, .message = message, .layer = problem->layer};
	return TARSIER_OK;
}

int report_add_problems(struct tarsier_report *report, const struct tarsier_problem *problems, size_t count,
                        struct tarsier_error *error)
{
	int code = TARSIER_OK;
	for (size_t i = 0; i < count && code >= 0; i++)
		code = add_problem(report, &problems[i], error);
	return code;
}

const struct tarsier_image *tarsier_report_image(const tarsier_report *report)
{
	return &report->image;
}

size_t tarsier_package_count(const tarsier_report *report)
{
	return report->package_count;
}

const struct tarsier_package *tarsier_package_at(const tarsier_report *report, size_t index)
{
	assert(index < report->package_count);
	return &report->packages[index];
}

const size_t *tarsier_package_requires(const struct tarsier_package *package, size_t *count, int *essential)
{
	const struct tarsier_dependencies *dependencies = package->dependencies;
	*count = dependencies ? dependencies->count : 0;
	*essential = dependencies && dependencies->essential;
	return dependencies ? dependencies->on : NULL;
}

size_t tarsier_finding_count(const tarsier_report *report)
{
	return report->finding_count;
}

const struct tarsier_finding *tarsier_finding_at(const tarsier_report *report, size_t index)
{
	assert(index < report->finding_count);
	return &report->findings[index];
}

size_t tarsier_file_count(const tarsier_report *report)
{
	return report->file_count;
}

const struct tarsier_file *tarsier_file_at(const tarsier_report *report, size_t index)
{
	assert(index < report->file_count);
	return &report->files[index];
}

size_t tarsier_secret_count(const tarsier_report *report)
{
	return report->secret_count;
}

const struct tarsier_secret *tarsier_secret_at(const tarsier_report *report, size_t index)
{
	assert(index < report->secret_count);
	return &report->secrets[index];
}

size_t tarsier_problem_count(const tarsier_report *report)
{
	return report->problem_count;
}

const struct tarsier_problem *tarsier_problem_at(const tarsier_report *report, size_t index)
{
	assert(index < report->problem_count);
	return &report->problems[index];
}

const struct tarsier_database_info *tarsier_report_database(const tarsier_report *report)
{
	return report->database.path ? &report->database : NULL;
}

const char *tarsier_report_backend(const tarsier_report *report)
{
	return report->backend;
}

const struct tarsier_usage *tarsier_report_usage(const tarsier_report *report)
{
	return &report->usage;
}
