/* reads installed Ruby gems */
#include "format/assignment.h"
#include "format/spdx.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

/*
 * RubyGems writes specifications/NAME-VERSION.gemspec for each gem that it installs, and Ruby itself brings
 * specifications/default/NAME-VERSION.gemspec (Gem::Specification#to_ruby):
 *
 *	# -*- encoding: utf-8 -*-
 *	# stub: rack 2.2.3 ruby lib
 *
 *	Gem::Specification.new do |s|
 *	  s.name = "rack".freeze
 *	  s.version = "2.2.3"
 *	  s.licenses = ["MIT".freeze]
 *
 * Releases before RubyGems 2.0 quote with %q{rack}, and write no stub. A gemspec that computes its version was not
 * written by RubyGems; its stub line, if it has one, counts. Gems' own sources have gemspecs elsewhere.
 */
enum { HEAD = 256 << 10 }; /* a list of a thousand files precedes the licences */

/* Returns true for "s.name", with any variable. */
static bool sets(span key, const char *attribute)
{
	span variable, name;
	return span_cut(key, '.', &variable, &name) && span_is(name, attribute);
}

/* "# stub: NAME VERSION PLATFORM FOLDERS" */
static void read_stub(span content, struct package_spans *package)
{
	span line, word, *const fields[] = {&package->name, &package->version};
	for (int i = 0; i < 3 && span_next(&content, '\n', &line); i++) {
		if (!span_starts(line, "# stub: "))
			continue;
		line = span_from(line, sizeof "# stub: " - 1);
		for (int k = 0; k < 2 && span_next(&line, ' ', &word); k++)
			if (!fields[k]->len)
				*fields[k] = word;
	}
}

/* Adds each of ["MIT".freeze, "Ruby".freeze]. */
static bool add_licenses(struct buffer *licenses, span value)
{
	span license;
	while (assignment_quoted(&value, &license))
		if (!licenses_add(licenses, license))
			return false;
	return true;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	struct package_spans package = {.type = "gem", .ecosystem = "RubyGems"};
	struct buffer licenses;
	span rest = evidence->content, key, value;
	bool ok = true;
	buffer_init(&licenses, &output->arena->allocator);
	while (ok && assignment_next(&rest, &key, &value)) {
		if (!package.name.len && sets(key, "name"))
			assignment_quoted(&value, &package.name);
		else if (!package.version.len && sets(key, "version"))
			assignment_quoted(&value, &package.version);
		else if (sets(key, "licenses") || sets(key, "license"))
			ok = add_licenses(&licenses, value);
	}
	read_stub(evidence->content, &package);
	package.licenses = buffer_span(&licenses);
	int code = ok ? reader_add(output, &package, error) : error_memory(error);
	buffer_free(&licenses);
	return reader_skip_file(output, code, error);
}

const struct reader reader_ruby = {
	.name = "ruby",
	.version = 1,
	.evidence = (const char *const[]){"**/specifications/*.gemspec", "**/specifications/default/*.gemspec", NULL},
	.limit = HEAD,
	.head = true,
	.read = read,
};
