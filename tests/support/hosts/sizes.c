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
	tarsier_close(engine);
	init_all();
	return 0;
}
