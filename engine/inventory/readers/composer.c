/* reads PHP packages that Composer installed */
#include "inventory/json_licenses.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

#include <stdio.h>

/*
 * Composer's FilesystemRepository writes VENDOR/composer/installed.json, where VENDOR is usually "vendor":
 *
 * Composer 1:  [package, …]
 * Composer 2:  {"packages": [package, …], "dev": …, "dev-package-names": …}
 *
 * installed.php beside it, since Composer 2, tells the same to programs at run time; Composer itself reads the former.
 *
 * A package has a name ("symfony/http-kernel") and its author's spelling of the version ("v5.4.0"), which Packagist's
 * advisories use, too. A file of another shape is noted: programs' tests contain such files. An entry without a name or
 * a version, among valid entries, is a package that could not be read.
 */
enum { FILE_LIMIT = 8 << 20 }; /* some 4 KiB a package, and 500 packages are a large project */

static int add_entry(const json_t *entry, size_t number, struct reader_output *output, struct tarsier_error *error)
{
	const struct package_spans package = {.type = "composer", .ecosystem = "Packagist",
	                                      .name = span_of(json_text(entry, "name")),
	                                      .version = span_of(json_text(entry, "version"))};
	char text[sizeof error->message];
	int code = reader_add_json(output, package, json_object_get(entry, "license"), error);
	if (code != TARSIER_FORMAT)
		return code;
	snprintf(text, sizeof text, "entry %zu: %.900s", number, error ? error->message : "broken");
	return reader_output_note(output, true, text, error);
}

static int add_all(const json_t *file, struct reader_output *output, struct tarsier_error *error)
{
	const json_t *entry, *list = json_is_array(file) ? file : json_list(file, "packages");
	size_t i;
	int code = TARSIER_OK;
	if (!list)
		return error_set(error, TARSIER_FORMAT, "neither a list of packages nor an object with one");
	json_array_foreach(list, i, entry) {
		code = add_entry(entry, i + 1, output, error);
		if (code < 0)
			break;
	}
	return code;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	json_t *file;
	int code = json_parse(evidence->content, FILE_LIMIT, "installed.json", &file, error);
	if (code >= 0)
		code = add_all(file, output, error);
	json_decref(file);
	return reader_skip_file(output, code, error);
}

const struct reader reader_composer = {
	.name = "composer",
	.version = 2,
	.evidence = (const char *const[]){"**/composer/installed.json", NULL},
	.limit = FILE_LIMIT,
	.read = read,
};
