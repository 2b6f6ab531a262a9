/*
 * tarsier_policy.h - judging and reporting what a scan found, for hosts in C. Only this header needs Lua.
 *
 *	tarsier_judge *judge;
 *	tarsier_verdict *verdict;
 *
 *	if (tarsier_judge_open(NULL, &judge, &error) < 0) ...
 *	if (tarsier_judge_add(judge, "threshold", "{\"threshold\": \"High\"}", &error) < 0) ...
 *	if (tarsier_judge_run(judge, report, &verdict, &error) < 0) ...
 *	if (verdict->decision == TARSIER_FAIL)
 *		puts(verdict->reasons[0]);
 *	tarsier_verdict_free(verdict);
 *	tarsier_judge_free(judge);
 *
 * A policy is a Lua file that returns a table (see policies/default.lua). Each judgement runs in a Lua state of its own
 * that cannot reach the host and has a budget of memory, instructions and time. If a policy is malformed, breaks or uses
 * up its budget, the judgement fails with POLICY and a message that names policy, file, line and hook: to a host that
 * means "not judged", never "passed". The rules of tarsier.h on ownership and threads apply here too.
 */
#ifndef TARSIER_POLICY_H
#define TARSIER_POLICY_H

#include "tarsier.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tarsier_judge tarsier_judge;

struct tarsier_judge_config {
	size_t size;                    /* set by tarsier_judge_config_init */
	const char *const *policy_dirs; /* where names are looked for first; NULL-terminated, or NULL */
	int no_environment;             /* nonzero: only policy_dirs and ready_dir. Otherwise, in this order: policy_dirs,
	                                   $TARSIER_POLICIES (colons between), $XDG_CONFIG_HOME/tarsier/policies
	                                   (else $HOME/.config/…), ready_dir, ./policies */
	const char *ready_dir;          /* the ready policies; NULL: where `make install` put them */
	const char *lua_dir;            /* the Lua modules that write reports; NULL: where `make install` put them */
	const char *today;              /* "2026-11-24", what policies take for today; NULL: today, UTC */
	uint64_t instructions;          /* a policy may run; 0: 100 million, about a second */
	size_t memory;                  /* bytes a judgement may hold; 0: 64 MiB */
	double seconds;                 /* a judgement may take; 0: 10 */
	struct tarsier_allocator allocator; /* resize NULL: malloc */
	const char *module_path;        /* where `require` looks after the policies' folders, like Lua's package.path;
	                                   NULL: nowhere */
};
TARSIER_API void tarsier_judge_config_init_size(struct tarsier_judge_config *config, size_t size);
TARSIER_API void tarsier_judge_config_init(struct tarsier_judge_config *config); /* as for tarsier_config */
#define tarsier_judge_config_init(config) tarsier_judge_config_init_size((config), sizeof *(config))

/* The config is COPIED; NULL is the default one. *judge is OWNED: tarsier_judge_free; NULL on failure. */
TARSIER_API int tarsier_judge_open(const struct tarsier_judge_config *config, tarsier_judge **judge,
                                   struct tarsier_error *error);
TARSIER_API void tarsier_judge_free(tarsier_judge *judge); /* NULL is fine; verdicts stay valid */

/* Adds a policy, by name ("fixable") or by file (a name with a slash, or one that ends in ".lua"). Policies run in
 * the order added. `options` is a JSON object that overrides the policy's own, or NULL. Both are checked at once: fails
 * with NOT_FOUND, POLICY. */
TARSIER_API int tarsier_judge_add(tarsier_judge *judge, const char *policy, const char *options,
                                  struct tarsier_error *error);

/* The same with the text of the policy; `file` is its name in messages. COPIED. */
TARSIER_API int tarsier_judge_add_text(tarsier_judge *judge, const char *file, const char *text, size_t length,
                                       const char *options, struct tarsier_error *error);

/* Overrides one option from text: key "threshold.threshold", value "High". The text becomes what the option's default
 * is: number, boolean, text or, with commas between, a list. Fails with USAGE if no policy of that name was added, with
 * POLICY if it has no such option or the value does not fit; each message names the nearest. */
TARSIER_API int tarsier_judge_set(tarsier_judge *judge, const char *key, const char *value,
                                  struct tarsier_error *error);
/* The same with a value in JSON, "[\"a\"]", which must be of the type of the option's default. */
TARSIER_API int tarsier_judge_set_json(tarsier_judge *judge, const char *key, const char *json,
                                       struct tarsier_error *error);

TARSIER_API size_t tarsier_judge_count(const tarsier_judge *judge); /* of the policies added */

/* What the added policies need gathered before a judgement: a sum of these. */
enum tarsier_need {
	TARSIER_NEED_FILES = 1,    /* tarsier_config.files */
	TARSIER_NEED_UPGRADES = 2, /* each finding's `upgrade`, which only the Lua module computes (tarsier.advice) */
	TARSIER_NEED_SECRETS = 4,  /* tarsier_config.secrets */
};
TARSIER_API unsigned tarsier_judge_needs(const tarsier_judge *judge);

/* Questions about policies, which need not be added. *file and *files (NULL-terminated, in the order in which names are
 * looked for) are BORROWED from the judge. *json is OWNED: tarsier_text_free; NULL on failure. inspect checks a policy and
 * gives { name, summary, description, options, defaults, hooks, examples }; test runs its examples and gives a list of
 * { ok, index, hook, expected, got, reason }. NOT_FOUND, POLICY. */
TARSIER_API int tarsier_judge_find(tarsier_judge *judge, const char *policy, const char **file, struct tarsier_error *error);
TARSIER_API int tarsier_judge_list(tarsier_judge *judge, const char *const **files, struct tarsier_error *error);
TARSIER_API int tarsier_judge_inspect(tarsier_judge *judge, const char *policy, char **json, struct tarsier_error *error);
TARSIER_API int tarsier_judge_test(tarsier_judge *judge, const char *policy, char **json, struct tarsier_error *error);
TARSIER_API void tarsier_text_free(char *text); /* NULL is fine */

enum tarsier_decision {
	TARSIER_UNDECIDED, /* no policy said a word; of a verdict: it passes */
	TARSIER_IGNORE,    /* passes, and reports may leave it out */
	TARSIER_ACCEPT,    /* passes: a person has accepted the risk */
	TARSIER_WARN,      /* passes, and a person should know */
	TARSIER_FAIL,
};
TARSIER_API const char *tarsier_decision_name(enum tarsier_decision decision); /* "fail"; "undecided"; static */

/* What one policy said once. */
struct tarsier_word {
	const char *policy;
	const char *hook;  /* "finding", "image", "verdict" */
	enum tarsier_decision decision;
	const char *reason; /* one line; "" if none was given */
};

struct tarsier_decided {
	const struct tarsier_word *words; /* every word in order; the last one counts */
	size_t count;
};

struct tarsier_policy_use {
	const char *name, *summary, *file;
	const char *options; /* those in force; a JSON object */
	const char *details; /* what its verdict hook told beyond the decision; JSON, "" if nothing */
	uint64_t instructions; /* counted by the hundred */
	uint64_t memory;       /* the most it held at once */
	double seconds;
};

typedef struct tarsier_verdict {
	enum tarsier_decision decision;  /* UNDECIDED, WARN or FAIL */
	const char *const *reasons;      /* why it fails or warns, most important first; NULL-terminated */
	size_t tally[5];                 /* findings by their last decision: tally[TARSIER_FAIL] */
	size_t severities[7];            /* findings by severity */
	const struct tarsier_decided *findings; /* one a finding of the report, in its order */
	size_t finding_count;
	const struct tarsier_word *trail; /* what image and verdict hooks said, in order */
	size_t trail_count;
	const struct tarsier_policy_use *policies; /* in the order added */
	size_t policy_count;
} tarsier_verdict;

/* Judges a report. *verdict is OWNED: tarsier_verdict_free; NULL on failure. The report may be freed before it. The
 * decision is FAIL, whatever policies say, if nothing was matched or evidence could not be read: no database, no packages,
 * a system that the database does not cover. */
TARSIER_API int tarsier_judge_run(tarsier_judge *judge, const tarsier_report *report, tarsier_verdict **verdict,
                                  struct tarsier_error *error);

/* Judges an earlier scan by its JSON report, whose own verdict does not count. Problems that are marked as ignored there
 * stay ignored. */
TARSIER_API int tarsier_judge_json(tarsier_judge *judge, const char *json, size_t length, tarsier_verdict **verdict,
                                   struct tarsier_error *error);
TARSIER_API void tarsier_verdict_free(tarsier_verdict *verdict); /* NULL is fine */

/* Writes a report in a format ("json", "table", "gitlab", …) by calling `write` with pieces of text until it returns
 * nonzero (IO). `verdict` may be NULL: not judged. `judge` may be NULL: default config. This opens a Lua state that is
 * trusted: it runs the Lua modules of lua_dir. */
TARSIER_API int tarsier_render(const tarsier_judge *judge, const tarsier_report *report, const tarsier_verdict *verdict,
                               const char *format, int (*write)(void *user, const char *text, size_t length),
                               void *user, struct tarsier_error *error);

/*
 * A reader in Lua, for tarsier_config.readers: a file that returns
 *
 *	{ name = "acme", evidence = { "opt/acme/VERSION" }, limit = 4096,
 *	  read = function(path, content) return { { name = "acme-app", version = content:match "%S+" } } end,
 *	  examples = { { path = "opt/acme/VERSION", content = "1.2\n", expect = { { name = "acme-app", version = "1.2" } } } } }
 *
 * A package may also have type, ecosystem, architecture and license. Each call runs in a sandbox of its own, with the functions
 * that policies have: 20 million instructions, 128 MiB, 10 seconds. *reader is OWNED: tarsier_reader_free, after the engines
 * that have it are closed. POLICY if the file is not a reader.
 */
TARSIER_API int tarsier_reader_open(const char *file, struct tarsier_reader **reader, struct tarsier_error *error);
TARSIER_API void tarsier_reader_free(struct tarsier_reader *reader); /* NULL is fine */
/* Runs the examples of a reader that tarsier_reader_open opened: *count of them hold. POLICY names the one that does not. */
TARSIER_API int tarsier_reader_test(const struct tarsier_reader *reader, size_t *count, struct tarsier_error *error);

/*
 * A feed in Lua, for records in a form that tarsier does not know: a file that returns
 *
 *	{ name = "acme", format = "lines", recognise = function(head) return head:find "^# acme" ~= nil end,
 *	  read = function(line, file) return { { id = "ACME-1", affected = … } } end,
 *	  examples = { { content = "a line", expect = { … } } } }
 *
 * `read` gets the whole file ("text", the default; at most 8 MiB), a line, or a JSON value ("json": each element of a list, else
 * the document), and returns OSV records as tables. It runs in the sandbox that policies have, one for each file: 20 million
 * instructions a call, 128 MiB, 300 seconds a file. `recognise` gets the first 4,096 bytes; without it every file is read.
 *
 * Calls `write` with pieces of a JSON list of these records, for tarsier_import, until it returns nonzero (IO). The file may be
 * packed, and may not be an archive. Returns 1, and writes nothing, if the feed does not recognise it. POLICY if the script
 * fails; then what was written is incomplete. `records` may be NULL.
 */
TARSIER_API int tarsier_feed_convert(const char *script, const char *file,
                                     int (*write)(void *user, const char *text, size_t length), void *user,
                                     uint64_t *records, struct tarsier_error *error);
/* Runs the examples of a feed: *count of them hold. POLICY names the one that does not. */
TARSIER_API int tarsier_feed_test(const char *script, size_t *count, struct tarsier_error *error);

#ifdef __cplusplus
}
#endif
#endif
