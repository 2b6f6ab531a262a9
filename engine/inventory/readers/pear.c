/* reads PHP packages that PEAR and PECL installed */
#include "inventory/reader_add.h"
#include "layer/reader.h"

#include <string.h>

/*
 * The PEAR installer keeps PHP_DIR/.registry/NAME.reg for each package of its default channel pear.php.net, and
 * PHP_DIR/.registry/.channel.CHANNEL/NAME.reg for those of others (PEAR_Registry). Each is an array as PHP's serialize
 * writes it (php.net, "serialize"):
 *
 *	a:3:{s:4:"name";s:11:"Archive_Tar";s:7:"version";a:2:{s:7:"release";s:6:"1.4.14";s:3:"api";s:5:"1.4.0";} …}
 *
 * In the older package format the version is a string. Packagist has PEAR's packages as "pear/NAME", and OSV's advisories
 * name them so. Those of PECL, extensions written in C, are listed as "pecl/NAME"; no ecosystem of OSV's has them.
 */
enum { FILE_LIMIT = 4 << 20, DEPTH_LIMIT = 100 };

struct walk {
	span rest;
	size_t depth;        /* open arrays */
	bool is_value;       /* the next element is a value, not a key */
	span keys[2];        /* the latest key at the first and second depth */
	span name, version, license;
};

/* Takes "NUMBER" up to the separator. */
static bool take_number(span *rest, char separator, size_t *number)
{
	span digits;
	uint64_t value;
	if (span_find(*rest, separator) < 0 || !span_next(rest, separator, &digits) || !span_number(digits, &value))
		return false;
	*number = (size_t)value;
	return true;
}

/* Takes s:LENGTH:"TEXT"; after its "s:". */
static bool take_string(span *rest, span *text)
{
	size_t length;
	if (!take_number(rest, ':', &length) || rest->len < 3 || length > rest->len - 3 || rest->ptr[0] != '"')
		return false;
	*text = (span){rest->ptr + 1, length};
	if (rest->ptr[length + 1] != '"' || rest->ptr[length + 2] != ';')
		return false;
	*rest = span_from(*rest, length + 3);
	return true;
}

static void keep(struct walk *walk, span text)
{
	span outer = walk->keys[0], inner = walk->depth == 2 ? walk->keys[1] : SPAN("");
	if (walk->depth == 1 && span_is(outer, "name"))
		walk->name = text;
	else if (walk->depth <= 2 && span_is(outer, "version") && (!inner.len || span_is(inner, "release")))
		walk->version = text;
	else if (walk->depth <= 2 && span_is(outer, "license") && (!inner.len || span_is(inner, "_content")))
		walk->license = text;
}

static bool walk_string(struct walk *walk)
{
	span text;
	if (!take_string(&walk->rest, &text))
		return false;
	if (walk->is_value)
		keep(walk, text);
	else if (walk->depth && walk->depth <= 2)
		walk->keys[walk->depth - 1] = text;
	walk->is_value = !walk->is_value;
	return true;
}

/* Takes one element, or the beginning or end of an array. Returns false if the text is not of this form. */
static bool walk_element(struct walk *walk)
{
	span other;
	size_t count;
	if (span_starts(walk->rest, "}") && walk->depth) {
		walk->rest = span_from(walk->rest, 1);
		walk->depth--;
		walk->is_value = false;
		return true;
	}
	if (span_starts(walk->rest, "s:")) {
		walk->rest = span_from(walk->rest, 2);
		return walk_string(walk);
	}
	if (span_starts(walk->rest, "a:")) {
		walk->rest = span_from(walk->rest, 2);
		if (!take_number(&walk->rest, ':', &count) || !span_starts(walk->rest, "{") || walk->depth == DEPTH_LIMIT)
			return false;
		walk->rest = span_from(walk->rest, 1);
		walk->depth++;
		walk->is_value = false;
		return true;
	}
	if (!walk->rest.len || !memchr("ibdN", walk->rest.ptr[0], 4) || !span_next(&walk->rest, ';', &other))
		return false;
	walk->is_value = !walk->is_value;
	return true;
}

/* "pear" or "pecl", else the channel's host, of the folder ".channel.HOST" */
static span channel_of(span path)
{
	ptrdiff_t slash = span_find_last(path, '/');
	span folder = {path.ptr, slash < 0 ? 0 : (size_t)slash};
	folder = span_from(folder, (size_t)(span_find_last(folder, '/') + 1));
	if (!span_starts(folder, ".channel."))
		return SPAN("pear");
	span host = span_from(folder, sizeof ".channel." - 1);
	return span_is(host, "pecl.php.net") ? SPAN("pecl") : host;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	struct walk walk = {.rest = evidence->content, .is_value = true};
	char name[PACKAGE_FIELD_LIMIT * 2 + 2];
	do
		if (!walk_element(&walk))
			return reader_skip_file(output, error_set(error, TARSIER_FORMAT, "not an array as PHP serializes it"), error);
	while (walk.depth);
	span channel = channel_of(evidence->path);
	if (!walk.name.len || walk.name.len > PACKAGE_FIELD_LIMIT || channel.len > PACKAGE_FIELD_LIMIT)
		return reader_skip_file(output, error_set(error, TARSIER_FORMAT, "a package without a name"), error);
	size_t length = channel.len;
	memcpy(name, channel.ptr, length);
	name[length++] = '/';
	memcpy(name + length, walk.name.ptr, walk.name.len);
	length += walk.name.len;
	const struct package_spans package = {.type = "pear", .ecosystem = span_is(channel, "pear") ? "Packagist" : NULL,
	                                      .name = {name, length}, .version = walk.version,
	                                      .license = walk.license};
	return reader_skip_file(output, reader_add(output, &package, error), error);
}

const struct reader reader_pear = {
	.name = "pear",
	.version = 1,
	.evidence = (const char *const[]){"**/.registry/*.reg", "**/.registry/.channel.*/*.reg", NULL},
	.limit = FILE_LIMIT,
	.read = read,
};
