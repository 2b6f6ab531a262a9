/* A host whose header is older or newer than the library: what the `size` fields are for. Prints "what: code" lines. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <tarsier_policy.h>
#include <tarsier_share.h>
#include <tarsier_tools.h>

static void tell(const char *what, int code)
{
	printf("%s: %s\n", what, tarsier_code_name(code));
}

static int is_filled(const void *bytes, size_t length, int value)
{
	const unsigned char *byte = bytes;
	while (length && *byte == value)
		byte++, length--;
	return length == 0;
}

/* A program built before the init functions were macros calls the functions, with the first version's structs. */
static void init_as_before(void)
{
	struct tarsier_config config;
	struct tarsier_judge_config judge;
	struct tarsier_import_options import;
	size_t first = offsetof(struct tarsier_config, registry_user);
	memset(&config, 'C', sizeof config);
	memset(&judge, 'C', sizeof judge);
	memset(&import, 'C', sizeof import);
	(tarsier_config_init)(&config);
	(tarsier_judge_config_init)(&judge);
	(tarsier_import_options_init)(&import);
	printf("old config: %s\n", config.size == first && is_filled((char *)&config + first, sizeof config - first, 'C') ? "kept" : "overrun");
	printf("old judge: %s\n", judge.size <= sizeof judge ? "kept" : "overrun");
	printf("old import: %s\n", import.size <= sizeof import ? "kept" : "overrun");
}

/* Fills a struct, and says whether its init function leaves its size and zeros. */
#define INIT(name) \
	do { \
		struct tarsier_##name it_; \
		memset(&it_, 'C', sizeof it_); \
		tarsier_##name##_init(&it_); \
		int zero_ = is_filled((char *)&it_ + sizeof it_.size, sizeof it_ - sizeof it_.size, 0); \
		printf("init %s: %s\n", #name, it_.size == sizeof it_ && zero_ ? "zero" : "not zero"); \
	} while (0)

static void init_all(void)
{
	INIT(config);
	INIT(source);
	INIT(scan_options);
	INIT(judge_config);
	INIT(download_options);
	INIT(repository_options);
	INIT(import_options);
	INIT(http_request);
}

/* A struct of another size than the library's, with `tail` in the bytes that it does not know. */
static int open_engine(long difference, int tail)
{
	struct { struct tarsier_config config; char more[64]; } host;
	struct tarsier_error error;
	tarsier_engine *engine;
	memset(&host, tail, sizeof host);
	tarsier_config_init(&host.config);
	host.config.cache_dir = "";
	host.config.size += (size_t)difference;
	int code = tarsier_open(&host.config, &engine, &error);
	tarsier_close(engine);
	return code;
}

static int open_judge(long difference, int tail)
{
	struct { struct tarsier_judge_config config; char more[64]; } host;
	struct tarsier_error error;
	tarsier_judge *judge;
	memset(&host, tail, sizeof host);
	tarsier_judge_config_init(&host.config);
	host.config.size += (size_t)difference;
	int code = tarsier_judge_open(&host.config, &judge, &error);
	tarsier_judge_free(judge);
	return code;
}

static int import(long difference, int tail, const char *database, const char *record)
{
	struct { struct tarsier_import_options options; char more[64]; } host;
	struct tarsier_error error;
	memset(&host, tail, sizeof host);
	tarsier_import_options_init(&host.options);
	host.options.size += (size_t)difference;
	return tarsier_import(database, &record, 1, &host.options, NULL, &error);
}

/* Clears a struct and as much behind it, all but the struct to `tail`, and changes its size. */
#define HOST(name, difference, tail) \
	struct { struct tarsier_##name options; char more[64]; } host; \
	struct tarsier_error error; \
	memset(&host, tail, sizeof host); \
	tarsier_##name##_init(&host.options); \
	host.options.size = (difference) < -8 ? 0 : host.options.size + (size_t)(difference)

static int find_nothing(void *user, const char *digest, void **blob, uint64_t *length)
{
	(void)user, (void)digest, (void)blob, (void)length;
	return TARSIER_NOT_FOUND;
}

static ptrdiff_t read_nothing(void *user, void *blob, void *into, size_t length)
{
	(void)user, (void)blob, (void)into, (void)length;
	return 0;
}

/* A scan without an image. It never returns OK. */
static int scan(tarsier_engine *engine, const struct tarsier_scan_options *options)
{
	struct tarsier_error error;
	tarsier_report *report;
	return tarsier_scan_with(engine, "oci:/nonexistent", options, &report, &error);
}

static int scan_options(tarsier_engine *engine, long difference, int tail)
{
	HOST(scan_options, difference, tail);
	error.code = scan(engine, &host.options);
	return error.code;
}

static int scan_source(tarsier_engine *engine, long difference, int tail)
{
	HOST(source, difference, tail);
	struct tarsier_scan_options options;
	tarsier_scan_options_init(&options);
	host.options.name = "none";
	host.options.open = find_nothing;
	host.options.read = read_nothing;
	options.source = &host.options;
	error.code = scan(engine, &options);
	return error.code;
}

/* A source with one of the three that it must have missing. */
static int scan_bad_source(tarsier_engine *engine, int missing)
{
	struct tarsier_source source;
	struct tarsier_scan_options options;
	tarsier_source_init(&source);
	tarsier_scan_options_init(&options);
	source.name = missing == 0 ? NULL : "none";
	source.open = missing == 1 ? NULL : find_nothing;
	source.read = missing == 2 ? NULL : read_nothing;
	options.source = &source;
	return scan(engine, &options);
}

static int download(long difference, int tail)
{
	HOST(download_options, difference, tail);
	return tarsier_download(NULL, 0, &host.options, &error);
}

static int repository(long difference, int tail)
{
	HOST(repository_options, difference, tail);
	tarsier_repository *made;
	int code = tarsier_repository_open("localhost:1/app", &host.options, &made, &error);
	tarsier_repository_free(made);
	return code;
}

/* Nothing answers. */
static int http(long difference, int tail)
{
	HOST(http_request, difference, tail);
	struct tarsier_http_response *response;
	host.options.url = "http://127.0.0.1:1/";
	return tarsier_http(&host.options, &response, &error);
}

static void each_other(tarsier_engine *engine, const char *what, long difference, int tail)
{
	const int codes[] = {scan_options(engine, difference, tail), scan_source(engine, difference, tail),
	                     download(difference, tail), repository(difference, tail), http(difference, tail)};
	static const char *const names[] = {"scan", "source", "download", "repository", "http"};
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		char name[64];
		snprintf(name, sizeof name, "%s %s", what, names[i]);
		tell(name, codes[i]);
	}
}

static void each(const char *what, long difference, int tail, char **argv)
{
	char name[64];
	snprintf(name, sizeof name, "%s engine", what);
	tell(name, open_engine(difference, tail));
	snprintf(name, sizeof name, "%s judge", what);
	tell(name, open_judge(difference, tail));
	snprintf(name, sizeof name, "%s import", what);
	tell(name, import(difference, tail, argv[1], argv[2]));
}

int main(int argc, char **argv) /* DATABASE RECORD */
{
	tarsier_engine *engine;
	if (argc != 3)
		return 2;
	init_as_before();
	each("same", 0, 1, argv);
	each("shorter", -8, 1, argv);
	each("longer, zero", 64, 0, argv);
	each("longer, set", 64, 1, argv);
	each("no size", -(long)sizeof(struct tarsier_config), 0, argv);
	tell("no config", tarsier_open(NULL, &engine, NULL));
	each_other(engine, "same", 0, 1);
	each_other(engine, "shorter", -8, 1);
	each_other(engine, "longer, zero", 64, 0);
	each_other(engine, "longer, set", 64, 1);
	each_other(engine, "no size", -9, 0);
	for (int missing = 0; missing < 3; missing++)
		tell("bad source", scan_bad_source(engine, missing));
	tarsier_close(engine);
	init_all();
	return 0;
}
