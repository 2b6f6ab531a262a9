#include "match/affected.h"

#include <string.h>

/*
 * https://ossf.github.io/osv-schema/#evaluation
 *
 * The events of a range, in order of versions, switch between affected and not:
 *
 *	introduced V       from V on it is
 *	fixed V            from V on it is not
 *	last_affected V    after V it is not
 *	limit V            V and everything after it is none of this range's business; of several the highest counts
 *
 * What is introduced and fixed at one version changes nothing there, in whichever order the two are written: "fixed in
 * 3.1.1" of one span and "from 3.1.1 on" of the next join, and [1.2.0, 1.2.0) is empty.
 */

enum { NOT_YET = 2, NOT_COMPARABLE = 3 };
enum { FIXES_TRIED = 64 }; /* a fix that lies inside another range is rare; many of them are an attack on our time */

int evaluation_begin(struct evaluation *evaluation, struct arena *arena, span ecosystem, span installed,
                     const struct package_rows *rows, struct tarsier_error *error)
{
	const struct version_scheme *scheme = version_scheme_of_ecosystem(ecosystem);
	*evaluation = (struct evaluation){
		.scheme = scheme, .rows = rows, .installed = installed,
		.ordered = scheme && scheme->valid(installed),
		/* One rpm is built several times for several module streams, and an advisory lists all of these builds. */
		.exact_fixes = scheme && strcmp(scheme->name, "rpm") == 0,
		.orders = arena_alloc(arena, rows->version_count + 1),
	};
	if (!evaluation->orders)
		return error_memory(error);
	memset(evaluation->orders, NOT_YET, rows->version_count + 1);
	return 0;
}

/* The installed version's place: below, at, above the one of that number. */
static int order_of_installed(struct evaluation *evaluation, uint32_t number)
{
	signed char *order = &evaluation->orders[number];
	if (*order != NOT_YET)
		return *order;
	span version = evaluation->rows->versions[number];
	if (!evaluation->ordered || !evaluation->scheme->valid(version))
		return *order = NOT_COMPARABLE;
	return *order = (signed char)evaluation->scheme->compare(evaluation->installed, version);
}

/* The place of version `candidate`, or of the installed one where candidate is 0. */
static int order_of(struct evaluation *evaluation, uint32_t candidate, uint32_t number)
{
	if (candidate == 0)
		return order_of_installed(evaluation, number);
	if (order_of_installed(evaluation, number) == NOT_COMPARABLE)
		return NOT_COMPARABLE;
	return evaluation->scheme->compare(evaluation->rows->versions[candidate], evaluation->rows->versions[number]);
}

static bool undoes(const struct row_event *event, const struct row_event *last)
{
	return event->version == last->version && event->kind != last->kind &&
	       (event->kind == EVENT_INTRODUCED || event->kind == EVENT_FIXED) &&
	       (last->kind == EVENT_INTRODUCED || last->kind == EVENT_FIXED);
}

/* The events from `event` to the next range's first. */
static bool in_range(struct evaluation *evaluation, uint32_t candidate, const struct row_event *event,
                     const struct row_event *end)
{
	bool affected = false, before = false, limited = false, below = false;
	const struct row_event *first = event;
	for (; event < end && (event == first || !event->starts); event++) {
		int order = event->version == 0 ? 1 : order_of(evaluation, candidate, event->version);
		if (order == NOT_COMPARABLE)
			continue;
		if (event > first && undoes(event, event - 1)) {
			affected = before;
			continue;
		}
		before = affected;
		if (event->kind == EVENT_INTRODUCED && order >= 0)
			affected = true;
		else if (event->kind == EVENT_FIXED && order >= 0)
			affected = false;
		else if (event->kind == EVENT_LAST_AFFECTED && order > 0)
			affected = false;
		else if (event->kind == EVENT_LIMIT)
			limited = true, below = below || order < 0;
	}
	return affected && (!limited || below);
}

static bool is_named_fix(struct evaluation *evaluation, uint32_t candidate, const struct package_row *row)
{
	for (size_t i = 0; i < row->event_count; i++)
		if (row->events[i].kind == EVENT_FIXED && row->events[i].version &&
		    order_of(evaluation, candidate, row->events[i].version) == 0)
			return true;
	return false;
}

static bool in_any_range(struct evaluation *evaluation, uint32_t candidate, const struct package_row *row)
{
	const struct row_event *end = row->events + row->event_count;
	if (!evaluation->ordered || (evaluation->exact_fixes && is_named_fix(evaluation, candidate, row)))
		return false;
	for (const struct row_event *event = row->events; event < end; event++)
		if (event->starts && in_range(evaluation, candidate, event, end))
			return true;
	return false;
}

static bool is_listed(struct evaluation *evaluation, const struct package_row *row)
{
	for (size_t i = 0; i < row->version_count; i++)
		if (span_equal(evaluation->installed, evaluation->rows->versions[row->versions[i]]) ||
		    order_of_installed(evaluation, row->versions[i]) == 0)
			return true;
	return false;
}

bool evaluation_affected(struct evaluation *evaluation, const struct package_row *row)
{
	return in_any_range(evaluation, 0, row) || is_listed(evaluation, row);
}

/* The lowest fix above the installed version and above `floor`; 0 where there is none. */
static uint32_t next_fix(struct evaluation *evaluation, const struct package_row *row, uint32_t floor)
{
	const span *versions = evaluation->rows->versions;
	uint32_t lowest = 0;
	for (size_t i = 0; i < row->event_count; i++) {
		uint32_t version = row->events[i].version;
		if (row->events[i].kind != EVENT_FIXED || version == 0 || order_of_installed(evaluation, version) != -1)
			continue;
		if (floor && evaluation->scheme->compare(versions[version], versions[floor]) <= 0)
			continue;
		if (lowest == 0 || evaluation->scheme->compare(versions[version], versions[lowest]) < 0)
			lowest = version;
	}
	return lowest;
}

uint32_t evaluation_fix(struct evaluation *evaluation, const struct package_row *row)
{
	uint32_t fix = evaluation->ordered ? next_fix(evaluation, row, 0) : 0;
	for (int tried = 0; fix && in_any_range(evaluation, fix, row); tried++)
		fix = tried < FIXES_TRIED ? next_fix(evaluation, row, fix) : 0;
	return fix;
}

bool row_has_fix(const struct package_row *row)
{
	for (size_t i = 0; i < row->event_count; i++)
		if (row->events[i].kind == EVENT_FIXED)
			return true;
	return false;
}
