/* finds policies and their modules */
#include "policy/policy.h"

#include "base/suggest.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIRS = 64, MAX_POLICIES = 1000 }; /* more are a mistake */

struct dirs {
	struct arena *arena;
	const char *items[MAX_DIRS + 1];
	size_t count;
	bool is_out_of_memory;
};

static void add_dir(struct dirs *dirs, const char *dir)
{
	if (!dir)
		dirs->is_out_of_memory = true;
	else if (*dir && dirs->count < MAX_DIRS)
		dirs->items[dirs->count++] = dir;
}

static void add_environment(struct dirs *dirs)
{
	span rest = span_of(getenv("TARSIER_POLICIES")), part;
	while (span_next(&rest, ':', &part))
		add_dir(dirs, span_copy(dirs->arena, part));
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	if (config && *config)
		add_dir(dirs, arena_format(dirs->arena, "%s/tarsier/policies", config));
	else if (home && *home)
		add_dir(dirs, arena_format(dirs->arena, "%s/.config/tarsier/policies", home));
}

const char *const *policy_dirs(struct arena *arena, const struct tarsier_judge_config *config)
{
	struct dirs dirs = {.arena = arena};
	for (const char *const *dir = config->policy_dirs; dir && *dir; dir++)
		add_dir(&dirs, *dir);
	if (!config->no_environment)
		add_environment(&dirs);
	add_dir(&dirs, config->ready_dir);
	if (!config->no_environment)
		add_dir(&dirs, "policies");
	const char **list = dirs.is_out_of_memory ? NULL : arena_array(arena, dirs.count + 1, sizeof *list);
	return list ? memcpy(list, dirs.items, dirs.count * sizeof *list) : NULL;
}

static bool is_file_name(const char *policy)
{
	return strchr(policy, '/') || span_ends(span_of(policy), ".lua");
}

static bool is_name(const char *policy)
{
	size_t length = strspn(policy, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
	return length && !policy[length] && policy[0] != '.' && policy[0] != '-';
}

static bool is_readable(const char *path)
{
	FILE *file = fopen(path, "rb");
	if (file)
		fclose(file);
	return file != NULL;
}

/* The name in ".../fixable.lua". */
static span base_name(const char *path)
{
	span name = span_of(path);
	ptrdiff_t slash = span_find_last(name, '/');
	name = span_from(name, (size_t)(slash + 1));
	return span_ends(name, ".lua") ? (span){name.ptr, name.len - 4} : name;
}

/* Writes "are default, fixable, kev" or "are none". Names that do not fit are dropped. */
static void list_names(const char *const *files, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, *files ? "are" : "are none");
	for (size_t i = 0; files[i]; i++) {
		span name = base_name(files[i]);
		if (used + name.len + 8 >= size) {
			snprintf(text + used, size - used, ", …");
			return;
		}
		used += (size_t)snprintf(text + used, size - used, "%s%.*s", i ? ", " : " ", SPAN_ARG(name));
	}
}

static int not_found(struct arena *arena, const struct tarsier_judge_config *config, const char *policy,
                     const char *const *dirs, struct tarsier_error *error)
{
	const char *const *files;
	if (policy_list(arena, config, &files, error) < 0)
		return error->code;
	struct suggestion suggestion = {.typed = span_of(policy)};
	for (size_t i = 0; files[i]; i++)
		suggestion_offer(&suggestion, base_name(files[i]));
	char hint[160] = "", places[500] = "", known[300];
	list_names(files, known, sizeof known);
	if (suggestion.word.len)
		snprintf(hint, sizeof hint, " (did you mean '%.*s'?)", SPAN_ARG(suggestion.word));
	for (size_t used = 0; *dirs && used < sizeof places; dirs++)
		used += (size_t)snprintf(places + used, sizeof places - used, "%s%s", used ? ", " : "", *dirs);
	return error_set(error, TARSIER_NOT_FOUND, "no policy '%s'%s in %s; there %s", policy, hint,
	                 *places ? places : "any folder", known);
}

int policy_find(struct arena *arena, const struct tarsier_judge_config *config, const char *policy, const char **file,
                struct tarsier_error *error)
{
	struct tarsier_error own = {0};
	error = error ? error : &own;
	if (is_file_name(policy)) {
		*file = arena_string(arena, policy);
		return *file ? TARSIER_OK : error_memory(error);
	}
	if (!is_name(policy))
		return error_set(error, TARSIER_USAGE, "'%s' is not a policy: give a name such as 'fixable', or a file", policy);
	const char *const *dirs = policy_dirs(arena, config);
	if (!dirs)
		return error_memory(error);
	for (const char *const *dir = dirs; *dir; dir++) {
		*file = arena_format(arena, "%s/%s.lua", *dir, policy);
		if (!*file)
			return error_memory(error);
		if (is_readable(*file))
			return TARSIER_OK;
	}
	return not_found(arena, config, policy, dirs, error);
}

/* ---- listing ---- */

struct policy_listing {
	struct arena *arena;
	const char **files;
	size_t count, capacity;
};

static bool is_listed(const struct policy_listing *listing, const char *file)
{
	for (size_t i = 0; i < listing->count; i++)
		if (span_equal(base_name(listing->files[i]), base_name(file)))
			return true;
	return false;
}

static bool list_one(struct policy_listing *listing, const char *dir, const char *name)
{
	if (name[0] == '.' || !span_ends(span_of(name), ".lua") || listing->count >= MAX_POLICIES)
		return true;
	const char *file = arena_format(listing->arena, "%s/%s", dir, name);
	if (!file || is_listed(listing, file))
		return file != NULL;
	const char **files = arena_grow(listing->arena, listing->files, listing->count, &listing->capacity, sizeof *files);
	if (!files)
		return false;
	listing->files = files;
	listing->files[listing->count++] = file;
	return true;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool list_dir(struct policy_listing *listing, const char *dir)
{
	DIR *folder = opendir(dir);
	if (!folder)
		return true; /* most of the folders are optional */
	size_t first = listing->count;
	bool is_ok = true;
	for (struct dirent *entry; is_ok && (entry = readdir(folder));)
		is_ok = list_one(listing, dir, entry->d_name);
	closedir(folder);
	if (listing->count > first)
		qsort(listing->files + first, listing->count - first, sizeof *listing->files, compare_names);
	return is_ok;
}

int policy_list(struct arena *arena, const struct tarsier_judge_config *config, const char *const **files,
                struct tarsier_error *error)
{
	struct policy_listing listing = {.arena = arena};
	const char *const *dirs = policy_dirs(arena, config);
	for (const char *const *dir = dirs; dir && *dir; dir++)
		if (!list_dir(&listing, *dir))
			return error_memory(error);
	const char **list = dirs ? arena_array(arena, listing.count + 1, sizeof *list) : NULL;
	if (!list)
		return error_memory(error);
	if (listing.count)
		memcpy(list, listing.files, listing.count * sizeof *list);
	*files = list;
	return TARSIER_OK;
}

/* ---- modules ---- */

static bool is_module_name(span name)
{
	span part;
	bool is_name = name.len && name.len < 200 && name.ptr[name.len - 1] != '.';
	while (is_name && span_next(&name, '.', &part)) {
		is_name = part.len > 0;
		for (size_t i = 0; is_name && i < part.len; i++)
			is_name = part.ptr[i] && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", part.ptr[i]);
	}
	return is_name;
}

/* Replaces each '?' of a template by the module's name with slashes for dots. Returns NULL if memory ran out. */
static const char *fill_template(struct arena *arena, span template, span name)
{
	struct buffer path;
	buffer_init(&path, &arena->allocator);
	bool is_ok = true;
	for (size_t i = 0; is_ok && i < template.len; i++) {
		is_ok = template.ptr[i] == '?' || buffer_add(&path, &template.ptr[i], 1);
		for (size_t k = 0; is_ok && template.ptr[i] == '?' && k < name.len; k++)
			is_ok = buffer_add(&path, name.ptr[k] == '.' ? "/" : &name.ptr[k], 1);
	}
	const char *copy = is_ok ? arena_copy(arena, path.data, path.length) : NULL;
	buffer_free(&path);
	return copy;
}

/* Searches a list of templates in the format of Lua's package.path. *file stays NULL if no file exists. */
static bool search_path(struct arena *arena, span templates, span name, const char **file)
{
	span template;
	while (span_next(&templates, ';', &template)) {
		if (!template.len)
			continue;
		const char *path = fill_template(arena, template, name);
		if (!path)
			return false;
		if (is_readable(path)) {
			*file = path;
			return true;
		}
	}
	return true;
}

/* The modules of "policies/strict.lua" are in "policies". */
static const char *folder_of(struct arena *arena, const char *file)
{
	ptrdiff_t slash = span_find_last(span_of(file), '/');
	return slash < 0 ? arena_string(arena, ".") : arena_copy(arena, file, (size_t)slash);
}

int policy_find_module(struct arena *arena, const struct tarsier_judge_config *config, const char *policy, span name,
                       const char **file, struct tarsier_error *error)
{
	*file = NULL;
	if (!is_module_name(name))
		return error_set(error, TARSIER_USAGE, "'%.*s' is not a module's name: write it like acme.helpers", SPAN_ARG(name));
	const char *own = folder_of(arena, policy);
	const char *const *dirs = policy_dirs(arena, config);
	if (!own || !dirs)
		return error_memory(error);
	for (const char *dir = own; dir && !*file; dir = *dirs ? *dirs++ : NULL) {
		const char *templates = arena_format(arena, "%s/?.lua;%s/?/init.lua", dir, dir);
		if (!templates || !search_path(arena, span_of(templates), name, file))
			return error_memory(error);
	}
	if (!*file && !search_path(arena, span_of(config->module_path), name, file))
		return error_memory(error);
	if (*file)
		return TARSIER_OK;
	return error_set(error, TARSIER_NOT_FOUND, "no module '%.*s' beside the policy or in the policies' folders%s",
	                 SPAN_ARG(name), *config->module_path ? ", nor on Lua's path" : "");
}

/* ---- reading ---- */

int policy_read(struct arena *arena, const char *file, span *text, struct tarsier_error *error)
{
	FILE *stream = fopen(file, "rb");
	if (!stream && errno == ENOENT)
		return error_set(error, TARSIER_NOT_FOUND, "policy %s: no such file", file);
	if (!stream)
		return error_errno(error, errno, "policy %s", file);
	struct buffer buffer;
	buffer_init(&buffer, &arena->allocator);
	int code = TARSIER_OK;
	char piece[8192];
	size_t got;
	while (code >= 0 && (got = fread(piece, 1, sizeof piece, stream)) > 0) {
		if (buffer.length + got > SANDBOX_TEXT)
			code = error_set(error, TARSIER_POLICY, "policy %s: larger than %d KiB", file, SANDBOX_TEXT >> 10);
		else if (!buffer_add(&buffer, piece, got))
			code = error_memory(error);
	}
	if (code >= 0 && ferror(stream))
		code = error_errno(error, errno, "policy %s", file);
	fclose(stream);
	text->ptr = code >= 0 ? arena_copy(arena, buffer.data, buffer.length) : NULL;
	text->len = buffer.length;
	buffer_free(&buffer);
	return code >= 0 && !text->ptr ? error_memory(error) : code;
}
