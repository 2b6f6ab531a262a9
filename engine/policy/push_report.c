#include "policy/push_report.h"

#include <lauxlib.h>

static void set_string(lua_State *L, const char *key, const char *value)
{
	lua_pushstring(L, value ? value : "");
	lua_setfield(L, -2, key);
}

static void set_integer(lua_State *L, const char *key, uint64_t value)
{
	lua_pushinteger(L, (lua_Integer)value);
	lua_setfield(L, -2, key);
}

static void set_number(lua_State *L, const char *key, double value)
{
	lua_pushnumber(L, value);
	lua_setfield(L, -2, key);
}

static void set_boolean(lua_State *L, const char *key, int value)
{
	lua_pushboolean(L, value);
	lua_setfield(L, -2, key);
}

static void set_list(lua_State *L, const char *key, const char *const *strings)
{
	lua_newtable(L);
	for (lua_Integer i = 1; strings && *strings; strings++, i++) {
		lua_pushstring(L, *strings);
		lua_rawseti(L, -2, i);
	}
	lua_setfield(L, -2, key);
}

static void push_labels(lua_State *L, const struct tarsier_image *image)
{
	lua_createtable(L, 0, (int)image->label_count);
	for (size_t i = 0; i < image->label_count; i++)
		set_string(L, image->labels[i].key, image->labels[i].value);
}

static void push_config(lua_State *L, const struct tarsier_image *image)
{
	lua_createtable(L, 0, 7);
	set_string(L, "user", image->user);
	set_string(L, "working_dir", image->working_dir);
	set_list(L, "env", image->env);
	set_list(L, "entrypoint", image->entrypoint);
	set_list(L, "cmd", image->cmd);
	set_list(L, "exposed_ports", image->exposed_ports);
	push_labels(L, image);
	lua_setfield(L, -2, "labels");
}

static void push_distro(lua_State *L, const struct tarsier_image *image)
{
	lua_createtable(L, 0, 4);
	set_string(L, "id", image->distro_id);
	set_string(L, "version", image->distro_version);
	set_string(L, "codename", image->distro_codename);
	set_string(L, "name", image->distro_name);
}

static void push_layer(lua_State *L, const struct tarsier_image *image, size_t index)
{
	const struct tarsier_layer *layer = &image->layers[index];
	lua_createtable(L, 0, 7);
	set_integer(L, "index", index + 1);
	set_string(L, "digest", layer->digest);
	set_string(L, "diff_id", layer->diff_id);
	set_string(L, "created_by", layer->created_by);
	set_string(L, "media_type", layer->media_type);
	set_integer(L, "size", layer->size);
	set_boolean(L, "cached", layer->cached);
}

void push_image(lua_State *L, const tarsier_report *report)
{
	const struct tarsier_image *image = tarsier_report_image(report);
	luaL_checkstack(L, 8, "image");
	lua_createtable(L, 0, 12);
	set_string(L, "reference", image->reference);
	set_string(L, "name", image->name);
	set_string(L, "digest", image->digest);
	set_string(L, "id", image->id);
	set_string(L, "os", image->os);
	set_string(L, "architecture", image->architecture);
	set_string(L, "variant", image->variant);
	set_string(L, "created", image->created);
	set_string(L, "ecosystem", image->ecosystem);
	push_config(L, image);
	lua_setfield(L, -2, "config");
	push_distro(L, image);
	lua_setfield(L, -2, "distro");
	lua_createtable(L, (int)image->layer_count, 0);
	for (size_t i = 0; i < image->layer_count; i++) {
		push_layer(L, image, i);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "layers");
}

void push_package(lua_State *L, const tarsier_report *report, size_t index)
{
	const struct tarsier_package *package = tarsier_package_at(report, index);
	luaL_checkstack(L, 8, "package");
	lua_createtable(L, 0, 11);
	set_integer(L, "index", index + 1);
	set_string(L, "type", package->type);
	set_string(L, "ecosystem", package->ecosystem);
	set_string(L, "name", package->name);
	set_string(L, "version", package->version);
	set_string(L, "architecture", package->architecture);
	set_string(L, "purl", package->purl);
	set_string(L, "path", package->path);
	set_string(L, "reader", package->reader);
	set_integer(L, "layer", package->layer + 1);
	lua_createtable(L, 0, 2);
	set_string(L, "name", package->source_name);
	set_string(L, "version", package->source_version);
	lua_setfield(L, -2, "source");
}

void push_packages(lua_State *L, const tarsier_report *report)
{
	size_t count = tarsier_package_count(report);
	luaL_checkstack(L, 8, "packages");
	lua_createtable(L, (int)count, 0);
	for (size_t i = 0; i < count; i++) {
		push_package(L, report, i);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void set_scores(lua_State *L, const struct tarsier_finding *finding)
{
	if (finding->cvss_score >= 0) {
		lua_createtable(L, 0, 2);
		set_string(L, "vector", finding->cvss_vector);
		set_number(L, "score", finding->cvss_score);
		lua_setfield(L, -2, "cvss");
	}
	if (finding->epss >= 0) {
		lua_createtable(L, 0, 2);
		set_number(L, "score", finding->epss);
		set_number(L, "percentile", finding->epss_percentile);
		lua_setfield(L, -2, "epss");
	}
	if (finding->kev) {
		lua_createtable(L, 0, 3);
		set_string(L, "added", finding->kev_added);
		set_string(L, "due", finding->kev_due);
		set_boolean(L, "ransomware", finding->kev_ransomware);
		lua_setfield(L, -2, "kev");
	}
}

void push_finding(lua_State *L, const tarsier_report *report, size_t index)
{
	const struct tarsier_finding *finding = tarsier_finding_at(report, index);
	const struct tarsier_image *image = tarsier_report_image(report);
	luaL_checkstack(L, 8, "finding");
	lua_createtable(L, 0, 20);
	set_string(L, "id", finding->id);
	set_list(L, "aliases", finding->aliases);
	set_string(L, "severity", tarsier_severity_name(finding->severity));
	set_string(L, "severity_source", finding->severity_source);
	set_scores(L, finding);
	if (finding->fixed_version && *finding->fixed_version)
		set_string(L, "fixed_by", finding->fixed_version);
	set_string(L, "summary", finding->summary);
	set_string(L, "description", finding->description);
	set_string(L, "url", finding->url);
	set_string(L, "published", finding->published);
	set_string(L, "modified", finding->modified);
	set_list(L, "references", finding->references);
	set_string(L, "backend", finding->backend);
	push_package(L, report, finding->package_index);
	lua_setfield(L, -2, "package");
	if (finding->package->layer < image->layer_count) {
		push_layer(L, image, finding->package->layer);
		lua_setfield(L, -2, "layer");
	}
}

static const char *problem_name(enum tarsier_problem_kind kind)
{
	switch (kind) {
	case TARSIER_PROBLEM_UNREADABLE: return "unreadable";
	case TARSIER_PROBLEM_NO_PACKAGES: return "no_packages";
	case TARSIER_PROBLEM_NO_FEED: return "no_feed";
	case TARSIER_PROBLEM_NO_DISTRO: return "no_distro";
	}
	return "unknown";
}

void push_problems(lua_State *L, const tarsier_report *report)
{
	luaL_checkstack(L, 8, "problems");
	lua_newtable(L);
	for (size_t i = 0; i < tarsier_problem_count(report); i++) {
		const struct tarsier_problem *problem = tarsier_problem_at(report, i);
		lua_createtable(L, 0, 4);
		set_string(L, "kind", problem_name(problem->kind));
		set_string(L, "subject", problem->subject);
		set_string(L, "message", problem->message);
		if (problem->kind == TARSIER_PROBLEM_UNREADABLE)
			set_integer(L, "layer", problem->layer + 1);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

void push_usage(lua_State *L, const tarsier_report *report)
{
	const struct tarsier_usage *usage = tarsier_report_usage(report);
	luaL_checkstack(L, 8, "usage");
	lua_createtable(L, 0, 4);
	set_number(L, "seconds", usage->seconds);
	set_integer(L, "bytes_read", usage->bytes_read);
	set_integer(L, "layers_read", usage->layers_read);
	set_integer(L, "layers_cached", usage->layers_cached);
}

void push_database_info(lua_State *L, const struct tarsier_database_info *info)
{
	luaL_checkstack(L, 8, "database");
	if (!info) {
		lua_pushnil(L);
		return;
	}
	lua_createtable(L, 0, 9);
	set_string(L, "path", info->path);
	set_string(L, "built", info->built);
	set_string(L, "newest", info->newest);
	set_string(L, "kev_date", info->kev_date);
	set_string(L, "epss_date", info->epss_date);
	set_integer(L, "advisories", info->advisories);
	set_integer(L, "packages", info->packages);
	set_boolean(L, "starter", info->starter);
	set_list(L, "ecosystems", info->ecosystems);
}

int push_error(lua_State *L, const struct tarsier_error *error)
{
	lua_pushnil(L);
	lua_pushstring(L, error->message);
	lua_pushstring(L, tarsier_code_name(error->code));
	return 3;
}
