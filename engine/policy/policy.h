/* finds, loads and runs policies */
#ifndef TARSIER_POLICY_POLICY_H
#define TARSIER_POLICY_POLICY_H

#include "format/json.h"
#include "policy/push_report.h"
#include "policy/sandbox.h"
#include "tarsier_policy.h"

/* An option that tarsier_judge_set or tarsier_judge_set_json overrides. */
struct setting {
	const char *key, *value;
	bool is_json;
};

/* An added policy. The judge's arena owns its strings. */
struct policy {
	const char *file;
	span text;
	const char *name, *summary; /* as the policy declares them; "" before the check */
	json_t *options;            /* an object, or NULL */
	struct setting *settings;   /* from tarsier_judge_set, in order */
	size_t setting_count, setting_capacity;
	unsigned needs; /* TARSIER_NEED_… */
};

/* A module that a policy requires. It is read once. */
struct policy_module {
	const char *file;
	span text;
};

enum { PRELUDE_PARTS = 5 };

struct tarsier_judge {
	struct arena arena;
	struct tarsier_judge_config config;
	struct policy_module *modules;
	size_t module_count, module_capacity;
	struct policy *policies;
	size_t count, capacity;
	struct buffer prelude[PRELUDE_PARTS]; /* compiled; empty before the first sandbox */
};

/* ---- find.c ---- */

/* Returns the folders that are searched for names, in order, NULL-terminated, in the arena; NULL if memory ran out. */
const char *const *policy_dirs(struct arena *arena, const struct tarsier_judge_config *config);

/* Sets *file to the path of the policy with that name, or in that file. Fails with NOT_FOUND; the message lists the
 * folders, the nearest name and all names. */
int policy_find(struct arena *arena, const struct tarsier_judge_config *config, const char *policy, const char **file,
                struct tarsier_error *error);

/* Returns the paths of all policies in the folders, NULL-terminated, sorted within each folder. Of several policies
 * with one name only the first is listed. */
int policy_list(struct arena *arena, const struct tarsier_judge_config *config, const char *const **files,
                struct tarsier_error *error);

/* Sets *file to the path of a module that the policy of file `policy` requires by `name`, such as "acme.helpers".
 * Searches the policy's folder, the folders for names, and config->module_path. Fails with USAGE if the name is
 * invalid, and with NOT_FOUND. */
int policy_find_module(struct arena *arena, const struct tarsier_judge_config *config, const char *policy, span name,
                       const char **file, struct tarsier_error *error);

int policy_read(struct arena *arena, const char *file, span *text, struct tarsier_error *error);

/* A problem of the scan, in the form of the records. Borrowed. */
struct subject_problem { const char *kind, *subject, *message; };

/* The subject of a judgement: a scan's report, or a JSON report. The pushers run in the sandbox and may raise. */
struct subject {
	size_t count; /* of findings */
	const void *data;
	void (*push_image)(lua_State *L, const struct subject *subject); /* with `database` and `problems` */
	void (*push_packages)(lua_State *L, const struct subject *subject);
	void (*push_finding)(lua_State *L, const struct subject *subject, size_t index);
	/* Pushes only id, severity, symbol and fixed_by. Pushes nothing and returns false if the finding has another field that
	 * policies decide by: kev, informational, kernel or malicious. */
	bool (*push_light)(lua_State *L, const struct subject *subject, size_t index);
	/* For tallies and messages. The text is borrowed and never NULL. */
	enum tarsier_severity (*severity)(const struct subject *subject, size_t index);
	const char *(*name)(const struct subject *subject, size_t index); /* "CVE-2021-3711" */
	bool (*has_fix)(const struct subject *subject, size_t index);
	const char *(*nvd_status)(const struct subject *subject, size_t index);
	/* What was matched. The texts are borrowed and never NULL. */
	bool has_database;
	const char *backend, *system; /* system: the ecosystem of the operating system, or its id in os-release */
	size_t package_count;
	const char *(*ecosystem)(const struct subject *subject, size_t package);
	/* Returns false after the last problem. Problems that the command was told to ignore have the kind "ignored". */
	bool (*problem)(const struct subject *subject, size_t index, struct subject_problem *problem);
};

/* ---- cover.c ---- */

/* Sets *reason if the findings cannot be trusted because nothing was matched or a part could not be read, or to NULL.
 * The arena owns it. Returns false if memory ran out. */
bool policy_find_gap(struct arena *arena, const struct subject *subject, const char **reason);

/* ---- subject.c ---- */

/* tarsier_judge_json for a parsed document. */
int policy_judge_json(tarsier_judge *judge, const json_t *report, tarsier_verdict **verdict,
                      struct tarsier_error *error);

/* ---- run.c ---- */

int policy_judge(tarsier_judge *judge, const struct subject *subject, tarsier_verdict **verdict,
                 struct tarsier_error *error);

/* Loads one policy and checks its declaration and options. Sets *info to { name, summary, description, options,
 * defaults, needs, hooks = {}, examples = n }, owned by the caller. */
int policy_describe(tarsier_judge *judge, struct policy *policy, json_t **info, struct tarsier_error *error);

/* The same, and also looks for names that do not exist: in the text, and by running the hooks on plain records. */
int policy_check(tarsier_judge *judge, struct policy *policy, json_t **info, struct tarsier_error *error);

/* Runs the policy's examples, each in its own sandbox. Sets *results to a list of { ok, index, hook, expected, got,
 * reason }, owned by the caller. If the hook raised an error, got is "error" and reason is its message. */
int policy_test(tarsier_judge *judge, struct policy *policy, json_t **results, struct tarsier_error *error);

/* ---- verdict.c ---- */

/* A verdict under construction. Its arena owns all of it. */
struct verdict {
	tarsier_verdict public; /* first: the host holds a pointer to this */
	struct arena arena;
	struct tarsier_decided *findings;
	struct tarsier_word *trail;
	size_t trail_capacity;
	struct tarsier_policy_use *policies;
};

struct verdict *verdict_new(const struct tarsier_allocator *allocator, size_t findings, size_t policies);

/* Adds a decision to a finding's trail, or to the image's if `finding` is SIZE_MAX. The reason is copied, shortened if
 * it is long, and made one line. Returns false if memory ran out. */
bool verdict_word(struct verdict *verdict, size_t finding, const struct tarsier_word *word);

/* Returns the last decision on a finding, or NULL. */
const struct tarsier_word *verdict_last(const struct verdict *verdict, size_t finding);

/* Counts the findings by their last decision. Call it before the verdict hooks. */
void verdict_count(struct verdict *verdict, const struct subject *subject);

/* Returns the decision that results from the decisions so far. */
enum tarsier_decision verdict_decision(const struct verdict *verdict);

/* Sets decision and reasons. Returns false if memory ran out. */
bool verdict_finish(struct verdict *verdict, const struct subject *subject);

#endif
