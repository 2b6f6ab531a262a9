/* the subjects of judgements: a scan's report, or the json report of an earlier scan */
#include "policy/policy.h"

#include "format/json.h"
#include "match/risk.h"
#include "policy/lua_json.h"
#include "policy/lua_table.h"
#include "policy/push_report.h"

#include <lauxlib.h>
#include <string.h>

/* ---- a scan's report ---- */

/* Hooks find the scan's backend and database in the image, so that they can judge missing coverage. */
static void report_image(lua_State *L, const struct subject *subject)
{
	push_image(L, subject->data);
	push_problems(L, subject->data);
	lua_setfield(L, -2, "problems");
	push_database_info(L, tarsier_report_database(subject->data));
	lua_setfield(L, -2, "database");
	lua_pushstring(L, tarsier_report_backend(subject->data));
	lua_setfield(L, -2, "backend");
}

static void report_packages(lua_State *L, const struct subject *subject)
{
	push_packages(L, subject->data);
}

static void report_finding(lua_State *L, const struct subject *subject, size_t index)
{
	push_finding(L, subject->data, index);
}

/* `fixed` is NULL or "" if there is no fix. */
static void push_light(lua_State *L, const char *id, const char *severity, const char *fixed, const char *symbol)
{
	lua_createtable(L, 0, 8);
	table_set_text(L, "id", id);
	table_set_text(L, "severity", severity);
	table_set_text(L, "symbol", symbol);
	table_set_boolean(L, "informational", 0);
	table_set_boolean(L, "malicious", 0);
	table_set_boolean(L, "kernel", 0);
	if (fixed && *fixed)
		table_set_text(L, "fixed_by", fixed);
}

static bool report_light(lua_State *L, const struct subject *subject, size_t index)
{
	const struct tarsier_finding *finding = tarsier_finding_at(subject->data, index);
	if (finding->kev || finding->informational || finding->package->kernel || finding_is_malicious(finding))
		return false;
	push_light(L, finding->id, tarsier_severity_name(finding->severity), finding->fixed_version,
	           finding->symbol ? finding->symbol : "");
	return true;
}

static enum tarsier_severity report_severity(const struct subject *subject, size_t index)
{
	return tarsier_finding_at(subject->data, index)->severity;
}

static const char *report_name(const struct subject *subject, size_t index)
{
	return tarsier_finding_at(subject->data, index)->id;
}

static bool report_has_fix(const struct subject *subject, size_t index)
{
	const char *fixed = tarsier_finding_at(subject->data, index)->fixed_version;
	return fixed && *fixed;
}

static const char *report_nvd_status(const struct subject *subject, size_t index)
{
	const char *status = tarsier_finding_at(subject->data, index)->nvd_status;
	return status ? status : "";
}

static const char *report_ecosystem(const struct subject *subject, size_t package)
{
	return tarsier_package_at(subject->data, package)->ecosystem;
}

static bool report_problem(const struct subject *subject, size_t index, struct subject_problem *problem)
{
	if (index >= tarsier_problem_count(subject->data))
		return false;
	const struct tarsier_problem *there = tarsier_problem_at(subject->data, index);
	*problem = (struct subject_problem){problem_name(there->kind), there->subject, there->message};
	return true;
}

int tarsier_judge_run(tarsier_judge *judge, const tarsier_report *report, tarsier_verdict **verdict,
                      struct tarsier_error *error)
{
	const struct tarsier_image *image = tarsier_report_image(report);
	const struct subject subject = {
		.count = tarsier_finding_count(report),
		.data = report,
		.push_image = report_image,
		.push_packages = report_packages,
		.push_finding = report_finding,
		.push_light = report_light,
		.severity = report_severity,
		.name = report_name,
		.has_fix = report_has_fix,
		.nvd_status = report_nvd_status,
		.has_database = tarsier_report_database(report) != NULL,
		.backend = tarsier_report_backend(report),
		.system = *image->ecosystem ? image->ecosystem : image->distro_id,
		.package_count = tarsier_package_count(report),
		.ecosystem = report_ecosystem,
		.problem = report_problem,
	};
	struct tarsier_error own;
	return policy_judge(judge, &subject, verdict, error_or(error, &own));
}

/* ---- a JSON report ---- */

/* The size of a report of 100,000 findings with long descriptions. */
enum { JSON_LIMIT = 512 << 20 };

static const json_t *json_finding(const struct subject *subject, size_t index)
{
	return json_array_get(json_list(subject->data, "findings"), index);
}

static bool is_ignored(const json_t *problem)
{
	return json_is_true(json_object_get(problem, "ignored"));
}

/* Without the problems that the scan was told to ignore. */
static void json_problems(lua_State *L, const json_t *problems)
{
	lua_Integer count = 0;
	lua_newtable(L);
	for (size_t i = 0; i < json_array_size(problems); i++) {
		if (is_ignored(json_array_get(problems, i)))
			continue;
		lua_json_push(L, json_array_get(problems, i));
		lua_rawseti(L, -2, ++count);
	}
}

static void json_image(lua_State *L, const struct subject *subject)
{
	lua_json_push(L, json_member(subject->data, "image"));
	json_problems(L, json_list(subject->data, "problems"));
	lua_setfield(L, -2, "problems");
	lua_json_push(L, json_member(subject->data, "database"));
	lua_setfield(L, -2, "database");
	lua_pushstring(L, json_text(json_member(subject->data, "backend"), "name"));
	lua_setfield(L, -2, "backend");
}

static void json_packages(lua_State *L, const struct subject *subject)
{
	lua_json_push(L, json_list(subject->data, "packages"));
}

static bool json_is_malicious(const json_t *finding)
{
	const json_t *aliases = json_list(finding, "aliases");
	bool is_malicious = span_starts(span_of(json_text(finding, "id")), "MAL-");
	for (size_t i = 0; !is_malicious && i < json_array_size(aliases); i++)
		is_malicious = span_starts(span_of(json_string_value(json_array_get(aliases, i))), "MAL-");
	return is_malicious;
}

static bool json_is_kernel(const json_t *finding)
{
	return json_is_true(json_object_get(json_member(finding, "package"), "kernel"));
}

/* Without the decisions of earlier policies. */
static void json_push_finding(lua_State *L, const struct subject *subject, size_t index)
{
	static const char *const said[] = {"decision", "reason", "policy", "trail"};
	lua_json_push(L, json_finding(subject, index));
	table_set_boolean(L, "malicious", json_is_malicious(json_finding(subject, index)));
	table_set_boolean(L, "kernel", json_is_kernel(json_finding(subject, index)));
	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		lua_pushnil(L);
		lua_setfield(L, -2, said[i]);
	}
}

static bool json_light(lua_State *L, const struct subject *subject, size_t index)
{
	const json_t *finding = json_finding(subject, index);
	bool is_light = !json_member(finding, "kev") && !json_is_true(json_object_get(finding, "informational")) &&
	                !json_is_kernel(finding) && !json_is_malicious(finding);
	if (is_light)
		push_light(L, json_text(finding, "id"), json_text(finding, "severity"), json_text(finding, "fixed_by"),
		           json_text(finding, "symbol"));
	return is_light;
}

static enum tarsier_severity json_severity(const struct subject *subject, size_t index)
{
	const char *name = json_text(json_finding(subject, index), "severity");
	for (int s = TARSIER_SEVERITY_DEFCON1; s > TARSIER_SEVERITY_UNKNOWN; s--)
		if (strcmp(name, tarsier_severity_name((enum tarsier_severity)s)) == 0)
			return (enum tarsier_severity)s;
	return TARSIER_SEVERITY_UNKNOWN;
}

static const char *json_name(const struct subject *subject, size_t index)
{
	return json_text(json_finding(subject, index), "id");
}

static bool json_has_fix(const struct subject *subject, size_t index)
{
	return *json_text(json_finding(subject, index), "fixed_by") != '\0';
}

static const char *json_nvd_status(const struct subject *subject, size_t index)
{
	return json_text(json_finding(subject, index), "nvd_status");
}

static const char *json_ecosystem(const struct subject *subject, size_t package)
{
	return json_text(json_array_get(json_list(subject->data, "packages"), package), "ecosystem");
}

static bool json_problem(const struct subject *subject, size_t index, struct subject_problem *problem)
{
	const json_t *there = json_array_get(json_list(subject->data, "problems"), index);
	*problem = (struct subject_problem){is_ignored(there) ? "ignored" : json_text(there, "kind"), json_text(there, "subject"),
	                                    json_text(there, "message")};
	return there != NULL;
}

/* A report without a list of findings was never matched: it must not pass silently. */
static int check_shape(const json_t *report, struct tarsier_error *error)
{
	const char *missing = !json_member(report, "image") ? "image" : !json_list(report, "findings") ? "findings"
	                      : !json_list(report, "problems") ? "problems" : NULL;
	if (missing)
		return error_set(error, TARSIER_FORMAT, "not a json report of a scan: it has no '%s'", missing);
	const json_t *findings = json_list(report, "findings");
	for (size_t i = 0; i < json_array_size(findings); i++)
		if (!json_is_object(json_array_get(findings, i)))
			return error_set(error, TARSIER_FORMAT, "not a json report of a scan: finding %zu is not an object", i + 1);
	return TARSIER_OK;
}

int policy_judge_json(tarsier_judge *judge, const json_t *report, tarsier_verdict **verdict,
                      struct tarsier_error *error)
{
	*verdict = NULL;
	if (check_shape(report, error) < 0)
		return TARSIER_FORMAT;
	const json_t *image = json_member(report, "image");
	const char *ecosystem = json_text(image, "ecosystem");
	const struct subject subject = {
		.count = json_array_size(json_list(report, "findings")),
		.data = report,
		.push_image = json_image,
		.push_packages = json_packages,
		.push_finding = json_push_finding,
		.push_light = json_light,
		.severity = json_severity,
		.name = json_name,
		.has_fix = json_has_fix,
		.nvd_status = json_nvd_status,
		.has_database = json_member(report, "database") != NULL,
		.backend = json_text(json_member(report, "backend"), "name"),
		.system = *ecosystem ? ecosystem : json_text(json_member(image, "distro"), "id"),
		.package_count = json_array_size(json_list(report, "packages")),
		.ecosystem = json_ecosystem,
		.problem = json_problem,
	};
	return policy_judge(judge, &subject, verdict, error);
}

int tarsier_judge_json(tarsier_judge *judge, const char *json, size_t length, tarsier_verdict **verdict,
                       struct tarsier_error *error)
{
	json_t *report;
	struct tarsier_error own;
	error = error_or(error, &own);
	*verdict = NULL;
	int code = json_parse((span){json, length}, JSON_LIMIT, "json report", &report, error);
	if (code < 0)
		return code;
	code = policy_judge_json(judge, report, verdict, error);
	json_decref(report);
	return code;
}
