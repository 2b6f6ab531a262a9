#include "database/advisory.h"
#include "database/record_part.h"
#include "format/date.h"
#include "stream/json_read.h"

#include <string.h>

/*
 * When distributions' releases get no more updates.
 *
 * endoflife.date, https://endoflife.date/docs/api/v1/: api/v1/products/full.json, and api/PRODUCT.json, whose name is the
 * product's:
 *
 *	{ "result": [ { "name": "debian", "releases": [ { "name": "12", "eolFrom": "2026-07-11"|null, "eoesFrom": … } ] } ] }
 *	[ { "cycle": "12", "eol": "2026-07-11"|true|false, "extendedSupport": "2028-06-30"|… } ]
 *
 * The Debian package distro-info-data: debian.csv and ubuntu.csv, told apart by their columns:
 *
 *	version,codename,series,created,release,eol,eol-lts,eol-elts
 *	22.04 LTS,Jammy Jellyfish,jammy,2021-10-14,2022-04-21,2027-06-01,2027-06-01,2032-04-09,2034-04-21  (eol-server,eol-esm,…)
 */

enum { VALUE_LIMIT = 32 << 20, TEXT_LIMIT = 1 << 20, COLUMNS = 16 };

struct ends {
	struct advisory_sink *sink;
	const char *id;              /* of the distribution, for api/PRODUCT.json; "" if it is another product */
};

static const char csv_begins[] = "version,codename,series,created,release,eol";

static int endoflife_recognise(span head)
{
	bool product = span_contains(head, "\"cycle\"") && span_contains(head, "\"eol\"");
	bool products = span_contains(head, "\"eolFrom\"") && span_contains(head, "\"releases\"");
	return product || products || span_starts(head, csv_begins) ? 50 : 0;
}

/* The ID in os-release of a product; "" for software of other kinds. */
static const char *id_of(span product)
{
	static const char *const products[][2] = {
		{"almalinux", "almalinux"}, {"alpine-linux", "alpine"}, {"alpine", "alpine"}, {"amazon-linux", "amzn"},
		{"azure-linux", "azurelinux"}, {"centos", "centos"}, {"centos-stream", "centos-stream"}, {"debian", "debian"},
		{"fedora", "fedora"}, {"mageia", "mageia"}, {"opensuse", "opensuse-leap"}, {"oracle-linux", "ol"},
		{"photon", "photon"}, {"vmware-photon", "photon"}, {"rhel", "rhel"}, {"rocky-linux", "rocky"}, {"sles", "sles"},
		{"suse-linux-micro", "sl-micro"}, {"ubuntu", "ubuntu"},
	};
	for (size_t i = 0; i < sizeof products / sizeof *products; i++)
		if (span_is(product, products[i][0]))
			return products[i][1];
	return "";
}

static void complain(const struct ends *ends, const char *id, const char *why)
{
	ends->sink->unreadable(ends->sink->user, *id ? id : "a product", why);
}

static int give(struct ends *ends, const char *id, const char *release, const char *support, const char *extended,
                struct tarsier_error *error)
{
	const struct distro_end end = {id, release, support, date_begins(extended) ? extended : ""};
	bool whole = *id && *release && date_begins(support);
	return whole ? ends->sink->end(ends->sink->user, &end, error) : 0;
}

/* ---- endoflife.date ---------------------------------------------------------------------------------------------- */

static int give_release(struct ends *ends, const char *id, const struct json_node *release, const char *const keys[3],
                        struct tarsier_error *error)
{
	const char *name = node_text(release, keys[0]);
	if (*id && !*name)
		complain(ends, id, "a release has no name");
	for (size_t i = 1; i < 3; i++) { /* null, true and false tell that no day is known */
		const struct json_node *day = node_get(release, keys[i]);
		if (*id && day && day->kind >= NODE_NUMBER && !date_begins(node_text(release, keys[i])))
			complain(ends, id, "the end of a release is not a date");
	}
	return give(ends, id, name, node_text(release, keys[1]), node_text(release, keys[2]), error);
}

static int take_product(struct ends *ends, const struct json_node *product, struct tarsier_error *error)
{
	static const char *const keys[] = {"name", "eolFrom", "eoesFrom"};
	const char *name = node_text(product, "name"), *id = id_of(span_of(name));
	const struct json_node *one = *id ? record_list(ends->sink, id, product, "releases") : NULL;
	int code = 0;
	if (!*name)
		complain(ends, "", "it has no name");
	for (; one && code >= 0; one = one->next)
		code = give_release(ends, id, one, keys, error);
	return code;
}

static int take_value(void *user, const struct cut_place *place, const struct json_node *value, struct tarsier_error *error)
{
	static const char *const keys[] = {"cycle", "eol", "extendedSupport"};
	struct ends *ends = user;
	if (place->depth && strcmp(place->keys[0], "result") == 0)
		return take_product(ends, value, error);
	bool listed = place->depth && !*place->keys[0];
	return listed ? give_release(ends, ends->id, value, keys, error) : 0;
}

/* The root, and the list of products; a single product is one value. */
static bool opens(void *user, const struct cut_place *place, bool is_object)
{
	(void)user;
	return place->depth == 0 || (place->depth == 1 && !is_object && strcmp(place->keys[0], "result") == 0);
}

/* "…/debian.json.gz" → "debian" */
static const char *id_of_file(const char *name)
{
	const char *slash = strrchr(name, '/');
	span product, rest;
	span_cut(span_of(slash ? slash + 1 : name), '.', &product, &rest);
	return id_of(product);
}

static int read_json(struct ends *ends, struct stream *stream, const char *name, struct tarsier_error *error)
{
	struct json_cutter cutter = {.opens = opens, .take = take_value, .user = ends, .what = name, .limit = VALUE_LIMIT};
	ends->id = id_of_file(name);
	return json_read(&cutter, stream, error);
}

/* ---- distro-info ------------------------------------------------------------------------------------------------- */

/* Returns the number of fields, which may be larger than COLUMNS. */
static size_t split(span line, span fields[COLUMNS])
{
	size_t count = 0;
	for (span field; span_next(&line, ',', &field); count++)
		if (count < COLUMNS)
			fields[count] = field;
	return count;
}

static int take_line(struct ends *ends, struct arena *arena, bool debian, const span *names, const span *fields,
                     size_t count, struct tarsier_error *error)
{
	span version, lts;
	const char *support = "", *extended = "";
	span_cut(fields[0], ' ', &version, &lts);
	const char *release = span_copy(arena, version);
	for (size_t i = 0; i < count && support && extended; i++) {
		if (span_is(names[i], "eol"))
			support = span_copy(arena, fields[i]);
		if (span_is(names[i], debian ? "eol-lts" : "eol-esm"))
			extended = span_copy(arena, fields[i]);
	}
	if (!release || !support || !extended)
		return error_memory(error);
	if ((*support && !date_begins(support)) || (*extended && !date_begins(extended)))
		complain(ends, release, "the end of a release is not a date");
	return give(ends, debian ? "debian" : "ubuntu", release, support, extended, error);
}

static int take_lines(struct ends *ends, struct arena *arena, span text, struct tarsier_error *error)
{
	span line, names[COLUMNS], fields[COLUMNS];
	if (!span_next(&text, '\n', &line))
		return 0;
	size_t columns = split(span_trim(line), names);
	bool debian = span_contains(line, "eol-lts");
	int code = 0;
	if (columns > COLUMNS)
		return error_set(error, TARSIER_LIMIT, "distro-info has %zu columns, which is more than %d", columns, COLUMNS);
	while (code >= 0 && span_next(&text, '\n', &line)) {
		size_t count = split(span_trim(line), fields);
		if (count > columns)
			ends->sink->unreadable(ends->sink->user, "a line of distro-info", "it has more fields than the first one");
		else if (count)
			code = take_line(ends, arena, debian, names, fields, count, error);
	}
	return code;
}

static int read_csv(struct ends *ends, struct stream *stream, struct tarsier_error *error)
{
	struct arena arena;
	struct buffer text;
	arena_init(&arena, NULL);
	buffer_init(&text, NULL);
	int code = stream_read_all(stream, &text, TEXT_LIMIT, error);
	if (code >= 0)
		code = take_lines(ends, &arena, buffer_span(&text), error);
	buffer_free(&text);
	arena_free(&arena);
	return code;
}

static int endoflife_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct arena arena;
	struct stream *whole;
	span head;
	struct ends ends = {.sink = sink, .id = ""};
	arena_init(&arena, NULL);
	int code = stream_peek(&arena, stream, sizeof csv_begins - 1, &head, &whole, error);
	if (code >= 0)
		code = span_is(head, csv_begins) ? read_csv(&ends, whole, error) : read_json(&ends, whole, name, error);
	arena_free(&arena);
	return code;
}

const struct feed feed_endoflife = {"endoflife", endoflife_recognise, endoflife_read};
