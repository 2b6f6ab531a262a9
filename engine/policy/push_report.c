#include "policy/push_report.h"

#include "base/span.h"
#include "match/risk.h"
#include "policy/lua_table.h"

#include <lauxlib.h>
#include <stdbool.h>

static void set_labels(lua_State *L, const char *key, const struct tarsier_label *labels, size_t count)
{
	lua_createtable(L, 0, (int)count);
	for (size_t i = 0; i < count; i++)
		table_set_text(L, labels[i].key, labels[i].value);
	lua_setfield(L, -2, key);
}

static void set_history(lua_State *L, const struct tarsier_image *image)
{
	lua_createtable(L, (int)image->history_count, 0);
	for (size_t i = 0; i < image->history_count; i++) {
		lua_createtable(L, 0, 4);
		table_set_text(L, "created", image->history[i].created);
		table_set_text(L, "created_by", image->history[i].created_by);
		table_set_text(L, "comment", image->history[i].comment);
		table_set_boolean(L, "empty_layer", image->history[i].empty_layer);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "history");
}

/* Nothing unless the scan gathered them. */
static void set_files(lua_State *L, const tarsier_report *report)
{
	size_t count = tarsier_file_count(report);
	if (!tarsier_report_image(report)->has_files)
		return;
	lua_createtable(L, (int)count, 0);
	for (size_t i = 0; i < count; i++) {
		const struct tarsier_file *file = tarsier_file_at(report, i);
		lua_createtable(L, 0, 6);
		table_set_text(L, "path", file->path);
		table_set_count(L, "size", file->size);
		table_set_count(L, "mode", file->mode);
		table_set_boolean(L, "is_folder", file->is_folder);
		table_set_count(L, "layer", file->layer + 1);
		if (file->deleted_by != SIZE_MAX)
			table_set_count(L, "deleted_by", file->deleted_by + 1);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "files");
}

/* Nothing unless the scan searched for them. `layer` is absent for the config's. */
static void set_secrets(lua_State *L, const tarsier_report *report)
{
	size_t count = tarsier_secret_count(report);
	if (!tarsier_report_image(report)->has_secrets)
		return;
	lua_createtable(L, (int)count, 0);
	for (size_t i = 0; i < count; i++) {
		const struct tarsier_secret *secret = tarsier_secret_at(report, i);
		lua_createtable(L, 0, 5);
		table_set_text(L, "kind", secret->kind);
		table_set_text(L, "title", secret->title);
		table_set_text(L, "path", secret->path);
		table_set_count(L, "offset", secret->offset);
		if (secret->layer != SIZE_MAX)
			table_set_count(L, "layer", secret->layer + 1);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "secrets");
}

/* Nothing if nothing is known of the base. */
static void set_base(lua_State *L, const struct tarsier_image *image)
{
	if (!image->base_layers && !*image->base_name && !*image->base_digest)
		return;
	lua_createtable(L, 0, 5);
	table_set_count(L, "layers", image->base_layers);
	table_set_text(L, "name", image->base_name);
	table_set_text(L, "digest", image->base_digest);
	table_set_text(L, "evidence", image->base_layers ? "history" : "annotation");
	table_set_boolean(L, "guess", image->base_layers > 0);
	lua_setfield(L, -2, "base");
}

static void push_config(lua_State *L, const struct tarsier_image *image)
{
	lua_createtable(L, 0, 9);
	table_set_text(L, "user", image->user);
	table_set_text(L, "working_dir", image->working_dir);
	table_set_list(L, "env", image->env);
	table_set_list(L, "entrypoint", image->entrypoint);
	table_set_list(L, "cmd", image->cmd);
	table_set_list(L, "exposed_ports", image->exposed_ports);
	table_set_list(L, "volumes", image->volumes);
	table_set_list(L, "healthcheck", image->healthcheck);
	set_labels(L, "labels", image->labels, image->label_count);
}

static void push_distro(lua_State *L, const struct tarsier_image *image)
{
	lua_createtable(L, 0, 6);
	table_set_text(L, "id", image->distro_id);
	table_set_text(L, "version", image->distro_version);
	table_set_text(L, "codename", image->distro_codename);
	table_set_text(L, "name", image->distro_name);
	table_set_text(L, "support_ends", image->support_ends);
	table_set_text(L, "extended_support_ends", image->extended_support_ends);
}

static void push_layer(lua_State *L, const struct tarsier_image *image, size_t index)
{
	const struct tarsier_layer *layer = &image->layers[index];
	lua_createtable(L, 0, 8);
	table_set_count(L, "index", index + 1);
	table_set_text(L, "digest", layer->digest);
	table_set_text(L, "diff_id", layer->diff_id);
	table_set_text(L, "created_by", layer->created_by);
	table_set_text(L, "media_type", layer->media_type);
	table_set_count(L, "size", layer->size);
	table_set_boolean(L, "cached", layer->cached);
	if (image->base_layers)
		table_set_boolean(L, "base", index < image->base_layers);
}

void push_image(lua_State *L, const tarsier_report *report)
{
	const struct tarsier_image *image = tarsier_report_image(report);
	luaL_checkstack(L, 8, "image");
	lua_createtable(L, 0, 15);
	table_set_text(L, "reference", image->reference);
	table_set_text(L, "name", image->name);
	table_set_text(L, "digest", image->digest);
	table_set_text(L, "id", image->id);
	table_set_text(L, "os", image->os);
	table_set_text(L, "architecture", image->architecture);
	table_set_text(L, "variant", image->variant);
	table_set_text(L, "created", image->created);
	table_set_text(L, "ecosystem", image->ecosystem);
	push_config(L, image);
	lua_setfield(L, -2, "config");
	push_distro(L, image);
	lua_setfield(L, -2, "distro");
	set_labels(L, "annotations", image->annotations, image->annotation_count);
	set_history(L, image);
	set_base(L, image);
	set_files(L, report);
	set_secrets(L, report);
	lua_createtable(L, (int)image->layer_count, 0);
	for (size_t i = 0; i < image->layer_count; i++) {
		push_layer(L, image, i);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "layers");
}

/* requires = names of the packages that it needs, and essential; nothing if its database does not say. */
static void set_requires(lua_State *L, const tarsier_report *report, const struct tarsier_package *package)
{
	size_t count;
	int essential;
	lua_Integer names = 0;
	const size_t *on = tarsier_package_requires(package, &count, &essential);
	if (!on)
		return;
	lua_createtable(L, (int)count, 0);
	for (size_t i = 0; i < count; i++) {
		lua_pushstring(L, tarsier_package_at(report, on[i])->name);
		lua_rawseti(L, -2, ++names);
	}
	lua_setfield(L, -2, "requires");
	table_set_boolean(L, "essential", essential);
}

void push_package(lua_State *L, const tarsier_report *report, size_t index)
{
	const struct tarsier_package *package = tarsier_package_at(report, index);
	luaL_checkstack(L, 8, "package");
	lua_createtable(L, 0, 20);
	table_set_count(L, "index", index + 1);
	table_set_text(L, "type", package->type);
	table_set_text(L, "ecosystem", package->ecosystem);
	table_set_text(L, "name", package->name);
	table_set_text(L, "version", package->version);
	table_set_text(L, "architecture", package->architecture);
	table_set_text(L, "purl", package->purl);
	table_set_text(L, "path", package->path);
	table_set_text(L, "reader", package->reader);
	table_set_text(L, "module", package->module);
	table_set_text(L, "vendor", package->vendor);
	table_set_text(L, "owner", package->owner);
	table_set_list(L, "licenses", package->licenses);
	table_set_text(L, "found_by", package->found_by ? package->found_by : "database");
	if (package->sha512)
		table_set_text(L, "sha512", package->sha512);
	table_set_boolean(L, "kernel", package->kernel);
	table_set_count(L, "layer", package->layer + 1);
	lua_createtable(L, 0, 2);
	table_set_text(L, "name", package->source_name);
	table_set_text(L, "version", package->source_version);
	lua_setfield(L, -2, "source");
	set_requires(L, report, package);
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
		table_set_text(L, "vector", finding->cvss_vector);
		table_set_number(L, "score", finding->cvss_score);
		lua_setfield(L, -2, "cvss");
	}
	if (finding->epss >= 0) {
		lua_createtable(L, 0, 2);
		table_set_number(L, "score", finding->epss);
		table_set_number(L, "percentile", finding->epss_percentile);
		lua_setfield(L, -2, "epss");
	}
	if (finding->kev) {
		lua_createtable(L, 0, 3);
		table_set_text(L, "added", finding->kev_added);
		table_set_text(L, "due", finding->kev_due);
		table_set_boolean(L, "ransomware", finding->kev_ransomware);
		lua_setfield(L, -2, "kev");
	}
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

/* Findings of one advisory, package or layer share its texts, lists and tables. `shared` is the stack index of a table
 * from the address of a record to its pushed value; 0: nothing is shared. */

/* Pushes the shared value and returns true. If it returns false, the caller pushes the value and calls share. */
static bool push_known(lua_State *L, int shared, const void *record)
{
	if (!shared)
		return false;
	if (lua_rawgetp(L, shared, record) != LUA_TNIL)
		return true;
	lua_pop(L, 1);
	return false;
}

static void share(lua_State *L, int shared, const void *record)
{
	if (!shared)
		return;
	lua_pushvalue(L, -1);
	lua_rawsetp(L, shared, record);
}

static void set_shared_text(lua_State *L, int shared, const char *key, const char *text)
{
	if (!push_known(L, shared, text)) {
		lua_pushstring(L, text ? text : "");
		share(L, text ? shared : 0, text);
	}
	lua_setfield(L, -2, key);
}

static void set_shared_list(lua_State *L, int shared, const char *key, const char *const *texts)
{
	if (push_known(L, texts ? shared : 0, texts)) {
		lua_setfield(L, -2, key);
		return;
	}
	table_set_list(L, key, texts);
	lua_getfield(L, -1, key);
	share(L, texts ? shared : 0, texts);
	lua_pop(L, 1);
}

static void set_origin(lua_State *L, const tarsier_report *report, const struct tarsier_finding *finding, int shared)
{
	const struct tarsier_image *image = tarsier_report_image(report);
	size_t layer = finding->package->layer;
	if (!push_known(L, shared, finding->package)) {
		push_package(L, report, finding->package_index);
		share(L, shared, finding->package);
	}
	lua_setfield(L, -2, "package");
	if (layer >= image->layer_count)
		return;
	if (!push_known(L, shared, &image->layers[layer])) {
		push_layer(L, image, layer);
		share(L, shared, &image->layers[layer]);
	}
	lua_setfield(L, -2, "layer");
}

static void push_severities(lua_State *L, const struct tarsier_finding *finding)
{
	lua_createtable(L, (int)finding->severity_count, 0);
	for (size_t i = 0; i < finding->severity_count; i++) {
		const struct tarsier_rating *rating = &finding->severities[i];
		lua_createtable(L, 0, 4);
		table_set_text(L, "source", rating->source);
		table_set_text(L, "severity", tarsier_severity_name(rating->severity));
		if (rating->cvss_score >= 0) {
			table_set_text(L, "vector", rating->cvss_vector);
			table_set_number(L, "score", rating->cvss_score);
		}
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void push_one_finding(lua_State *L, const tarsier_report *report, size_t index, int shared)
{
	const struct tarsier_finding *finding = tarsier_finding_at(report, index);
	luaL_checkstack(L, 8, "finding");
	lua_createtable(L, 0, 26);
	table_set_text(L, "id", finding->id);
	set_shared_list(L, shared, "aliases", finding->aliases);
	table_set_text(L, "severity", tarsier_severity_name(finding->severity));
	table_set_text(L, "severity_source", finding->severity_source);
	push_severities(L, finding);
	lua_setfield(L, -2, "severities");
	set_scores(L, finding);
	table_set_number(L, "risk", finding->risk);
	if (finding->ssvc_exploitation && *finding->ssvc_exploitation) {
		lua_createtable(L, 0, 3);
		table_set_text(L, "exploitation", finding->ssvc_exploitation);
		table_set_text(L, "automatable", finding->ssvc_automatable);
		table_set_text(L, "impact", finding->ssvc_impact);
		lua_setfield(L, -2, "ssvc");
	}
	table_set_text(L, "eu_exploited", finding->eu_exploited);
	table_set_text(L, "nvd_status", finding->nvd_status ? finding->nvd_status : "");
	set_shared_list(L, shared, "cwes", finding->cwes);
	table_set_text(L, "status", finding->status);
	table_set_text(L, "status_source", finding->status_source);
	if (finding->fixed_version && *finding->fixed_version)
		table_set_text(L, "fixed_by", finding->fixed_version);
	set_shared_text(L, shared, "summary", finding->summary);
	set_shared_text(L, shared, "description", finding->description);
	set_shared_text(L, shared, "url", finding->url);
	table_set_text(L, "published", finding->published);
	table_set_text(L, "modified", finding->modified);
	set_shared_list(L, shared, "references", finding->references);
	table_set_text(L, "backend", finding->backend);
	table_set_boolean(L, "informational", finding->informational);
	table_set_text(L, "symbol", finding->symbol ? finding->symbol : "");
	table_set_boolean(L, "malicious", finding_is_malicious(finding));
	table_set_boolean(L, "kernel", finding->package->kernel);
	set_origin(L, report, finding, shared);
}

void push_finding(lua_State *L, const tarsier_report *report, size_t index)
{
	push_one_finding(L, report, index, 0);
}

void push_findings(lua_State *L, const tarsier_report *report)
{
	size_t count = tarsier_finding_count(report);
	luaL_checkstack(L, 12, "findings");
	lua_createtable(L, (int)count, 0);
	lua_newtable(L);
	int shared = lua_gettop(L);
	for (size_t i = 0; i < count; i++) {
		push_one_finding(L, report, i, shared);
		lua_rawseti(L, shared - 1, (lua_Integer)i + 1);
	}
	lua_pop(L, 1);
}

/* ---- problems ---------------------------------------------------------------------------------------------------- */

const char *problem_name(enum tarsier_problem_kind kind)
{
	switch (kind) {
	case TARSIER_PROBLEM_UNREADABLE: return "unreadable";
	case TARSIER_PROBLEM_NO_PACKAGES: return "no_packages";
	case TARSIER_PROBLEM_NO_FEED: return "no_feed";
	case TARSIER_PROBLEM_NO_DISTRO: return "no_distro";
	case TARSIER_PROBLEM_NO_DATABASE: return "no_database";
	case TARSIER_PROBLEM_FOREIGN: return "foreign";
	case TARSIER_PROBLEM_VERSION: return "version";
	case TARSIER_PROBLEM_UNUSED: return "unused";
	case TARSIER_PROBLEM_END_OF_LIFE: return "end_of_life";
	case TARSIER_PROBLEM_NOTE: return "note";
	case TARSIER_PROBLEM_MISSING: return "missing";
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
		table_set_text(L, "kind", problem_name(problem->kind));
		table_set_text(L, "subject", problem->subject);
		table_set_text(L, "message", problem->message);
		if (problem->kind == TARSIER_PROBLEM_UNREADABLE || problem->kind == TARSIER_PROBLEM_MISSING)
			table_set_count(L, "layer", problem->layer + 1);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

void push_usage(lua_State *L, const tarsier_report *report)
{
	const struct tarsier_usage *usage = tarsier_report_usage(report);
	luaL_checkstack(L, 8, "usage");
	lua_createtable(L, 0, 4);
	table_set_number(L, "seconds", usage->seconds);
	table_set_count(L, "bytes_read", usage->bytes_read);
	table_set_count(L, "layers_read", usage->layers_read);
	table_set_count(L, "layers_cached", usage->layers_cached);
}

static void push_feeds(lua_State *L, const struct tarsier_database_info *info)
{
	lua_createtable(L, (int)info->feed_count, 0);
	for (size_t i = 0; i < info->feed_count; i++) {
		const struct tarsier_feed *feed = &info->feeds[i];
		lua_createtable(L, 0, 4);
		table_set_text(L, "name", feed->name);
		table_set_text(L, "newest", feed->newest);
		table_set_count(L, "records", feed->records);
		table_set_boolean(L, "covered", feed->covered);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void push_omissions(lua_State *L, const struct tarsier_database_info *info)
{
	lua_createtable(L, (int)info->omission_count, 0);
	for (size_t i = 0; i < info->omission_count; i++) {
		lua_createtable(L, 0, 2);
		table_set_text(L, "reason", info->omissions[i].reason);
		table_set_count(L, "count", info->omissions[i].count);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

void push_database_info(lua_State *L, const struct tarsier_database_info *info)
{
	luaL_checkstack(L, 8, "database");
	if (!info) {
		lua_pushnil(L);
		return;
	}
	lua_createtable(L, 0, 9);
	table_set_text(L, "path", info->path);
	table_set_text(L, "built", info->built);
	table_set_text(L, "newest", info->newest);
	table_set_text(L, "kev_date", info->kev_date);
	table_set_text(L, "epss_date", info->epss_date);
	table_set_count(L, "advisories", info->advisories);
	table_set_count(L, "packages", info->packages);
	table_set_count(L, "ends", info->ends);
	table_set_boolean(L, "starter", info->starter);
	table_set_text(L, "note", info->note);
	table_set_text(L, "epss_model", info->epss_model);
	table_set_list(L, "ecosystems", info->ecosystems);
	push_feeds(L, info);
	lua_setfield(L, -2, "feeds");
	push_omissions(L, info);
	lua_setfield(L, -2, "omissions");
}

int push_error(lua_State *L, const struct tarsier_error *error)
{
	lua_pushnil(L);
	lua_pushstring(L, error->message);
	lua_pushstring(L, tarsier_code_name(error->code));
	return 3;
}
