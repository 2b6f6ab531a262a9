#include "inventory/dependencies.h"

#include "base/map.h"

#include <stdio.h>
#include <string.h>

/* ---- what records say -------------------------------------------------------------------------------------------- */

bool dependencies_begin(struct buffer *into, bool essential)
{
	return essential ? buffer_add(into, "essential\n", strlen("essential\n")) : buffer_add(into, "\n", 1);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The text up to the first of these characters. */
static span before(span text, const char *ends)
{
	size_t length = 0;
	while (length < text.len && text.ptr[length] && !strchr(ends, text.ptr[length]))
		length++;
	return (span){text.ptr, length};
}

static bool add_name(struct buffer *into, span name, char end)
{
	return buffer_add(into, name.ptr, name.len) && buffer_add(into, &end, 1);
}

static bool add_group(struct buffer *into, span group)
{
	span alternative;
	while (span_next(&group, '|', &alternative)) {
		span name = before(span_trim(alternative), " \t\r\n(:[<");
		if (name.len && !add_name(into, name, '|'))
			return false;
	}
	return buffer_add(into, "\n", 1);
}

bool dependencies_add_control(struct buffer *into, span field)
{
	span group;
	while (span_next(&field, ',', &group))
		if (into->length < DEPENDENCIES_TEXT_LIMIT && !add_group(into, group))
			return false;
	return true;
}

bool dependencies_add_words(struct buffer *into, span field)
{
	while (field.len && into->length < DEPENDENCIES_TEXT_LIMIT) {
		while (field.len && is_space(*field.ptr))
			field = span_from(field, 1);
		span word = before(field, " \t\r\n"), name = before(word, "<>=~");
		field = span_from(field, word.len);
		if (word.len && !name.len && !word.ptr[0])
			break; /* a NUL ends it */
		if (name.len && *name.ptr != '!' && !add_name(into, name, '\n'))
			return false;
		if (!word.len)
			break;
	}
	return true;
}

/* ---- which packages that means ----------------------------------------------------------------------------------- */

bool dependencies_new(struct arena *arena, const char *requires, const char *provides, const struct tarsier_dependencies **into)
{
	*into = NULL;
	if (!*requires)
		return true;
	struct tarsier_dependencies *made = arena_alloc(arena, sizeof *made);
	if (!made)
		return false;
	/* Of a record that is too long, some requirements are unknown: the package is never said to be unneeded. */
	bool is_whole = strlen(requires) < DEPENDENCIES_TEXT_LIMIT && strlen(provides) < DEPENDENCIES_TEXT_LIMIT;
	*made = (struct tarsier_dependencies){
		.requires = requires, .provides = provides, .essential = !is_whole || span_starts(span_of(requires), "essential\n")};
	*into = made;
	return true;
}

struct provider {
	size_t package;
	const struct provider *next;
};

struct provided { /* under one name */
	const struct provider *first;
};

struct resolving {
	struct arena *arena, *scratch;
	struct tarsier_package *packages;
	size_t count, steps, provided;
	struct map providers;   /* "TYPE NAME" → struct provided */
	size_t *seen;           /* by package: one more than the package that was found to need it last */
	size_t *found;          /* what the package at hand needs */
	size_t found_count;
};

enum { KEY = 1200 }; /* no name is longer than PACKAGE_FIELD_LIMIT */

/* Names of one type of package mean nothing to another. Returns false if the name is too long. */
static bool make_key(char key[KEY], const char *type, span name, span *text)
{
	int length = name.len < KEY ? snprintf(key, KEY, "%s %.*s", type, SPAN_WHOLE(name)) : KEY;
	*text = (span){key, (size_t)length};
	return length > 0 && length < KEY;
}

static bool provide(struct resolving *all, size_t package, span name)
{
	char room[KEY];
	span key;
	if (!name.len || !make_key(room, all->packages[package].type, name, &key))
		return true;
	struct provided *by = map_get(&all->providers, key);
	struct provider *made = arena_alloc(all->scratch, sizeof *made);
	if (!by) {
		const char *kept = span_copy(all->scratch, key);
		by = arena_alloc(all->scratch, sizeof *by);
		if (!by || !kept)
			return false;
		by->first = NULL;
		if (!map_put(&all->providers, span_of(kept), by))
			return false;
	}
	if (!made)
		return false;
	*made = (struct provider){package, by->first};
	by->first = made;
	return true;
}

static bool provide_all(struct resolving *all, size_t package)
{
	const struct tarsier_dependencies *dependencies = all->packages[package].dependencies;
	span provides = span_of(dependencies->provides), line;
	bool ok = provide(all, package, span_of(all->packages[package].name));
	while (ok && all->provided < DEPENDENCIES_PROVIDED_LIMIT && span_next(&provides, '\n', &line)) {
		all->provided++;
		if (line.len && line.ptr[line.len - 1] == '|')
			line.len--;
		ok = provide(all, package, line);
	}
	return ok;
}

static void need(struct resolving *all, size_t package, span name)
{
	char room[KEY];
	span key;
	all->steps++;
	if (!name.len || !make_key(room, all->packages[package].type, name, &key))
		return;
	const struct provided *by = map_get(&all->providers, key);
	for (const struct provider *one = by ? by->first : NULL; one && all->steps < DEPENDENCIES_STEPS_LIMIT; one = one->next) {
		all->steps++;
		if (one->package == package || all->seen[one->package] == package + 1)
			continue;
		all->seen[one->package] = package + 1;
		all->found[all->found_count++] = one->package;
	}
}

/* Each of several installed alternatives counts: which one the package uses is not recorded. */
static bool need_all(struct resolving *all, size_t package)
{
	struct tarsier_dependencies *own = arena_alloc(all->arena, sizeof *own);
	const struct tarsier_dependencies *said = all->packages[package].dependencies;
	span requires = span_of(said->requires), line, name;
	if (!own)
		return false;
	all->found_count = 0;
	span_next(&requires, '\n', &line); /* "essential" */
	while (span_next(&requires, '\n', &line))
		while (span_next(&line, '|', &name))
			need(all, package, name);
	size_t *on = arena_array(all->arena, all->found_count + 1, sizeof *on);
	if (!on)
		return false;
	memcpy(on, all->found, all->found_count * sizeof *on);
	*own = (struct tarsier_dependencies){.on = on, .count = all->found_count, .essential = said->essential};
	all->packages[package].dependencies = own;
	return true;
}

static bool resolve(struct resolving *all)
{
	bool ok = true;
	all->providers.arena = all->scratch;
	all->seen = arena_array(all->scratch, all->count + 1, sizeof *all->seen);
	all->found = arena_array(all->scratch, all->count + 1, sizeof *all->found);
	if (!all->seen || !all->found)
		return false;
	memset(all->seen, 0, (all->count + 1) * sizeof *all->seen);
	for (size_t i = 0; ok && i < all->count; i++)
		ok = !all->packages[i].dependencies || provide_all(all, i);
	for (size_t i = 0; ok && i < all->count; i++)
		ok = !all->packages[i].dependencies || need_all(all, i);
	return ok;
}

int dependencies_resolve(struct arena *arena, struct tarsier_package *packages, size_t count, struct tarsier_error *error)
{
	struct arena scratch;
	arena_init(&scratch, &arena->allocator);
	struct resolving all = {.arena = arena, .scratch = &scratch, .packages = packages, .count = count};
	bool ok = resolve(&all);
	bool is_made_up = all.steps >= DEPENDENCIES_STEPS_LIMIT || all.provided >= DEPENDENCIES_PROVIDED_LIMIT;
	for (size_t i = 0; is_made_up && i < count; i++)
		packages[i].dependencies = NULL;
	arena_free(&scratch);
	return ok ? TARSIER_OK : error_memory(error);
}
