/* A build tool that holds images in a store of its own scans one without writing it anywhere: the library asks for the bytes.
 * Ctrl-C ends the scan. Here the store is the folder of an OCI image layout.
 *
 *	cc store.c $(pkg-config --cflags --libs tarsier) -o store && ./store DATABASE LAYOUT
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <tarsier.h>

static tarsier_token *token;

static void on_interrupt(int number)
{
	(void)number;
	tarsier_token_cancel(token);
}

/* `digest` NULL is the image's manifest or index; what has a digest lies under blobs/. */
static int store_open(void *user, const char *digest, void **blob, uint64_t *length)
{
	char path[4096], name[160];
	snprintf(name, sizeof name, "%s", digest ? digest : "");
	char *colon = strchr(name, ':');
	if (colon)
		*colon = '/';
	snprintf(path, sizeof path, digest ? "%s/blobs/%s" : "%s/index.json%s", (const char *)user, name);
	FILE *file = fopen(path, "rb");
	if (!file)
		return errno == ENOENT ? TARSIER_NOT_FOUND : TARSIER_IO;
	fseek(file, 0, SEEK_END);
	*length = (uint64_t)ftell(file);
	rewind(file);
	*blob = file;
	return TARSIER_OK;
}

static ptrdiff_t store_read(void *user, void *blob, void *into, size_t length)
{
	(void)user;
	size_t got = fread(into, 1, length, blob);
	return got == 0 && ferror(blob) ? TARSIER_IO : (ptrdiff_t)got;
}

static void store_close(void *user, void *blob)
{
	(void)user;
	fclose(blob);
}

static int scan(tarsier_engine *engine, char *layout, tarsier_report **report, struct tarsier_error *error)
{
	struct tarsier_source source;
	struct tarsier_scan_options options;
	tarsier_source_init(&source);
	source.name = layout;
	source.open = store_open;
	source.read = store_read;
	source.close = store_close;
	source.user = layout;
	tarsier_scan_options_init(&options);
	options.source = &source;
	options.token = token;
	return tarsier_scan_with(engine, NULL, &options, report, error);
}

int main(int argc, char **argv)
{
	struct tarsier_config config;
	struct tarsier_error error;
	tarsier_engine *engine;
	tarsier_report *report;

	if (argc != 3)
		return fprintf(stderr, "usage: %s DATABASE LAYOUT\n", argv[0]), 2;
	token = tarsier_token_new();
	if (!token)
		return 3;
	signal(SIGINT, on_interrupt);
	tarsier_config_init(&config);
	config.database = argv[1];
	if (tarsier_open(&config, &engine, &error) < 0)
		return fprintf(stderr, "%s\n", error.message), 4;
	int code = scan(engine, argv[2], &report, &error);
	if (code < 0)
		fprintf(stderr, "%s: %s\n", tarsier_code_name(code), error.message);
	else
		printf("%zu packages, %zu findings\n", tarsier_package_count(report), tarsier_finding_count(report));
	tarsier_report_free(report);
	tarsier_close(engine);
	tarsier_token_free(token);
	return code < 0 ? 3 : 0;
}
