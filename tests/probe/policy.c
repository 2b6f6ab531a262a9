/* policy/ and scan/report.h */
#include "policy/policy.h"
#include "policy/push_report.h"
#include "probe.h"
#include "scan/report.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

int probe_policy(lua_State *L);

/* A report of one image, three packages and `count` findings of all severities. The strings are static or in its
 * arena. */
static tarsier_report *make_report(size_t count)
{
	static const char *const none[] = {NULL}, *const aliases[] = {"DSA-1-1", "GHSA-xxxx-yyyy-zzzz", NULL};
	static const char *const links[] = {"https://example.org/advisories/1", "https://example.org/commits/2", NULL};
	static const struct tarsier_layer layers[] = {{"sha256:aa", "sha256:bb", "RUN apt-get install curl", "", 1000, 0}};
	static const char description[] =
		"A buffer overflow in the parser of headers lets remote attackers run code through a long line, when the option "
		"for lenient parsing is on, which is the default in all versions before this one.";
	tarsier_report *report = report_new(NULL);
	report->image = (struct tarsier_image){
		.reference = "oci:./image", .name = "app:1", .digest = "", .id = "", .os = "linux", .architecture = "amd64",
		.variant = "", .created = "", .user = "", .working_dir = "", .env = none, .entrypoint = none, .cmd = none,
		.exposed_ports = none,
		.layers = layers, .layer_count = 1, .distro_id = "debian", .distro_version = "12", .distro_codename = "bookworm",
		.distro_name = "Debian GNU/Linux 12 (bookworm)", .ecosystem = "Debian:12", .support_ends = "",
		.extended_support_ends = "", .base_name = "", .base_digest = ""};
	report->packages = arena_array(&report->arena, 3, sizeof *report->packages);
	report->package_count = 3;
	for (size_t i = 0; i < 3; i++)
		report->packages[i] = (struct tarsier_package){
			.type = "deb", .ecosystem = "Debian:12", .name = i ? "curl" : "openssl", .version = "1.0", .architecture = "amd64",
			.source_name = i ? "curl" : "openssl", .source_version = "1.0", .purl = "pkg:deb/debian/curl@1.0",
			.path = "var/lib/dpkg/status", .reader = "dpkg", .module = "", .vendor = "", .owner = "", .found_by = "database", .licenses = none};
	report->findings = arena_array(&report->arena, count, sizeof *report->findings);
	report->finding_count = count;
	for (size_t i = 0; i < count; i++)
		report->findings[i] = (struct tarsier_finding){
			.id = arena_format(&report->arena, "CVE-2021-%zu", 1000 + i), .aliases = aliases,
			.package = &report->packages[i % 3], .package_index = i % 3,
			.severity = (enum tarsier_severity)(TARSIER_SEVERITY_DEFCON1 - i * 7 / (count ? count : 1)),
			.severity_source = "cvss", .cvss_vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", .cvss_score = 9.8,
			.fixed_version = i % 2 ? "2.0" : "",
			.summary = "Buffer overflow in the parser of headers", .description = description, .url = "https://example.org/1",
			.published = "2021-01-01T00:00:00Z", .modified = "2021-01-01T00:00:00Z", .references = links, .kev_added = "",
			.kev_due = "", .epss = 0.01, .epss_percentile = 0.5, .backend = "embedded",
			.status = i % 2 ? "fixed" : "affected", .status_source = "debian",
			.ssvc_exploitation = "", .ssvc_automatable = "", .ssvc_impact = "", .eu_exploited = "", .nvd_status = i % 3 ? "Deferred" : "", .cwes = NULL};
	static const char *const ecosystems[] = {"Debian:12", NULL};
	report->database = (struct tarsier_database_info){
		.path = "x.db", .built = "2026-11-01T00:00:00Z", .newest = "2026-11-01T00:00:00Z", .kev_date = "2026-11-01",
		.epss_date = "",
		.advisories = 1, .packages = 1, .ecosystems = ecosystems};
	return report;
}

/* Adds the policies of the list at `index`. */
static int add_all(lua_State *L, int index, tarsier_judge *judge, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	for (lua_Integer i = 1; code == TARSIER_OK && lua_rawgeti(L, index, i) == LUA_TSTRING; i++) {
		code = tarsier_judge_add(judge, lua_tostring(L, -1), NULL, error);
		lua_pop(L, 1);
	}
	return code;
}

static int judge_report(lua_State *L, const struct tarsier_judge_config *config, const tarsier_report *report,
                        tarsier_verdict **verdict, struct tarsier_error *error)
{
	tarsier_judge *judge;
	*verdict = NULL;
	int code = tarsier_judge_open(config, &judge, error);
	if (code == TARSIER_OK)
		code = add_all(L, 2, judge, error);
	if (code == TARSIER_OK)
		code = tarsier_judge_run(judge, report, verdict, error);
	tarsier_judge_free(judge);
	return code;
}

/* run(findings, { policy, … }) --> verdict, { decision of each finding }, seconds of the processor */
static int l_run(lua_State *L)
{
	struct tarsier_judge_config config;
	struct tarsier_error error;
	struct timespec begun, ended;
	tarsier_verdict *verdict;
	tarsier_report *report = make_report((size_t)luaL_checkinteger(L, 1));
	tarsier_judge_config_init(&config);
	config.ready_dir = "policies";
	config.today = "2026-11-24";
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begun);
	int code = judge_report(L, &config, report, &verdict, &error);
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ended);
	tarsier_report_free(report);
	if (code < 0)
		return probe_fail(L, &error);
	policy_push_verdict(L, verdict); /* after judge and report are freed */
	lua_newtable(L);
	for (size_t i = 0; i < verdict->finding_count; i++) {
		lua_newtable(L);
		policy_push_decision(L, verdict, i);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	tarsier_verdict_free(verdict);
	lua_pushnumber(L, (double)(ended.tv_sec - begun.tv_sec) + (double)(ended.tv_nsec - begun.tv_nsec) / 1e9);
	return 3;
}

struct allowance { long left; long held; };

static void *starving(void *user, void *ptr, size_t old_size, size_t new_size)
{
	struct allowance *allowance = user;
	if (new_size > old_size && --allowance->left < 0)
		return NULL;
	allowance->held += (long)new_size - (long)(ptr ? old_size : 0);
	if (new_size)
		return realloc(ptr, new_size);
	free(ptr);
	return NULL;
}

/* starve(allocations, { policy, … }) --> code's name, message, bytes not given back: a judgement whose host runs out
 * of memory */
static int l_starve(lua_State *L)
{
	struct tarsier_judge_config config;
	struct tarsier_error error = {0};
	struct allowance allowance = {.left = (long)luaL_checkinteger(L, 1)};
	tarsier_verdict *verdict;
	tarsier_report *report = make_report(5);
	tarsier_judge_config_init(&config);
	config.ready_dir = "policies";
	config.no_environment = 1;
	config.allocator = (struct tarsier_allocator){starving, &allowance};
	int code = judge_report(L, &config, report, &verdict, &error);
	tarsier_verdict_free(verdict);
	tarsier_report_free(report);
	lua_pushstring(L, tarsier_code_name(code));
	lua_pushstring(L, error.message);
	lua_pushinteger(L, allowance.held);
	return 3;
}

static int write_piece(void *user, const char *text, size_t length)
{
	return buffer_add(user, text, length) ? 0 : -1;
}

/* render(format, { policy, … }, limit) --> text of at most `limit` bytes, or nil, message, code */
static int l_render(lua_State *L)
{
	struct tarsier_judge_config config;
	struct tarsier_error error;
	tarsier_verdict *verdict;
	tarsier_judge *judge;
	tarsier_report *report = make_report(5);
	struct buffer text;
	buffer_init(&text, NULL);
	text.limit = (size_t)luaL_optinteger(L, 3, 0);
	tarsier_judge_config_init(&config);
	config.ready_dir = "policies";
	config.lua_dir = "lua";
	int code = judge_report(L, &config, report, &verdict, &error);
	if (code == TARSIER_OK)
		code = tarsier_judge_open(&config, &judge, &error);
	if (code == TARSIER_OK) {
		code = tarsier_render(judge, report, verdict, luaL_checkstring(L, 1), write_piece, &text, &error);
		tarsier_judge_free(judge);
	}
	tarsier_verdict_free(verdict);
	tarsier_report_free(report);
	if (code == TARSIER_OK)
		lua_pushlstring(L, text.data, text.length);
	buffer_free(&text);
	return code < 0 ? probe_fail(L, &error) : 1;
}

/* json(text, { policy, … }) --> verdict, or nil, message, code */
static int l_json(lua_State *L)
{
	struct tarsier_judge_config config;
	struct tarsier_error error;
	tarsier_verdict *verdict = NULL;
	tarsier_judge *judge;
	span text = probe_span(L, 1);
	tarsier_judge_config_init(&config);
	config.ready_dir = "policies";
	int code = tarsier_judge_open(&config, &judge, &error);
	if (code == TARSIER_OK)
		code = add_all(L, 2, judge, &error);
	if (code == TARSIER_OK)
		code = tarsier_judge_json(judge, text.ptr, text.len, &verdict, &error);
	tarsier_judge_free(judge);
	if (code < 0)
		return probe_fail(L, &error);
	policy_push_verdict(L, verdict);
	tarsier_verdict_free(verdict);
	return 1;
}

static const luaL_Reg functions[] = {{"json", l_json}, {"run", l_run}, {"starve", l_starve}, {"render", l_render}, {NULL, NULL}};

int probe_policy(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
