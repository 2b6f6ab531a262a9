#include "inventory/go_binary.h"
#include "inventory/reader_add.h"

/*
 * Lines of fields between tabs, as runtime/debug's BuildInfo has them:
 *
 *	path    PACKAGE                     of the main function
 *	mod     MODULE VERSION SUM          that it is in; the version is "(devel)" if Go was not told one
 *	dep     MODULE VERSION SUM
 *	=>      MODULE VERSION SUM          what was built instead of the dependency before; a folder has no version
 *	build   KEY=VALUE
 */
struct module { span name, version; };

/* Adds a module whose line and replacement are complete. A module that a folder replaces has no published
 * version. */
static int add(struct module *module, struct reader_output *output, struct tarsier_error *error)
{
	struct package_spans package = {.type = "golang", .ecosystem = "Go", .name = module->name,
	                                .version = module->version.len ? module->version : SPAN("(devel)"),
	                                .found_by = "binary"};
	int code = module->name.len ? reader_add(output, &package, error) : TARSIER_OK;
	*module = (struct module){SPAN(""), SPAN("")};
	return reader_skip_file(output, code, error);
}

static int read_line(span line, struct module *last, struct reader_output *output, struct tarsier_error *error)
{
	span kind, name, version;
	int code = TARSIER_OK;
	if (!span_next(&line, '\t', &kind) || !span_next(&line, '\t', &name))
		return code;
	if (!span_next(&line, '\t', &version))
		version = SPAN("");
	if (span_is(kind, "=>")) {
		last->version = version;
		if (version.len)
			last->name = name;
		return code;
	}
	code = add(last, output, error);
	if (span_is(kind, "mod") || span_is(kind, "dep"))
		*last = (struct module){name, version};
	return code;
}

/* "go1.22.1 X:loopvar" is 1.22.1; "devel go1.23-abcdef Tue Jan 2" is 1.23-abcdef. Other development versions do not tell
 * what they are. */
static span release_of(span version)
{
	if (span_starts(version, "devel "))
		version = span_from(version, 6);
	if (!span_starts(version, "go"))
		return SPAN("(devel)");
	span_cut(span_from(version, 2), ' ', &version, &(span){0});
	return version;
}

int go_modules_add(span version, span modules, struct reader_output *output, struct tarsier_error *error)
{
	struct module last = {SPAN("stdlib"), release_of(version)};
	int code = TARSIER_OK;
	for (span line; code >= 0 && span_next(&modules, '\n', &line);)
		code = read_line(line, &last, output, error);
	return code < 0 ? code : add(&last, output, error);
}

span go_main_path(span modules)
{
	span line, kind, path;
	while (span_next(&modules, '\n', &line))
		if (span_next(&line, '\t', &kind) && span_is(kind, "path") && span_next(&line, '\t', &path))
			return path;
	return SPAN("");
}

span go_build_setting(span modules, const char *key)
{
	span line, kind, name, value;
	while (span_next(&modules, '\n', &line))
		if (span_next(&line, '\t', &kind) && span_is(kind, "build") && span_cut(line, '=', &name, &value) && span_is(name, key))
			return value;
	return SPAN("");
}
