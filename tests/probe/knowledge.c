/* floor 5: feeds, database, matching */
#include "database/pages.h"
#include "format/cve_id.h"
#include "format/ecosystem.h"
#include "match/match.h"
#include "probe.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int probe_knowledge(lua_State *L);

/* ---- tables to records, and back --------------------------------------------------------------------------------- */

static void set_text(lua_State *L, const char *key, const char *text)
{
	lua_pushstring(L, text);
	lua_setfield(L, -2, key);
}

static void set_number(lua_State *L, const char *key, double number)
{
	lua_pushnumber(L, number);
	lua_setfield(L, -2, key);
}

static void set_count(lua_State *L, const char *key, uint64_t count)
{
	lua_pushinteger(L, (lua_Integer)count);
	lua_setfield(L, -2, key);
}

static void set_bool(lua_State *L, const char *key, int value)
{
	lua_pushboolean(L, value);
	lua_setfield(L, -2, key);
}

static void set_list(lua_State *L, const char *key, const char *const *list)
{
	lua_newtable(L);
	for (lua_Integer i = 1; *list; i++) {
		lua_pushstring(L, *list++);
		lua_rawseti(L, -2, i);
	}
	lua_setfield(L, -2, key);
}

/* Stays on the stack of the table's owner: the table anchors it. */
static const char *text_field(lua_State *L, int index, const char *key, const char *otherwise)
{
	lua_getfield(L, index, key);
	const char *text = luaL_optstring(L, -1, otherwise);
	lua_pop(L, 1);
	return text;
}

/* ---- import ------------------------------------------------------------------------------------------------------ */

/* Appends { input, feed, records, message } to the table at index 4. */
static void on_input(void *user, const char *input, const char *feed, uint64_t records, const char *message)
{
	lua_State *L = user;
	lua_newtable(L);
	set_text(L, "input", input);
	set_text(L, "feed", feed);
	set_count(L, "records", records);
	set_text(L, "message", message);
	lua_rawseti(L, 4, (lua_Integer)lua_rawlen(L, 4) + 1);
}

/* import(database, paths, { merge, starter }) --> counts, inputs */
static int l_import(lua_State *L)
{
	struct tarsier_import_options options;
	struct tarsier_import_result result;
	struct tarsier_error error;
	const char *database = luaL_checkstring(L, 1);
	tarsier_import_options_init(&options);
	lua_settop(L, 3);
	if (lua_istable(L, 3)) {
		lua_getfield(L, 3, "merge");
		options.merge = lua_toboolean(L, -1);
		lua_getfield(L, 3, "starter");
		options.starter = lua_toboolean(L, -1);
		lua_settop(L, 3);
	}
	lua_newtable(L);
	options.on_input = on_input;
	options.user = L;
	size_t count = lua_rawlen(L, 2);
	const char **paths = lua_newuserdatauv(L, (count + 1) * sizeof *paths, 0);
	for (size_t i = 0; i < count; i++) {
		lua_rawgeti(L, 2, (lua_Integer)i + 1);
		paths[i] = luaL_checkstring(L, -1);
		lua_pop(L, 1);
	}
	if (tarsier_import(database, paths, count, &options, &result, &error) < 0)
		return probe_fail(L, &error);
	lua_newtable(L);
	set_count(L, "advisories", result.advisories);
	set_count(L, "withdrawn", result.withdrawn);
	set_count(L, "unreadable", result.unreadable);
	set_count(L, "kev", result.kev);
	set_count(L, "epss", result.epss);
	lua_pushvalue(L, 4);
	return 2;
}

static struct tarsier_database_info *read_info(lua_State *L)
{
	struct tarsier_database_info *info;
	struct tarsier_error error;
	if (tarsier_database_read(luaL_checkstring(L, 1), &info, &error) < 0)
		luaL_error(L, "%s", error.message);
	return info;
}

/* omissions(database) --> { [reason] = count } */
static int l_omissions(lua_State *L)
{
	struct tarsier_database_info *info = read_info(L);
	lua_newtable(L);
	for (size_t i = 0; i < info->omission_count; i++)
		set_count(L, info->omissions[i].reason, info->omissions[i].count);
	tarsier_database_info_free(info);
	return 1;
}

/* covered(database) --> { [name] = boolean }, records by name, newest by name */
static int l_covered(lua_State *L)
{
	struct tarsier_database_info *info = read_info(L);
	lua_settop(L, 0);
	lua_newtable(L);
	lua_newtable(L);
	lua_newtable(L);
	for (size_t i = 0; i < info->feed_count; i++) {
		lua_pushboolean(L, info->feeds[i].covered);
		lua_setfield(L, 1, info->feeds[i].name);
		lua_pushinteger(L, (lua_Integer)info->feeds[i].records);
		lua_setfield(L, 2, info->feeds[i].name);
		lua_pushstring(L, info->feeds[i].newest);
		lua_setfield(L, 3, info->feeds[i].name);
	}
	tarsier_database_info_free(info);
	return 3;
}

/* dump(database) --> all its tables, a line a row */
static int l_dump(lua_State *L)
{
	static const char *const tables[] = {"meta", "ecosystem", "package", "advisory", "cve", "feed", "omission"};
	sqlite3 *sqlite;
	luaL_Buffer out;
	if (sqlite3_open_v2(luaL_checkstring(L, 1), &sqlite, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
		return luaL_error(L, "cannot open it");
	luaL_buffinit(L, &out);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		char sql[64];
		sqlite3_stmt *select = NULL;
		snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY 1, 2", tables[i]);
		sqlite3_prepare_v2(sqlite, sql, -1, &select, NULL);
		while (sqlite3_step(select) == SQLITE_ROW) {
			luaL_addstring(&out, tables[i]);
			for (int c = 0; c < sqlite3_column_count(select); c++) {
				luaL_addchar(&out, '|');
				const char *bytes = sqlite3_column_blob(select, c);
				luaL_addlstring(&out, bytes ? bytes : "", (size_t)sqlite3_column_bytes(select, c));
			}
			luaL_addchar(&out, '\n');
		}
		sqlite3_finalize(select);
	}
	sqlite3_close(sqlite);
	luaL_pushresult(&out);
	return 1;
}

/* seal(database) --> true: its checksums are right again */
static int l_seal(lua_State *L)
{
	struct tarsier_error error;
	int fd = open(luaL_checkstring(L, 1), O_RDWR);
	int code = fd < 0 ? -1 : pages_seal(fd, 7, &error);
	if (fd >= 0)
		close(fd);
	return lua_pushboolean(L, code >= 0), 1;
}

/* info(database) --> table */
static int l_info(lua_State *L)
{
	struct tarsier_database_info *info;
	struct tarsier_error error;
	if (tarsier_database_read(luaL_checkstring(L, 1), &info, &error) < 0)
		return probe_fail(L, &error);
	lua_newtable(L);
	set_text(L, "path", info->path);
	set_text(L, "built", info->built);
	set_text(L, "newest", info->newest);
	set_text(L, "kev_date", info->kev_date);
	set_text(L, "epss_date", info->epss_date);
	set_text(L, "epss_model", info->epss_model);
	set_count(L, "advisories", info->advisories);
	set_count(L, "packages", info->packages);
	set_bool(L, "starter", info->starter);
	set_list(L, "ecosystems", info->ecosystems);
	tarsier_database_info_free(info);
	return 1;
}

/* ---- match ------------------------------------------------------------------------------------------------------- */

static const atomic_bool never; /* nothing cancels */

static void read_package(lua_State *L, int index, struct tarsier_package *package)
{
	package->type = text_field(L, index, "type", "deb");
	package->ecosystem = text_field(L, index, "ecosystem", "");
	package->name = text_field(L, index, "name", "");
	package->version = text_field(L, index, "version", "");
	package->source_name = text_field(L, index, "source_name", package->name);
	package->source_version = text_field(L, index, "source_version", package->version);
	package->module = text_field(L, index, "module", "");
	package->vendor = text_field(L, index, "vendor", "");
	package->licenses = NULL;
	package->owner = "";
	package->architecture = package->purl = package->reader = "";
	package->path = text_field(L, index, "path", "");
}

static void push_finding(lua_State *L, const struct tarsier_finding *finding)
{
	lua_newtable(L);
	set_text(L, "id", finding->id);
	set_list(L, "aliases", finding->aliases);
	set_text(L, "package", finding->package->name);
	set_count(L, "package_index", finding->package_index + 1);
	set_text(L, "severity", tarsier_severity_name(finding->severity));
	set_text(L, "severity_source", finding->severity_source);
	set_text(L, "cvss_vector", finding->cvss_vector);
	set_number(L, "cvss_score", finding->cvss_score);
	set_text(L, "fixed_version", finding->fixed_version);
	set_text(L, "summary", finding->summary);
	set_text(L, "description", finding->description);
	set_text(L, "url", finding->url);
	set_text(L, "published", finding->published);
	set_text(L, "modified", finding->modified);
	set_list(L, "references", finding->references);
	set_bool(L, "kev", finding->kev);
	set_bool(L, "kev_ransomware", finding->kev_ransomware);
	set_text(L, "kev_added", finding->kev_added);
	set_text(L, "kev_due", finding->kev_due);
	set_number(L, "epss", finding->epss);
	set_number(L, "epss_percentile", finding->epss_percentile);
	set_text(L, "backend", finding->backend);
	lua_newtable(L); /* "ghsa High" */
	for (size_t i = 0; i < finding->severity_count; i++) {
		const struct tarsier_rating *rating = &finding->severities[i];
		lua_pushfstring(L, "%s %s", rating->source, tarsier_severity_name(rating->severity));
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "severities");
	set_text(L, "status", finding->status);
	set_text(L, "status_source", finding->status_source);
	if (*finding->ssvc_exploitation || *finding->eu_exploited || *finding->cwes) {
		lua_pushfstring(L, "%s %s %s", finding->ssvc_exploitation, finding->ssvc_automatable, finding->ssvc_impact);
		lua_setfield(L, -2, "ssvc");
		set_text(L, "eu_exploited", finding->eu_exploited);
		set_list(L, "cwes", finding->cwes);
	}
	if (*finding->nvd_status)
		set_text(L, "nvd_status", finding->nvd_status);
	if (finding->informational)
		set_bool(L, "informational", 1);
}

static void push_list(lua_State *L, const struct finding_list *list)
{
	lua_newtable(L);
	for (size_t i = 0; i < list->count; i++) {
		push_finding(L, &list->items[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_newtable(L);
	for (size_t i = 0; i < list->problems.count; i++) {
		lua_newtable(L);
		set_count(L, "kind", list->problems.items[i].kind);
		set_text(L, "subject", list->problems.items[i].subject);
		set_text(L, "message", list->problems.items[i].message);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

/* The list of packages at that index; it stays on the stack. */
static struct tarsier_package *check_packages(lua_State *L, int index, size_t *count)
{
	luaL_checktype(L, index, LUA_TTABLE);
	*count = lua_rawlen(L, index);
	struct tarsier_package *packages = lua_newuserdatauv(L, (*count + 1) * sizeof *packages, 0);
	memset(packages, 0, (*count + 1) * sizeof *packages);
	for (size_t i = 0; i < *count; i++) {
		lua_rawgeti(L, index, (lua_Integer)i + 1);
		read_package(L, lua_gettop(L), &packages[i]);
		lua_pop(L, 1);
	}
	return packages;
}

/* match(database, packages, [cancelled], [order]) --> findings, problems */
static int l_match(lua_State *L)
{
	struct database *database = NULL;
	struct finding_list list = {0};
	struct tarsier_error error;
	struct arena arena;
	size_t count;
	const atomic_bool cancelled = lua_toboolean(L, 3);
	const struct tarsier_package *packages = check_packages(L, 2, &count);
	arena_init(&arena, NULL);
	int code = database_open(luaL_checkstring(L, 1), &database, &error);
	if (code == 0)
		code = match_packages(database, &arena, packages, count, lua_isstring(L, 4) ? lua_tostring(L, 4) : NULL, &cancelled, &list, &error);
	if (code == 0)
		push_list(L, &list);
	database_close(database);
	arena_free(&arena);
	return code < 0 ? probe_fail(L, &error) : 2;
}

/* ---- a database in use ------------------------------------------------------------------------------------------- */

/* One thread's matches, again and again. */
struct work {
	struct database *database;
	const struct tarsier_package *packages;
	size_t count;
	lua_Integer rounds;
	size_t found;
	int code;
	struct tarsier_error error;
};

static int match_once(struct work *work)
{
	struct finding_list list = {0};
	struct arena arena;
	arena_init(&arena, NULL);
	int code = match_packages(work->database, &arena, work->packages, work->count, NULL, &never, &list, &work->error);
	work->found += list.count;
	arena_free(&arena);
	return code;
}

static void *do_work(void *user)
{
	struct work *work = user;
	for (lua_Integer i = 0; i < work->rounds && work->code == 0; i++)
		work->code = match_once(work);
	return NULL;
}

/* threads(database, packages, threads, rounds) --> findings in all */
static int l_threads(lua_State *L)
{
	enum { MOST = 16 };
	pthread_t threads[MOST];
	struct work work[MOST], first = {.rounds = luaL_checkinteger(L, 4)};
	lua_Integer count = luaL_checkinteger(L, 3), found = 0;
	luaL_argcheck(L, count > 0 && count <= MOST, 3, "1 to 16");
	first.packages = check_packages(L, 2, &first.count);
	if (database_open(luaL_checkstring(L, 1), &first.database, &first.error) < 0)
		return probe_fail(L, &first.error);
	for (lua_Integer i = 0; i < count; i++) {
		work[i] = first;
		pthread_create(&threads[i], NULL, do_work, &work[i]);
	}
	for (lua_Integer i = 0; i < count; i++) {
		pthread_join(threads[i], NULL);
		found += (lua_Integer)work[i].found;
		if (work[i].code < 0)
			first = work[i];
	}
	database_close(first.database);
	return first.code < 0 ? probe_fail(L, &first.error) : (lua_pushinteger(L, found), 1);
}

/* replaced(database, new, packages) --> findings before `new` takes its place, what a second connection says then,
 * findings of the first after it */
static int l_replaced(lua_State *L)
{
	struct work work = {.rounds = 1};
	struct tarsier_error error = {0, ""};
	struct connection *first = NULL, *second = NULL;
	work.packages = check_packages(L, 3, &work.count);
	if (database_open(luaL_checkstring(L, 1), &work.database, &work.error) < 0)
		return probe_fail(L, &work.error);
	do_work(&work);
	lua_pushinteger(L, (lua_Integer)work.found);
	rename(luaL_checkstring(L, 2), luaL_checkstring(L, 1));
	database_acquire(work.database, &first, &error);
	database_acquire(work.database, &second, &error);
	database_release(work.database, first);
	database_release(work.database, second);
	lua_pushstring(L, error.message);
	work.found = 0;
	do_work(&work);
	lua_pushinteger(L, (lua_Integer)work.found);
	database_close(work.database);
	return 3;
}

/* ---- names and feeds --------------------------------------------------------------------------------------------- */

/* claims(head) --> the feed that claims it most, or nil */
static int l_claims(lua_State *L)
{
	const char *name = NULL;
	int best = 0;
	for (size_t i = 0; feeds_all[i]; i++) {
		int sure = feeds_all[i]->recognise(probe_span(L, 1));
		if (sure > best)
			best = sure, name = feeds_all[i]->name;
	}
	return lua_pushstring(L, name), 1;
}

/* ecosystem(text) --> key */
static int l_ecosystem(lua_State *L)
{
	struct arena arena;
	arena_init(&arena, NULL);
	span key = ecosystem_key(&arena, probe_span(L, 1));
	lua_pushlstring(L, key.ptr, key.len);
	return arena_free(&arena), 1;
}

/* ecosystem_known(text) --> boolean */
static int l_ecosystem_known(lua_State *L)
{
	return lua_pushboolean(L, ecosystem_is_known(probe_span(L, 1))), 1;
}

/* relation(installed, record) --> "same", "module", … */
static int l_relation(lua_State *L)
{
	static const char *const names[] = {"unrelated", "same", "module", "extended", "layered"};
	return lua_pushstring(L, names[ecosystem_relation(probe_span(L, 1), probe_span(L, 2))]), 1;
}

/* package(ecosystem, name) --> key */
static int l_package(lua_State *L)
{
	struct arena arena;
	arena_init(&arena, NULL);
	lua_pushstring(L, package_key(&arena, probe_span(L, 1), probe_span(L, 2)));
	return arena_free(&arena), 1;
}

/* cve(text) --> the number and the name it stands for; or 0 */
static int l_cve(lua_State *L)
{
	char name[CVE_NAME_SIZE];
	uint32_t number = cve_number(probe_span(L, 1));
	lua_pushinteger(L, number);
	lua_pushstring(L, cve_name(number, name));
	return 2;
}

static const luaL_Reg functions[] = {
	{"import", l_import},     {"info", l_info},     {"match", l_match}, {"threads", l_threads},
	{"replaced", l_replaced}, {"claims", l_claims}, {"cve", l_cve},     {"ecosystem", l_ecosystem},
	{"omissions", l_omissions}, {"covered", l_covered}, {"dump", l_dump}, {"seal", l_seal},
	{"ecosystem_known", l_ecosystem_known}, {"relation", l_relation}, {"package", l_package},
	{NULL, NULL},
};

int probe_knowledge(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
