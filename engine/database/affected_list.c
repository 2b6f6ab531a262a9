#include "database/affected_list.h"

static bool make_range(struct affected *affected, struct arena *arena, const char *fixed)
{
	struct advisory_event *events = arena_array(arena, 2, sizeof *events);
	affected->ranges = arena_alloc(arena, sizeof *affected->ranges);
	if (!events || !affected->ranges)
		return false;
	events[0] = (struct advisory_event){EVENT_INTRODUCED, "0"};
	events[1] = (struct advisory_event){EVENT_FIXED, fixed};
	affected->ranges[0] = (struct advisory_range){events, *fixed ? 2 : 1};
	affected->range_count = affected->status != STATUS_NOT_AFFECTED;
	return true;
}

bool affected_list_add(struct affected_list *list, struct arena *arena, const struct affected *one, const char *fixed)
{
	static const char *no_vectors[] = {NULL};
	list->items = arena_grow(arena, list->items, list->count, &list->capacity, sizeof *list->items);
	if (!list->items)
		return false;
	struct affected *affected = &list->items[list->count];
	*affected = *one;
	affected->cvss = one->cvss ? one->cvss : no_vectors;
	affected->purl = one->purl ? one->purl : "";
	if (!make_range(affected, arena, fixed))
		return false;
	list->count++;
	return true;
}

const char *affected_fixed(const struct affected *affected)
{
	bool open = affected->range_count == 0 || affected->ranges[0].count < 2;
	return open ? "" : affected->ranges[0].events[1].version;
}

bool text_list_add(struct text_list *list, struct arena *arena, const char *text)
{
	const char *copy = arena_string(arena, text);
	size_t used = list->count ? list->count + 1 : 0; /* with the NULL */
	list->items = arena_grow(arena, list->items, used, &list->capacity, sizeof *list->items);
	if (!copy || !list->items)
		return false;
	list->items[list->count++] = copy;
	list->items[list->count] = NULL;
	return true;
}

const char **text_list_items(const struct text_list *list)
{
	static const char *none[] = {NULL};
	return list->count ? list->items : none;
}
