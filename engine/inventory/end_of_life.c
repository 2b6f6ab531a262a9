#include "inventory/end_of_life.h"

#include <stdlib.h>
#include <string.h>

/* From endoflife.date (MIT), as of 2026-08-22: the dates on which security support and extended support end. Mariner's
 * dates are Microsoft's own announcements. Releases without an announced end are not listed.
 *
 * Extended support is Debian's LTS, Ubuntu's ESM (Pro), Red Hat's ELS, Oracle's Extended Support and SUSE's LTSS. */
static const struct end_of_life ends[] = {
	{"almalinux", "8", "2029-05-31", NULL},
	{"almalinux", "9", "2032-05-31", NULL},
	{"almalinux", "10", "2035-05-31", NULL},
	{"alpine", "3.0", "2016-05-01", NULL},
	{"alpine", "3.1", "2016-11-01", NULL},
	{"alpine", "3.2", "2017-05-01", NULL},
	{"alpine", "3.3", "2017-11-01", NULL},
	{"alpine", "3.4", "2018-05-01", NULL},
	{"alpine", "3.5", "2018-11-01", NULL},
	{"alpine", "3.6", "2019-05-01", NULL},
	{"alpine", "3.7", "2019-11-01", NULL},
	{"alpine", "3.8", "2020-05-01", NULL},
	{"alpine", "3.9", "2020-11-01", NULL},
	{"alpine", "3.10", "2021-05-01", NULL},
	{"alpine", "3.11", "2021-11-01", NULL},
	{"alpine", "3.12", "2022-05-01", NULL},
	{"alpine", "3.13", "2022-11-01", NULL},
	{"alpine", "3.14", "2023-05-01", NULL},
	{"alpine", "3.15", "2023-11-01", NULL},
	{"alpine", "3.16", "2024-05-23", NULL},
	{"alpine", "3.17", "2024-11-22", NULL},
	{"alpine", "3.18", "2025-05-09", NULL},
	{"alpine", "3.19", "2025-11-01", NULL},
	{"alpine", "3.20", "2026-04-01", NULL},
	{"alpine", "3.21", "2026-11-01", NULL},
	{"alpine", "3.22", "2027-05-01", NULL},
	{"alpine", "3.23", "2027-11-01", NULL},
	{"alpine", "3.24", "2028-06-01", NULL},
	{"amzn", "2010.11", "2023-12-31", NULL},
	{"amzn", "2011.09", "2023-12-31", NULL},
	{"amzn", "2012.03", "2023-12-31", NULL},
	{"amzn", "2012.09", "2023-12-31", NULL},
	{"amzn", "2013.03", "2023-12-31", NULL},
	{"amzn", "2013.09", "2023-12-31", NULL},
	{"amzn", "2014.03", "2023-12-31", NULL},
	{"amzn", "2014.09", "2023-12-31", NULL},
	{"amzn", "2015.03", "2023-12-31", NULL},
	{"amzn", "2015.09", "2023-12-31", NULL},
	{"amzn", "2016.03", "2023-12-31", NULL},
	{"amzn", "2016.09", "2023-12-31", NULL},
	{"amzn", "2017.03", "2023-12-31", NULL},
	{"amzn", "2017.09", "2023-12-31", NULL},
	{"amzn", "2018.03", "2023-12-31", NULL},
	{"amzn", "2", "2026-06-30", NULL},
	{"amzn", "2023", "2029-06-30", NULL},
	{"centos", "5", "2017-03-31", NULL},
	{"centos", "6", "2020-11-30", NULL},
	{"centos", "7", "2024-06-30", NULL},
	{"centos", "8", "2021-12-31", NULL},
	{"centos-stream", "8", "2024-05-31", NULL},
	{"centos-stream", "9", "2027-05-31", NULL},
	{"centos-stream", "10", "2030-05-31", NULL},
	{"debian", "6", "2014-05-31", "2016-02-29"},
	{"debian", "7", "2016-04-25", "2018-05-31"},
	{"debian", "8", "2018-06-17", "2020-06-30"},
	{"debian", "9", "2020-07-18", "2022-07-01"},
	{"debian", "10", "2022-09-10", "2024-06-30"},
	{"debian", "11", "2024-08-14", "2026-08-31"},
	{"debian", "12", "2026-07-11", "2028-06-30"},
	{"debian", "13", "2028-08-09", "2030-06-30"},
	{"fedora", "20", "2015-06-23", NULL},
	{"fedora", "21", "2015-12-01", NULL},
	{"fedora", "22", "2016-07-19", NULL},
	{"fedora", "23", "2016-12-20", NULL},
	{"fedora", "24", "2017-08-08", NULL},
	{"fedora", "25", "2017-12-12", NULL},
	{"fedora", "26", "2018-05-29", NULL},
	{"fedora", "27", "2018-11-30", NULL},
	{"fedora", "28", "2019-05-28", NULL},
	{"fedora", "29", "2019-11-26", NULL},
	{"fedora", "30", "2020-05-26", NULL},
	{"fedora", "31", "2020-11-24", NULL},
	{"fedora", "32", "2021-05-25", NULL},
	{"fedora", "33", "2021-11-30", NULL},
	{"fedora", "34", "2022-06-07", NULL},
	{"fedora", "35", "2022-12-13", NULL},
	{"fedora", "36", "2023-05-16", NULL},
	{"fedora", "37", "2023-12-05", NULL},
	{"fedora", "38", "2024-05-21", NULL},
	{"fedora", "39", "2024-11-26", NULL},
	{"fedora", "40", "2025-05-13", NULL},
	{"fedora", "41", "2025-12-15", NULL},
	{"fedora", "42", "2026-05-27", NULL},
	{"fedora", "43", "2026-12-09", NULL},
	{"fedora", "44", "2027-06-02", NULL},
	{"mariner", "1.0", "2023-07-31", NULL},
	{"mariner", "2.0", "2025-07-31", NULL},
	{"ol", "6", "2021-03-31", "2024-12-31"},
	{"ol", "7", "2024-12-31", "2028-06-30"},
	{"ol", "8", "2029-07-31", "2032-07-31"},
	{"ol", "9", "2032-06-30", "2035-06-30"},
	{"opensuse-leap", "42.1", "2017-05-17", NULL},
	{"opensuse-leap", "42.2", "2018-01-26", NULL},
	{"opensuse-leap", "42.3", "2019-07-01", NULL},
	{"opensuse-leap", "15.0", "2019-12-03", NULL},
	{"opensuse-leap", "15.1", "2021-02-02", NULL},
	{"opensuse-leap", "15.2", "2022-01-04", NULL},
	{"opensuse-leap", "15.3", "2022-12-31", NULL},
	{"opensuse-leap", "15.4", "2023-12-07", NULL},
	{"opensuse-leap", "15.5", "2024-12-31", NULL},
	{"opensuse-leap", "15.6", "2026-04-30", NULL},
	{"opensuse-leap", "16.0", "2027-10-31", NULL},
	{"photon", "1.0", "2022-02-28", NULL},
	{"photon", "2.0", "2022-12-01", NULL},
	{"photon", "3.0", "2025-10-02", NULL},
	{"photon", "4.0", "2027-10-11", NULL},
	{"rhel", "5", "2017-03-31", "2020-11-30"},
	{"rhel", "6", "2020-11-30", "2024-06-30"},
	{"rhel", "7", "2024-06-30", "2029-05-31"},
	{"rhel", "8", "2029-05-31", "2033-05-31"},
	{"rhel", "9", "2032-05-31", "2036-05-31"},
	{"rhel", "10", "2035-05-31", "2039-05-31"},
	{"rocky", "8", "2029-05-31", NULL},
	{"rocky", "9", "2032-05-31", NULL},
	{"rocky", "10", "2035-05-31", NULL},
	{"sles", "11.0", "2010-12-31", NULL},
	{"sles", "11.1", "2012-08-31", "2015-08-30"},
	{"sles", "11.2", "2014-01-31", "2017-01-30"},
	{"sles", "11.3", "2016-01-31", "2019-01-30"},
	{"sles", "12.0", "2016-06-30", "2019-07-01"},
	{"sles", "11.4", "2019-03-31", "2022-03-31"},
	{"sles", "12.1", "2017-05-31", "2020-05-31"},
	{"sles", "12.2", "2018-03-31", "2021-03-31"},
	{"sles", "12.3", "2019-06-30", "2022-06-30"},
	{"sles", "15.0", "2019-12-31", "2022-12-31"},
	{"sles", "12.4", "2020-06-30", "2023-06-30"},
	{"sles", "15.1", "2021-01-31", "2024-01-31"},
	{"sles", "12.5", "2024-10-31", "2027-10-31"},
	{"sles", "15.2", "2021-12-31", "2024-12-31"},
	{"sles", "15.3", "2022-12-31", "2025-12-31"},
	{"sles", "15.4", "2023-12-31", "2026-12-31"},
	{"sles", "15.5", "2024-12-31", "2027-12-31"},
	{"sles", "15.6", "2025-12-31", "2028-12-31"},
	{"sles", "15.7", "2031-07-31", "2034-07-31"},
	{"sles", "16.0", "2027-11-30", "2030-11-30"},
	{"ubuntu", "14.04", "2019-04-02", "2024-04-02"},
	{"ubuntu", "14.10", "2015-07-23", NULL},
	{"ubuntu", "15.04", "2016-02-04", NULL},
	{"ubuntu", "15.10", "2016-07-28", NULL},
	{"ubuntu", "16.04", "2021-04-02", "2026-04-02"},
	{"ubuntu", "16.10", "2017-07-20", NULL},
	{"ubuntu", "17.04", "2018-01-13", NULL},
	{"ubuntu", "17.10", "2018-07-19", NULL},
	{"ubuntu", "18.04", "2023-05-31", "2028-04-01"},
	{"ubuntu", "18.10", "2019-07-18", NULL},
	{"ubuntu", "19.04", "2020-01-23", NULL},
	{"ubuntu", "19.10", "2020-07-06", NULL},
	{"ubuntu", "20.04", "2025-05-31", "2030-04-02"},
	{"ubuntu", "20.10", "2021-07-22", NULL},
	{"ubuntu", "21.04", "2022-01-20", NULL},
	{"ubuntu", "21.10", "2022-07-14", NULL},
	{"ubuntu", "22.04", "2027-04-01", "2032-04-09"},
	{"ubuntu", "22.10", "2023-07-20", NULL},
	{"ubuntu", "23.04", "2024-01-20", NULL},
	{"ubuntu", "23.10", "2024-07-12", NULL},
	{"ubuntu", "24.04", "2029-05-31", "2036-05-31"},
	{"ubuntu", "24.10", "2025-07-10", NULL},
	{"ubuntu", "25.04", "2026-01-17", NULL},
	{"ubuntu", "25.10", "2026-07-01", NULL},
	{"ubuntu", "26.04", "2031-04-30", "2036-04-30"},
};

/* "3.20" is the release of "3.20.3", "2" that of "2" but not of "2023", "15.0" that of "15". */
static bool is_release(const char *release, const char *version)
{
	for (;;) {
		char *release_rest, *version_rest;
		if (strtoul(release, &release_rest, 10) != strtoul(version, &version_rest, 10))
			return false;
		if (*release_rest != '.')
			return true;
		release = release_rest + 1;
		version = *version_rest == '.' ? version_rest + 1 : "";
	}
}

/* CentOS Stream and CentOS Linux share an id. */
static const char *id_of(const struct distro *distro)
{
	return strcmp(distro->id, "centos") == 0 && strstr(distro->name, "Stream") ? "centos-stream" : distro->id;
}

/* Reads a line of a database: the entry in the arena, or NULL if it is of another release. */
static const struct end_of_life *read_line(struct arena *arena, span line, const char *id, const char *version)
{
	span fields[4] = {SPAN(""), SPAN(""), SPAN(""), SPAN("")};
	for (size_t i = 0; i < 4; i++)
		span_next(&line, '\t', &fields[i]);
	if (!span_is(fields[0], id))
		return NULL;
	const char *release = span_copy(arena, fields[1]), *support = span_copy(arena, fields[2]);
	const char *extended = span_copy(arena, fields[3]);
	struct end_of_life *end = arena_alloc(arena, sizeof *end);
	if (!release || !support || !extended || !end || !*release || !*support || !is_release(release, version))
		return NULL;
	*end = (struct end_of_life){id, release, support, *extended ? extended : NULL};
	return end;
}

const struct end_of_life *end_of_life_find(struct arena *arena, const struct distro *distro, const char *newer)
{
	const char *id = id_of(distro);
	span rest = span_of(newer), line;
	if (!distro->version[0])
		return NULL;
	while (newer && *newer && span_next(&rest, '\n', &line)) {
		const struct end_of_life *end = read_line(arena, line, id, distro->version);
		if (end)
			return end;
	}
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (strcmp(ends[i].id, id) == 0 && is_release(ends[i].release, distro->version))
			return &ends[i];
	return NULL;
}

bool end_of_life_is_over(const struct end_of_life *end, const char *today)
{
	bool everyone = end->extended && strcmp(end->id, "debian") == 0;
	return strcmp(today, everyone ? end->extended : end->support) > 0;
}
