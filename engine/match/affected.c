#include "match/affected.h"

#include <string.h>

/*
 * https://ossf.github.io/osv-schema/#evaluation
 *
 * The events of a range, in order of versions, switch between affected and not:
 *
 *	introduced V       V and later versions are affected
 *	fixed V            V and later versions are not affected
 *	last_affected V    versions after V are not affected
 *	limit V            the range says nothing about V and later versions; of several limits the highest counts
 *
 * An introduced and a fixed event at the same version cancel out, in either order: "fixed in 3.1.1" of one span and
 * "introduced in 3.1.1" of the next make one span, and [1.2.0, 1.2.0) is empty.
 */

enum { NOT_YET = 2, NOT_COMPARABLE = 3 };
enum { FIXES_TRIED = 64 }; /* a fix inside another range is rare: many of them are an attempt to waste time */

int installed_begin(struct installed *installed, struct arena *arena, span ecosystem, span version,
                    const struct package_rows *rows, struct tarsier_error *error)
{
	const struct version_scheme *scheme = version_scheme_of_ecosystem(ecosystem);
	*installed = (struct installed){
		.scheme = scheme, .rows = rows, .version = version,
		.ordered = scheme && version_is_usable(scheme, version),
		/* One rpm is built once for each module stream, and an advisory lists all these builds. */
		.exact_fixes = scheme && strcmp(scheme->name, "rpm") == 0,
		.orders = arena_alloc(arena, rows->version_count + 1),
	};
	if (!installed->orders)
		return error_memory(error);
	memset(installed->orders, NOT_YET, rows->version_count + 1);
	return 0;
}

/* The version with that number, as it is compared with the installed one. */
static span installed_bound(const struct installed *installed, uint32_t number)
{
	span version = installed->rows->versions[number], epoch, rest;
	return installed->epoch_unknown && span_cut(version, ':', &epoch, &rest) ? rest : version;
}

/* The order of the installed version relative to the version with that number: -1, 0, 1 or NOT_COMPARABLE. */
static int installed_order(struct installed *installed, uint32_t number)
{
	signed char *order = &installed->orders[number];
	if (*order != NOT_YET)
		return *order;
	int found;
	if (!installed->ordered ||
	    !version_order(installed->scheme, installed->version, installed_bound(installed, number), &found))
		return *order = NOT_COMPARABLE;
	return *order = (signed char)found;
}

/* The same for the version with the number `candidate`, or for the installed version if candidate is 0. */
static int installed_order_of(struct installed *installed, uint32_t candidate, uint32_t number)
{
	if (candidate == 0)
		return installed_order(installed, number);
	if (installed_order(installed, number) == NOT_COMPARABLE)
		return NOT_COMPARABLE;
	return installed->scheme->compare(installed->rows->versions[candidate], installed->rows->versions[number]);
}

/* Returns true if an advisory that names the version with that number means the version with the number `candidate`, or
 * the installed version if candidate is 0. */
static bool installed_is_meant(const struct installed *installed, uint32_t candidate, uint32_t number)
{
	const span *versions = installed->rows->versions;
	if (candidate)
		return version_is_meant(installed->scheme, versions[number], versions[candidate]);
	return version_is_meant(installed->scheme, installed_bound(installed, number), installed->version);
}

static bool event_undoes(const struct row_event *event, const struct row_event *last)
{
	return event->version == last->version && event->kind != last->kind &&
	       (event->kind == EVENT_INTRODUCED || event->kind == EVENT_FIXED) &&
	       (last->kind == EVENT_INTRODUCED || last->kind == EVENT_FIXED);
}

/* Evaluates one range: the events from `event` up to the first event of the next range. A bound without an order
 * relative to the version makes the range unusable: without that bound it would be larger than the advisory says. */
static bool installed_in_range(struct installed *installed, uint32_t candidate, const struct row_event *event,
                               const struct row_event *end)
{
	bool affected = false, before = false, limited = false, below = false;
	const struct row_event *first = event;
	for (; event < end && (event == first || !event->starts); event++) {
		int order = event->version == 0 ? 1 : installed_order_of(installed, candidate, event->version);
		if (order == NOT_COMPARABLE)
			return false;
		if (event > first && event_undoes(event, event - 1)) {
			affected = before;
			continue;
		}
		before = affected;
		if (event->kind == EVENT_INTRODUCED && order >= 0)
			affected = true;
		else if (event->kind == EVENT_FIXED && order >= 0)
			affected = false;
		else if (event->kind == EVENT_LAST_AFFECTED && order > 0 &&
		         !installed_is_meant(installed, candidate, event->version))
			affected = false;
		else if (event->kind == EVENT_LIMIT)
			limited = true, below = below || order < 0;
	}
	return affected && (!limited || below);
}

static bool installed_is_named_fix(struct installed *installed, uint32_t candidate, const struct package_row *row)
{
	for (size_t i = 0; i < row->event_count; i++)
		if (row->events[i].kind == EVENT_FIXED && row->events[i].version &&
		    installed_order_of(installed, candidate, row->events[i].version) == 0)
			return true;
	return false;
}

static bool installed_in_any_range(struct installed *installed, uint32_t candidate, const struct package_row *row)
{
	const struct row_event *end = row->events + row->event_count;
	if ((installed->exact_fixes && installed_is_named_fix(installed, candidate, row)))
		return false;
	for (const struct row_event *event = row->events; event < end; event++)
		if (event->starts && installed_in_range(installed, candidate, event, end))
			return true;
	return false;
}

static bool installed_is_listed(struct installed *installed, const struct package_row *row)
{
	for (size_t i = 0; i < row->version_count; i++)
		if (span_equal(installed->version, installed->rows->versions[row->versions[i]]) ||
		    (installed->ordered && installed_is_meant(installed, 0, row->versions[i])))
			return true;
	return false;
}

bool installed_is_affected(struct installed *installed, const struct package_row *row)
{
	return installed_in_any_range(installed, 0, row) || installed_is_listed(installed, row);
}

/* Returns the lowest fix above the installed version and above `floor`; 0 if there is none. */
static uint32_t installed_next_fix(struct installed *installed, const struct package_row *row, uint32_t floor)
{
	const span *versions = installed->rows->versions;
	uint32_t lowest = 0;
	for (size_t i = 0; i < row->event_count; i++) {
		uint32_t version = row->events[i].version;
		if (row->events[i].kind != EVENT_FIXED || version == 0 || installed_order(installed, version) != -1)
			continue;
		if (floor && installed->scheme->compare(versions[version], versions[floor]) <= 0)
			continue;
		if (lowest == 0 || installed->scheme->compare(versions[version], versions[lowest]) < 0)
			lowest = version;
	}
	return lowest;
}

uint32_t installed_fix(struct installed *installed, const struct package_row *row)
{
	uint32_t fix = installed->ordered ? installed_next_fix(installed, row, 0) : 0;
	for (int tried = 0; fix && installed_in_any_range(installed, fix, row); tried++)
		fix = tried < FIXES_TRIED ? installed_next_fix(installed, row, fix) : 0;
	return fix;
}

bool row_has_fix(const struct package_row *row)
{
	for (size_t i = 0; i < row->event_count; i++)
		if (row->events[i].kind == EVENT_FIXED)
			return true;
	return false;
}
