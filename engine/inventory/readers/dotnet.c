/* reads the dependencies of .NET applications */
#include "format/json.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

#include <stdio.h>
#include <string.h>

/*
 * APP.deps.json, which `dotnet publish` writes beside each program and framework (dotnet/sdk, "Runtime configuration
 * files"):
 *
 *	{ "runtimeTarget": { "name": TARGET }, "targets": { TARGET: { "NAME/VERSION": { "runtime": {…}, … }, … }, … },
 *	  "libraries": { "NAME/VERSION": { "type": "project" | "package" | "runtimepack" | "reference", … }, … } }
 *
 * Packages count, and runtime packs: a self-contained program's copy of the framework, under the package's name with
 * "runtimepack." before it. What was there for the compiler only ("compileOnly", or assets of "compile" and no other)
 * is not in the image. The project is not a package, and neither are the assemblies that it refers to by path.
 */
enum { FILE_LIMIT = 16 << 20 }; /* the largest applications have 2 MiB */

static const char *const runtime_assets[] = {"runtime", "native", "runtimeTargets", "resources", NULL};

static bool is_for_compiler(const json_t *assets)
{
	if (json_is_true(json_object_get(assets, "compileOnly")))
		return true;
	for (const char *const *kind = runtime_assets; *kind; kind++)
		if (json_object_get(assets, *kind))
			return false;
	return json_object_get(assets, "compile") != NULL;
}

/* What the target that the program runs on says of each library; NULL if there is none. */
static const json_t *runtime_target(const json_t *file)
{
	const json_t *target = json_object_get(file, "runtimeTarget"); /* a text in the first versions */
	const char *name = json_is_string(target) ? json_string_value(target) : json_text(target, "name");
	return json_member(json_member(file, "targets"), name);
}

static int add_library(const char *key, const char *type, struct reader_output *output, struct tarsier_error *error)
{
	static const char pack[] = "runtimepack.";
	struct package_spans package = {.type = "nuget", .ecosystem = "NuGet"};
	char text[sizeof error->message];
	span_cut(span_of(key), '/', &package.name, &package.version);
	if (strcmp(type, "runtimepack") == 0 && span_starts(package.name, pack))
		package.name = span_from(package.name, strlen(pack));
	int code = reader_add(output, &package, error);
	if (code != TARSIER_FORMAT)
		return code;
	snprintf(text, sizeof text, "library \"%.80s\": %.800s", key, error->message);
	return reader_output_note(output, true, text, error);
}

static int add_all(json_t *file, struct reader_output *output, struct tarsier_error *error)
{
	json_t *libraries = json_object_get(file, "libraries"), *library;
	const json_t *target = runtime_target(file);
	const char *key;
	int code = TARSIER_OK;
	if (!json_is_object(libraries))
		return error_set(error, TARSIER_FORMAT, "no object \"libraries\"");
	json_object_foreach(libraries, key, library) {
		const char *type = json_text(library, "type");
		bool package = strcmp(type, "package") == 0 || strcmp(type, "runtimepack") == 0;
		if (package && !is_for_compiler(json_member(target, key)))
			code = add_library(key, type, output, error);
		if (code < 0)
			break;
	}
	return code;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	json_t *file;
	int code = json_parse(evidence->content, FILE_LIMIT, "deps.json", &file, error);
	if (code >= 0)
		code = add_all(file, output, error);
	json_decref(file);
	return reader_skip_file(output, code, error);
}

const struct reader reader_dotnet = {
	.name = "dotnet",
	.version = 1,
	.evidence = (const char *const[]){"**/*.deps.json", NULL},
	.limit = FILE_LIMIT,
	.read = read,
};
