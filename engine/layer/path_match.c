#include "layer/path_match.h"

#include "base/glob.h"
#include "base/map.h"
#include "layer/reader.h"

#include <stdlib.h>
#include <string.h>

/*
 * pattern   := ["**" "/"] component {"/" component}
 * component := any bytes but "/"; "*" and "?" are base/glob.h's
 *
 * A path is looked up by its last component, by that component's extension and by the folder it lies in: whichever the
 * pattern spells out. So most paths meet nothing, in three probes of a table. Patterns that spell out none of the three
 * are tried on every path.
 */
enum key_kind { KEY_NAME, KEY_EXTENSION, KEY_FOLDER, KEY_NONE };

struct rule {
	struct rule *next; /* with the same key; or in the list of those without one */
	span pattern; /* without the leading "**" and "/" */
	bool anywhere; /* there was one */
	size_t components;
	const struct reader *reader;
};

struct path_match {
	struct arena *arena;
	struct map rules[KEY_NONE]; /* by key, one map a kind: lists of rules */
	struct rule *without_key;
	const struct reader **claimers; /* sorted by name */
	size_t claimer_count, claimer_capacity;
	bool has_order;
};

/* ---- patterns --------------------------------------------------------------------------------------------------- */

span path_take_last(span *path)
{
	ptrdiff_t slash = span_find_last(*path, '/');
	span last = slash < 0 ? *path : span_from(*path, (size_t)slash + 1);
	path->len = slash < 0 ? 0 : (size_t)slash;
	return last;
}

/* A star never crosses a slash, so a pattern of n components looks at the path's last n, and nowhere else. */
static bool rule_matches(const struct rule *rule, span path)
{
	span pattern = rule->pattern;
	for (size_t left = rule->components; left; left--) {
		if (path.len == 0 || !glob_matches(path_take_last(&pattern), path_take_last(&path), NULL))
			return false;
	}
	return rule->anywhere || path.len == 0;
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

/* ".json" of "package.json", "" if there is no dot. */
static span extension_of(span name)
{
	ptrdiff_t dot = span_find_last(name, '.');
	return dot < 0 ? SPAN("") : span_from(name, (size_t)dot);
}

static bool has_wildcard(span component)
{
	return span_find(component, '*') >= 0 || span_find(component, '?') >= 0;
}

/* What a pattern can be found by, the rarest first. */
static enum key_kind find_key(span pattern, span *key)
{
	span folders = pattern, name = path_take_last(&folders);
	span extension = extension_of(name), folder = path_take_last(&folders);
	*key = name;
	if (!has_wildcard(name))
		return KEY_NAME;
	*key = folder;
	if (folder.len && !has_wildcard(folder))
		return KEY_FOLDER;
	*key = extension;
	return extension.len && !has_wildcard(extension) ? KEY_EXTENSION : KEY_NONE;
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

static int add_rule(struct path_match *patterns, enum key_kind kind, span key, struct rule *rule,
                    struct tarsier_error *error)
{
	if (kind == KEY_NONE) {
		rule->next = patterns->without_key;
		patterns->without_key = rule;
		return TARSIER_OK;
	}
	rule->next = map_get(&patterns->rules[kind], key);
	return map_put(&patterns->rules[kind], key, rule) ? TARSIER_OK : error_memory(error);
}

static int add_pattern(struct path_match *patterns, const char *pattern, const struct reader *reader,
                       struct tarsier_error *error)
{
	struct rule *rule = arena_alloc(patterns->arena, sizeof *rule);
	if (!rule)
		return error_memory(error);
	rule->pattern = span_of(pattern);
	rule->reader = reader;
	rule->anywhere = span_starts(rule->pattern, "**/");
	patterns->has_order |= reader->order;
	if (rule->anywhere)
		rule->pattern = span_from(rule->pattern, 3);
	if (rule->pattern.len == 0 || rule->pattern.ptr[0] == '/' || span_ends(rule->pattern, "/") ||
	    span_contains(rule->pattern, "//") || span_contains(rule->pattern, "**"))
		return error_set(error, TARSIER_USAGE, "reader %s: \"%s\" is not a pattern for evidence", reader->name,
		                 pattern);
	span rest = rule->pattern, component;
	while (span_next(&rest, '/', &component))
		rule->components++;
	span key;
	enum key_kind kind = find_key(rule->pattern, &key);
	return add_rule(patterns, kind, key, rule, error);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp((*(const struct reader *const *)a)->name, (*(const struct reader *const *)b)->name);
}

static int add_claimers(struct path_match *patterns, const struct reader *const *readers, struct tarsier_error *error)
{
	for (; *readers; readers++) {
		if (!(*readers)->claims)
			continue;
		const struct reader **grown = arena_grow(patterns->arena, patterns->claimers, patterns->claimer_count,
		                                         &patterns->claimer_capacity, sizeof *grown);
		if (!grown)
			return error_memory(error);
		patterns->claimers = grown;
		grown[patterns->claimer_count++] = *readers;
	}
	if (patterns->claimer_count)
		qsort(patterns->claimers, patterns->claimer_count, sizeof *patterns->claimers, compare_names);
	return TARSIER_OK;
}

int path_match_new(struct arena *arena, const struct reader *const *readers, struct path_match **patterns,
                struct tarsier_error *error)
{
	struct path_match *made = arena_alloc(arena, sizeof *made);
	if (!made)
		return error_memory(error);
	made->arena = arena;
	for (size_t kind = 0; kind < KEY_NONE; kind++)
		made->rules[kind].arena = arena;
	int code = add_claimers(made, readers, error);
	if (code < 0)
		return code;
	for (; *readers; readers++) {
		for (const char *const *pattern = (*readers)->evidence; *pattern; pattern++) {
			code = add_pattern(made, *pattern, *readers, error);
			if (code < 0)
				return code;
		}
	}
	*patterns = made;
	return TARSIER_OK;
}

int path_match_add(struct path_match *patterns, const char *path, const struct reader *reader,
                   struct tarsier_error *error)
{
	struct rule *rule = arena_alloc(patterns->arena, sizeof *rule);
	char *copy = arena_string(patterns->arena, path);
	if (!rule || !copy)
		return error_memory(error);
	span folders = span_of(copy);
	/* No components: it is compared as a whole. */
	*rule = (struct rule){.pattern = folders, .reader = reader};
	return add_rule(patterns, KEY_NAME, path_take_last(&folders), rule, error);
}

static void consider(const struct rule *rule, span path, const struct reader **best)
{
	if (*best && strcmp((*best)->name, rule->reader->name) <= 0)
		return;
	if (rule->components ? rule_matches(rule, path) : span_equal(rule->pattern, path))
		*best = rule->reader;
}

static void probe(const struct path_match *patterns, enum key_kind kind, span key, span path, const struct reader **best)
{
	for (const struct rule *rule = map_get(&patterns->rules[kind], key); rule; rule = rule->next)
		consider(rule, path, best);
}

const struct reader *path_match_find(const struct path_match *patterns, span path)
{
	const struct reader *best = NULL;
	span folders = path, name = path_take_last(&folders);
	span extension = extension_of(name), folder = path_take_last(&folders);
	if (name.len == 0)
		return NULL;
	probe(patterns, KEY_NAME, name, path, &best);
	if (extension.len)
		probe(patterns, KEY_EXTENSION, extension, path, &best);
	if (folder.len)
		probe(patterns, KEY_FOLDER, folder, path, &best);
	for (const struct rule *rule = patterns->without_key; rule; rule = rule->next)
		consider(rule, path, &best);
	return best;
}

const struct reader *path_match_folder(const struct path_match *patterns, span folder)
{
	for (const struct rule *rule = map_get(&patterns->rules[KEY_NAME], SPAN(EVIDENCE_FOLDER)); rule; rule = rule->next) {
		struct rule above = *rule;
		path_take_last(&above.pattern);
		above.components--;
		if (rule->reader->folders && rule->components > 1 && rule_matches(&above, folder))
			return rule->reader;
	}
	return NULL;
}

bool path_match_orders(const struct path_match *patterns, span path)
{
	const struct reader *reader = patterns->has_order ? path_match_find(patterns, path) : NULL;
	return reader && reader->order;
}

bool path_match_claims(const struct path_match *patterns)
{
	return patterns->claimer_count;
}

const struct reader *path_match_claim(const struct path_match *patterns, const struct claim *file)
{
	for (size_t i = 0; i < patterns->claimer_count; i++)
		if (patterns->claimers[i]->claims(file))
			return patterns->claimers[i];
	return NULL;
}
