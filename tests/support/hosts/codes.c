/* The codes of failures with and without an error record: one "with without" line for each call that fails. */
#include <stdio.h>
#include <tarsier_policy.h>

static void tell(const char *what, int with, int without, const struct tarsier_error *error)
{
	printf("%s: %s %s %s\n", what, tarsier_code_name(with), tarsier_code_name(without), error->code == with ? "same" : "other");
}

int main(int argc, char **argv) /* BROKEN-IMAGE… */
{
	struct tarsier_config config, missing;
	struct tarsier_error error = {0};
	struct tarsier_database_info *info;
	tarsier_engine *engine, *none;
	tarsier_report *report;
	tarsier_judge *judge;
	tarsier_verdict *verdict;
	const char *nowhere[] = {"/nonexistent"};
	int order;

	tarsier_config_init(&config);
	config.cache_dir = "";
	missing = config;
	missing.database = "/nonexistent.db";
	int with = tarsier_open(&missing, &none, &error);
	tell("open", with, tarsier_open(&missing, &none, NULL), &error);
	if (tarsier_open(&config, &engine, &error) < 0 || tarsier_judge_open(NULL, &judge, &error) < 0)
		return 1;
	for (int i = 1; i < argc; i++) {
		with = tarsier_scan(engine, argv[i], &report, &error);
		tell("scan", with, tarsier_scan(engine, argv[i], &report, NULL), &error);
	}
	with = tarsier_import("x.db", nowhere, 1, NULL, NULL, &error);
	tell("import", with, tarsier_import("x.db", nowhere, 1, NULL, NULL, NULL), &error);
	with = tarsier_database_read("/nonexistent.db", &info, &error);
	tell("database", with, tarsier_database_read("/nonexistent.db", &info, NULL), &error);
	with = tarsier_compare("deb", "1", "", &order, &error);
	tell("compare", with, tarsier_compare("deb", "1", "", &order, NULL), &error);
	with = tarsier_judge_add_text(judge, "x.lua", "return", 6, NULL, &error);
	tell("add", with, tarsier_judge_add_text(judge, "x.lua", "return", 6, NULL, NULL), &error);
	with = tarsier_judge_add(judge, "nosuch", NULL, &error);
	tell("find", with, tarsier_judge_add(judge, "nosuch", NULL, NULL), &error);
	with = tarsier_judge_set(judge, "no.such", "1", &error);
	tell("set", with, tarsier_judge_set(judge, "no.such", "1", NULL), &error);
	with = tarsier_judge_json(judge, "{", 1, &verdict, &error);
	tell("judge", with, tarsier_judge_json(judge, "{", 1, &verdict, NULL), &error);
	tarsier_judge_free(judge);
	tarsier_close(engine);
	return 0;
}
