/* reads installed Julia packages */
#include "format/assignment.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

/*
 * Julia's package manager unpacks each package to DEPOT/packages/NAME/SLUG, and Julia brings its standard library as
 * share/julia/stdlib/vX.Y/NAME. Both have a Project.toml (pkgdocs.julialang.org, "Project.toml and Manifest.toml"):
 *
 *	name = "HTTP"
 *	uuid = "cd3eb016-35fb-5094-929b-558a96fad6f3"
 *	version = "1.10.1"
 *
 * before the first table. Parts of the standard library have no version of their own, and are left out, as are other
 * programs' files of this name, which have no uuid.
 */
enum { HEAD = 64 << 10 };

/* Returns what precedes the first table: a line that begins with '['. */
static span before_tables(span content)
{
	for (size_t i = 0; i < content.len; i++)
		if (content.ptr[i] == '[' && (i == 0 || content.ptr[i - 1] == '\n'))
			return (span){content.ptr, i};
	return content;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	struct package_spans package = {.type = "julia", .ecosystem = "Julia"};
	span rest = before_tables(evidence->content), key, value, uuid = SPAN("");
	while (assignment_next(&rest, &key, &value)) {
		if (span_is(key, "name"))
			assignment_quoted(&value, &package.name);
		else if (span_is(key, "version"))
			assignment_quoted(&value, &package.version);
		else if (span_is(key, "uuid"))
			assignment_quoted(&value, &uuid);
	}
	if (!package.name.len || !package.version.len || !uuid.len)
		return TARSIER_OK;
	return reader_skip_file(output, reader_add(output, &package, error), error);
}

const struct reader reader_julia = {
	.name = "julia",
	.version = 1,
	.evidence = (const char *const[]){"**/packages/*/*/Project.toml", "**/julia/stdlib/*/*/Project.toml", NULL},
	.limit = HEAD,
	.head = true,
	.read = read,
};
