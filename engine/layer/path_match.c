#include "layer/path_match.h"

#include "base/glob.h"
#include "layer/reader.h"

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
	struct rule *next; /* with the same bucket; or in the list of those without a key */
	uint32_t hash;
	enum key_kind kind;
	span pattern; /* without the leading "**" and "/" */
	bool anywhere; /* there was one */
	size_t components;
	const struct reader *reader;
};

struct path_match {
	struct arena *arena;
	struct rule **buckets;
	size_t bucket_count, rule_count; /* the first is a power of two */
	struct rule *without_key;
};

/* ---- patterns --------------------------------------------------------------------------------------------------- */

/* Takes the last component off *path, the slash before it too. */
static span take_last(span *path)
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
		if (path.len == 0 || !glob_matches(take_last(&pattern), take_last(&path), NULL))
			return false;
	}
	return rule->anywhere || path.len == 0;
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

static uint32_t key_hash(enum key_kind kind, span key)
{
	uint32_t hash = 2166136261u + (uint32_t)kind; /* FNV-1a */
	for (size_t i = 0; i < key.len; i++)
		hash = (hash ^ (unsigned char)key.ptr[i]) * 16777619u;
	return hash ^ hash >> 15;
}

/* ".json" of "package.json", "" where there is no dot. */
static span extension_of(span name)
{
	ptrdiff_t dot = span_find_last(name, '.');
	return dot < 0 ? SPAN("") : span_from(name, (size_t)dot);
}

/* What a pattern can be found by, the rarest first. */
static void set_key(struct rule *rule)
{
	span folders = rule->pattern, name = take_last(&folders);
	span extension = extension_of(name), folder = take_last(&folders);
	if (span_find(name, '*') < 0) {
		rule->kind = KEY_NAME;
		rule->hash = key_hash(KEY_NAME, name);
	} else if (folder.len && span_find(folder, '*') < 0) {
		rule->kind = KEY_FOLDER;
		rule->hash = key_hash(KEY_FOLDER, folder);
	} else if (extension.len && span_find(extension, '*') < 0) {
		rule->kind = KEY_EXTENSION;
		rule->hash = key_hash(KEY_EXTENSION, extension);
	} else {
		rule->kind = KEY_NONE;
	}
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

static bool grow_table(struct path_match *patterns)
{
	size_t count = patterns->bucket_count ? patterns->bucket_count * 4 : 1024;
	struct rule **buckets = arena_array(patterns->arena, count, sizeof *buckets);
	if (!buckets)
		return false;
	for (size_t i = 0; i < patterns->bucket_count; i++) {
		for (struct rule *rule = patterns->buckets[i], *next; rule; rule = next) {
			next = rule->next;
			rule->next = buckets[rule->hash & (count - 1)];
			buckets[rule->hash & (count - 1)] = rule;
		}
	}
	patterns->buckets = buckets;
	patterns->bucket_count = count;
	return true;
}

static int add_rule(struct path_match *patterns, struct rule *rule, struct tarsier_error *error)
{
	if (patterns->rule_count >= patterns->bucket_count / 2 && !grow_table(patterns))
		return error_memory(error);
	struct rule **list = rule->kind == KEY_NONE ? &patterns->without_key
	                                            : &patterns->buckets[rule->hash & (patterns->bucket_count - 1)];
	rule->next = *list;
	*list = rule;
	patterns->rule_count++;
	return TARSIER_OK;
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
	if (rule->anywhere)
		rule->pattern = span_from(rule->pattern, 3);
	if (rule->pattern.len == 0 || rule->pattern.ptr[0] == '/' || span_ends(rule->pattern, "/") ||
	    span_contains(rule->pattern, "//") || span_contains(rule->pattern, "**"))
		return error_set(error, TARSIER_USAGE, "reader %s: \"%s\" is not a pattern for evidence", reader->name,
		                 pattern);
	span rest = rule->pattern, component;
	while (span_next(&rest, '/', &component))
		rule->components++;
	set_key(rule);
	return add_rule(patterns, rule, error);
}

int path_match_new(struct arena *arena, const struct reader *const *readers, struct path_match **patterns,
                struct tarsier_error *error)
{
	struct path_match *made = arena_alloc(arena, sizeof *made);
	if (!made)
		return error_memory(error);
	made->arena = arena;
	if (!grow_table(made))
		return error_memory(error);
	for (; *readers; readers++) {
		for (const char *const *pattern = (*readers)->evidence; *pattern; pattern++) {
			int code = add_pattern(made, *pattern, *readers, error);
			if (code < 0)
				return code;
		}
	}
	*patterns = made;
	return TARSIER_OK;
}

int path_match_add(struct path_match *patterns, const char *path, const struct reader *reader, struct tarsier_error *error)
{
	struct rule *rule = arena_alloc(patterns->arena, sizeof *rule);
	char *copy = arena_string(patterns->arena, path);
	if (!rule || !copy)
		return error_memory(error);
	span folders = span_of(copy);
	/* No components: it is compared as a whole. */
	*rule = (struct rule){.kind = KEY_NAME, .pattern = folders, .reader = reader};
	rule->hash = key_hash(KEY_NAME, take_last(&folders));
	return add_rule(patterns, rule, error);
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
	uint32_t hash = key_hash(kind, key);
	for (const struct rule *rule = patterns->buckets[hash & (patterns->bucket_count - 1)]; rule; rule = rule->next)
		if (rule->hash == hash && rule->kind == kind)
			consider(rule, path, best);
}

const struct reader *path_match_find(const struct path_match *patterns, span path)
{
	const struct reader *best = NULL;
	span folders = path, name = take_last(&folders), extension = extension_of(name), folder = take_last(&folders);
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
