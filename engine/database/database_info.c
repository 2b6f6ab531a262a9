/* tarsier.h's information about a database */
#include "database/database.h"
#include "database/omission.h"

#include <stdlib.h>

static bool copy(struct arena *arena, const char *text, const char **field)
{
	return (*field = arena_string(arena, text)) != NULL;
}

/* "1 45826 2026-08-21T10:00:00Z" */
static bool read_feed(struct arena *arena, const struct map_entry *entry, struct tarsier_feed *feed)
{
	span covered, records, newest;
	span_cut(span_of(entry->value), ' ', &covered, &records);
	span_cut(records, ' ', &records, &newest);
	span_number(records, &feed->records);
	feed->covered = span_is(covered, "1");
	return (feed->name = span_copy(arena, entry->key)) && (feed->newest = span_copy(arena, newest));
}

static bool read_feeds(struct database *database, struct arena *arena, struct tarsier_database_info *info)
{
	const struct map *map = database_feeds(database);
	struct tarsier_feed *feeds = arena_array(arena, map->count, sizeof *feeds);
	bool done = feeds;
	for (size_t i = 0; done && i < map->count; i++)
		done = read_feed(arena, &map->entries[i], &feeds[i]);
	info->feeds = feeds;
	info->feed_count = map->count;
	return done;
}

static bool read_omissions(struct database *database, struct arena *arena, struct tarsier_database_info *info)
{
	const struct map *map = database_omissions(database);
	struct tarsier_omission *omissions = arena_array(arena, map->count, sizeof *omissions);
	for (size_t i = 0; omissions && i < map->count; i++) {
		uint64_t reason = OMISSIONS;
		span_number(map->entries[i].key, &reason);
		omissions[i].reason = reason < OMISSIONS ? omission_text((enum omission)reason) : "";
		span_number(span_of(map->entries[i].value), &omissions[i].count);
	}
	info->omissions = omissions;
	info->omission_count = map->count;
	return omissions;
}

static uint64_t count_lines(const char *text)
{
	uint64_t count = 0;
	for (; *text; text++)
		count += *text == '\n';
	return count;
}

int database_info(struct database *database, struct arena *arena, struct tarsier_database_info *info,
                  struct tarsier_error *error)
{
	span advisories = span_of(database_meta(database, "advisories")),
		packages = span_of(database_meta(database, "packages"));
	*info = (struct tarsier_database_info){0};
	span_number(advisories, &info->advisories);
	span_number(packages, &info->packages);
	info->starter = span_is(span_of(database_meta(database, "starter")), "1");
	info->ends = count_lines(database_meta(database, "ends"));
	info->ecosystems = database_ecosystems(database, arena);
	bool done = read_feeds(database, arena, info) && read_omissions(database, arena, info) && info->ecosystems;
	if (!done || !copy(arena, database_path(database), &info->path) ||
	    !copy(arena, database_meta(database, "built"), &info->built) ||
	    !copy(arena, database_meta(database, "newest"), &info->newest) ||
	    !copy(arena, database_meta(database, "kev_date"), &info->kev_date) ||
	    !copy(arena, database_meta(database, "epss_date"), &info->epss_date) ||
	    !copy(arena, database_meta(database, "note"), &info->note) ||
	    !copy(arena, database_meta(database, "epss_model"), &info->epss_model))
		return error_memory(error);
	return 0;
}

/* The result of tarsier_database_read. The public record comes first, so both have the same address. */
struct held_info { struct tarsier_database_info info; struct arena arena; };

int tarsier_database_read(const char *path, struct tarsier_database_info **info, struct tarsier_error *error)
{
	struct database *database;
	struct tarsier_error own;
	error = error_or(error, &own);
	*info = NULL;
	int code = database_open(path, &database, error);
	if (code < 0)
		return code;
	struct held_info *held = calloc(1, sizeof *held);
	code = held ? 0 : error_memory(error);
	if (held) {
		arena_init(&held->arena, NULL);
		code = database_info(database, &held->arena, &held->info, error);
	}
	database_close(database);
	if (code < 0)
		tarsier_database_info_free(held ? &held->info : NULL);
	else
		*info = &held->info;
	return code;
}

void tarsier_database_info_free(struct tarsier_database_info *info)
{
	struct held_info *held = (struct held_info *)info;
	if (!held)
		return;
	arena_free(&held->arena);
	free(held);
}
