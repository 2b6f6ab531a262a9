#include "format/cve_id.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/*
 *	"CVE-" year(4 digits) "-" sequence(4 digits or more, no needless zeros)
 *
 * The number holds the year since 1999 in its upper byte and the sequence below: 16,777,215 a year, ten times what
 * the largest reserved block has reached. A longer sequence makes an id like any other, not a CVE. */
enum { CVE_FIRST_YEAR = 1999, CVE_YEARS = 128, CVE_SEQUENCE_BITS = 24 };

/* The Global CVE allocation system, https://gcve.eu/about, has MITRE's ids as those of its first authority:
 * "GCVE-0-2021-44228". Other authorities' ids are ids like any other. */
static span without_prefix(span id)
{
	if (id.len > 4 && strncasecmp(id.ptr, "CVE-", 4) == 0)
		return span_from(id, 4);
	return id.len > 7 && strncasecmp(id.ptr, "GCVE-0-", 7) == 0 ? span_from(id, 7) : SPAN("");
}

uint32_t cve_number(span id)
{
	uint64_t year, sequence;
	id = without_prefix(id);
	if (id.len < 9 || id.ptr[4] != '-')
		return 0;
	span digits = span_from(id, 5);
	if (!span_number((span){id.ptr, 4}, &year) || !span_number(digits, &sequence))
		return 0;
	if (digits.len > 4 && digits.ptr[0] == '0')
		return 0;
	if (year < CVE_FIRST_YEAR || year >= CVE_FIRST_YEAR + CVE_YEARS || sequence >> CVE_SEQUENCE_BITS)
		return 0;
	return (uint32_t)((year - CVE_FIRST_YEAR) << CVE_SEQUENCE_BITS | sequence);
}

const char *cve_name(uint32_t number, char name[CVE_NAME_SIZE])
{
	snprintf(name, CVE_NAME_SIZE, "CVE-%u-%04u", (number >> CVE_SEQUENCE_BITS) + CVE_FIRST_YEAR,
	         number & ((1u << CVE_SEQUENCE_BITS) - 1));
	return name;
}

uint32_t cve_tracked(span id)
{
	ptrdiff_t dash = span_find(id, '-');
	return dash > 0 ? cve_number(span_from(id, (size_t)dash + 1)) : 0;
}

bool cve_next(span *rest, span *cve)
{
	static const char digits[] = "0123456789-";
	for (; rest->len > 4; *rest = span_from(*rest, 1)) {
		size_t length = 4;
		if (!span_starts(*rest, "CVE-"))
			continue;
		while (length < rest->len && memchr(digits, rest->ptr[length], sizeof digits - 1))
			length++;
		while (rest->ptr[length - 1] == '-')
			length--;
		*cve = (span){rest->ptr, length};
		if (!cve_number(*cve))
			continue;
		*rest = span_from(*rest, length);
		return true;
	}
	return false;
}
