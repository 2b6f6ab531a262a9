/* reads the package database of Arch Linux and its derivatives */
#include "format/spdx.h"
#include "inventory/dependencies.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

/*
 * var/lib/pacman/local/NAME-VERSION/ has a folder for each package, with two files of the same form (alpm's local database):
 * a line "%KEY%", then its values, one in each line, then an empty line.
 *
 *	desc:  %NAME%, %VERSION% (with epoch and release), %BASE% (the source package), %ARCH%, %LICENSE% (one or more),
 *	       %DEPENDS%, %PROVIDES% (each one value a line, "glibc>=2.33")
 *	files: %FILES% (paths from the root; folders end with a slash)
 */
static span key_of(span line)
{
	bool is_key = line.len > 2 && line.ptr[0] == '%' && line.ptr[line.len - 1] == '%';
	return is_key ? (span){line.ptr + 1, line.len - 2} : SPAN("");
}

/* Takes the next value, and *key if it is the first one of another. Returns false at the end. */
static bool take_value(span *rest, span *key, span *value)
{
	while (span_next(rest, '\n', value)) {
		span next = key_of(*value);
		if (next.len)
			*key = next;
		else if (value->len)
			return true;
	}
	return false;
}

static int read_description(span content, struct reader_output *output, struct tarsier_error *error)
{
	struct package_spans package = {.type = "alpm"};
	struct buffer licenses, requires, provides;
	span key = SPAN(""), value;
	buffer_init(&licenses, &output->arena->allocator);
	buffer_init(&requires, &output->arena->allocator);
	buffer_init(&provides, &output->arena->allocator);
	bool ok = dependencies_begin(&requires, false);
	while (ok && take_value(&content, &key, &value)) {
		if (span_is(key, "NAME"))
			package.name = value;
		else if (span_is(key, "VERSION"))
			package.version = value;
		else if (span_is(key, "BASE"))
			package.source_name = value;
		else if (span_is(key, "ARCH"))
			package.architecture = value;
		else if (span_is(key, "LICENSE"))
			ok = licenses_add(&licenses, value);
		else if (span_is(key, "DEPENDS"))
			ok = dependencies_add_words(&requires, value);
		else if (span_is(key, "PROVIDES"))
			ok = dependencies_add_words(&provides, value);
	}
	package.licenses = buffer_span(&licenses);
	package.requires = buffer_span(&requires);
	package.provides = buffer_span(&provides);
	int code = ok ? reader_add(output, &package, error) : error_memory(error);
	buffer_free(&licenses);
	buffer_free(&requires);
	buffer_free(&provides);
	return code;
}

/* The folder's name without the last two hyphens' texts: "gcc-libs-13.2.1-3" is gcc-libs'. */
static span name_of(span path)
{
	span folder = {path.ptr, (size_t)span_find_last(path, '/')};
	span name = span_from(folder, (size_t)(span_find_last(folder, '/') + 1));
	for (int i = 0; i < 2; i++)
		name.len = span_find_last(name, '-') > 0 ? (size_t)span_find_last(name, '-') : name.len;
	return name;
}

static int read_files(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	span rest = evidence->content, key = SPAN(""), value;
	int code = reader_output_set_owner(output, name_of(evidence->path), error);
	while (code >= 0 && take_value(&rest, &key, &value))
		if (span_is(key, "FILES") && !span_ends(value, "/"))
			code = reader_output_own(output, SPAN(""), value, error);
	return code;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	return span_ends(evidence->path, "/desc") ? read_description(evidence->content, output, error)
	                                          : read_files(evidence, output, error);
}

const struct reader reader_pacman = {
	.name = "pacman",
	.version = 2,
	.evidence = (const char *const[]){"var/lib/pacman/local/*/desc", "var/lib/pacman/local/*/files", NULL},
	.limit = 32 << 20, /* a kernel's headers are 2 MB of paths */
	.read = read,
};
