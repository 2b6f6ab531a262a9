/* The codes of failures with and without an error record: one "with without" line for each call that fails. */
#include <stdio.h>
#include <tarsier_policy.h>
#include <tarsier_share.h>

static void tell(const char *what, int with, int without, const struct tarsier_error *error)
{
	printf("%s: %s %s %s\n", what, tarsier_code_name(with), tarsier_code_name(without), error->code == with ? "same" : "other");
}

/* Makes a call twice. It passes `wanted`, which is a record the first time and NULL the second. */
#define TRY(what, call) \
	do { \
		struct tarsier_error error_ = {0}, *wanted = &error_; \
		int with_ = (call); \
		wanted = NULL; \
		tell(what, with_, (call), &error_); \
	} while (0)

static void try_images(tarsier_engine *engine, char **images)
{
	tarsier_report *report;
	for (; *images; images++) {
		TRY("scan", tarsier_scan(engine, *images, &report, wanted));
		TRY("scan with options", tarsier_scan_with(engine, *images, NULL, &report, wanted));
	}
	TRY("read a report", tarsier_report_read("{", 1, &report, wanted));
}

static void try_databases(tarsier_engine *engine, tarsier_report *report)
{
	tarsier_report *again;
	const char *nowhere[] = {"/nonexistent"};
	struct tarsier_database_info *info;
	TRY("import", tarsier_import("x.db", nowhere, 1, NULL, NULL, wanted));
	TRY("read", tarsier_database_read("/nonexistent.db", &info, wanted));
	TRY("search", tarsier_database_search("/nonexistent.db", "CVE-2024-1", NULL, NULL, NULL, NULL, wanted));
	TRY("match again", tarsier_rematch(engine, report, &again, wanted));
	TRY("list", tarsier_database_list("/nonexistent.db", NULL, NULL, wanted));
}

static void try_policies(tarsier_judge *judge, const tarsier_report *report)
{
	tarsier_verdict *verdict;
	const char *file;
	char *json;
	TRY("add text", tarsier_judge_add_text(judge, "x.lua", "return", 6, NULL, wanted));
	TRY("add", tarsier_judge_add(judge, "nosuch", NULL, wanted));
	TRY("set", tarsier_judge_set(judge, "no.such", "1", wanted));
	TRY("set JSON", tarsier_judge_set_json(judge, "no.such", "{", wanted));
	TRY("find", tarsier_judge_find(judge, "nosuch", &file, wanted));
	TRY("inspect", tarsier_judge_inspect(judge, "nosuch", &json, wanted));
	TRY("test", tarsier_judge_test(judge, "nosuch", &json, wanted));
	TRY("judge", tarsier_judge_json(judge, "{", 1, &verdict, wanted));
	TRY("render", tarsier_render(judge, report, NULL, "nosuch", NULL, NULL, wanted));
}

static void try_network(const struct tarsier_config *config)
{
	struct tarsier_config clair = *config;
	struct tarsier_clair_status status;
	struct tarsier_http_request request;
	struct tarsier_http_response *response;
	struct tarsier_download download = {.url = "nosuch://", .path = "/nonexistent/x"};
	tarsier_container *container;
	tarsier_repository *repository;
	char text[64];
	clair.clair = "http://127.0.0.1:1";
	tarsier_http_request_init(&request);
	request.url = "http://127.0.0.1:1/";
	TRY("ask Clair", tarsier_clair_ask(&clair, &status, wanted));
	TRY("container", tarsier_container_open("unix:///nonexistent", NULL, &container, wanted));
	TRY("HTTP", tarsier_http(&request, &response, wanted));
	TRY("image name", tarsier_image_name("///", text, sizeof text, wanted));
	TRY("image of an engine", tarsier_engine_image("///", NULL, text, sizeof text, wanted));
	TRY("download", tarsier_download(&download, 1, NULL, wanted));
	TRY("repository", tarsier_repository_open("///", NULL, &repository, wanted));
}

static void try_texts(void)
{
	char digest[TARSIER_DIGEST_SIZE], comment[64], *signature;
	struct tarsier_reader *reader;
	int order;
	TRY("compare", tarsier_compare("deb", "1", "", &order, wanted));
	TRY("pack", tarsier_pack("/nonexistent", "x", 0, NULL, digest, wanted));
	TRY("unpack", tarsier_unpack("/nonexistent", "x", 1, NULL, digest, wanted));
	TRY("verify", tarsier_verify("no key", "no signature", "", 0, comment, sizeof comment, wanted));
	TRY("sign", tarsier_sign("no key", NULL, "", 0, "", &signature, wanted));
	TRY("open a reader", tarsier_reader_open("/nonexistent.lua", &reader, wanted));
}

static void free_nothing(void)
{
	tarsier_close(NULL);
	tarsier_token_free(NULL);
	tarsier_judge_free(NULL);
	tarsier_text_free(NULL);
	tarsier_verdict_free(NULL);
	tarsier_reader_free(NULL);
	tarsier_report_free(NULL);
	tarsier_repository_free(NULL);
	tarsier_database_info_free(NULL);
	tarsier_container_free(NULL);
	tarsier_http_response_free(NULL);
}

int main(int argc, char **argv) /* BROKEN-IMAGE… */
{
	struct tarsier_config config, missing;
	struct tarsier_error error = {0};
	tarsier_engine *engine, *none;
	tarsier_judge *judge;
	tarsier_report *report;
	if (argc < 2)
		return 2;
	tarsier_config_init(&config);
	config.cache_dir = "";
	missing = config;
	missing.database = "/nonexistent.db";
	TRY("open", tarsier_open(&missing, &none, wanted));
	if (tarsier_open(&config, &engine, &error) < 0 || tarsier_judge_open(NULL, &judge, &error) < 0 ||
	    tarsier_scan(engine, "dir:policies", &report, &error) < 0)
		return 1;
	try_images(engine, argv + 1);
	try_databases(engine, report);
	try_policies(judge, report);
	try_network(&config);
	try_texts();
	free_nothing();
	tarsier_report_free(report);
	tarsier_judge_free(judge);
	tarsier_close(engine);
	return 0;
}
