#include "database/advisory.h"
#include "format/cve_id.h"

#include <stdio.h>
#include <string.h>

/*
 * FIRST's Exploit Prediction Scoring System, the daily file:
 *
 *	#model_version:v2025.03.14,score_date:2026-08-16T00:00:00Z
 *	cve,epss,percentile
 *	CVE-1999-0001,0.03351,0.87650
 *
 * It is streamed, because it has 360,000 lines and gains 40,000 a year.
 */

enum { CHUNK = 64 << 10, LINE_LIMIT = 1024 };

static int epss_recognise(span head)
{
	return span_starts(head, "#model_version:") || span_starts(head, "cve,epss,percentile") ? 10 : 0;
}

/* pow() for every score would take a thirtieth of the time of an import. */
static double ten_to_the(uint64_t power)
{
	double value = 1;
	for (; power; power--)
		value *= 10; /* exact up to 10^22 */
	return value;
}

/* Parses a decimal fraction, with or without an exponent ("1e-05"), between 0 and 1. strtod is not used because it
 * depends on the locale. */
static bool read_fraction(span text, double *value)
{
	span mantissa, exponent, whole, fraction, digits;
	uint64_t number = 0, shift = 0;
	bool scaled = span_cut(text, 'e', &mantissa, &exponent);
	span_cut(mantissa, '.', &whole, &fraction);
	if (!span_number(whole, &number) || number > 1)
		return false;
	*value = (double)number;
	digits = fraction.len > 17 ? (span){fraction.ptr, 17} : fraction;
	if (digits.len && !span_number(digits, &number))
		return false;
	if (digits.len)
		*value += (double)number / ten_to_the(digits.len);
	if (scaled && (!span_starts(exponent, "-") || !span_number(span_from(exponent, 1), &shift) || shift > 99))
		return false;
	*value /= ten_to_the(shift);
	return *value <= 1;
}

/* "#model_version:…,score_date:2026-08-16T00:00:00Z" */
static int read_comment(span line, struct advisory_sink *sink, struct tarsier_error *error)
{
	static const char key[] = "score_date:", model_key[] = "#model_version:";
	span part, model = SPAN("");
	char date[64];
	while (span_next(&line, ',', &part)) {
		part = span_trim(part);
		if (span_starts(part, model_key))
			model = span_from(part, strlen(model_key));
		if (!span_starts(part, key) || part.len - strlen(key) >= 32)
			continue;
		part = span_from(part, strlen(key));
		snprintf(date, sizeof date, "%.*s %.*s", SPAN_WHOLE(part), model.len < 24 ? (int)model.len : 0, model.ptr);
		return sink->dated(sink->user, "epss", date, error);
	}
	return 0;
}

static int read_line(span line, struct advisory_sink *sink, struct tarsier_error *error)
{
	char id[CVE_NAME_SIZE];
	struct epss epss = {.id = id};
	span cve, score, percentile;
	line = span_trim(line);
	if (line.len == 0 || span_starts(line, "cve,epss"))
		return 0;
	if (span_starts(line, "#"))
		return read_comment(line, sink, error);
	span_cut(line, ',', &cve, &score);
	span_cut(score, ',', &score, &percentile);
	uint32_t number = cve_number(cve);
	cve_name(number, id);
	if (number && read_fraction(score, &epss.score) && read_fraction(percentile, &epss.percentile))
		return sink->epss(sink->user, &epss, error);
	char copy[80];
	size_t length = line.len < sizeof copy ? line.len : sizeof copy - 1;
	memcpy(copy, line.ptr, length);
	copy[length] = '\0';
	sink->unreadable(sink->user, copy, "not a line of EPSS");
	return 0;
}

/* Takes the complete lines of the buffer and moves the rest to the front. */
static int read_lines(struct buffer *text, bool last, struct advisory_sink *sink, struct tarsier_error *error)
{
	span rest = buffer_span(text), line;
	int code = 0;
	while (code >= 0 && rest.len && (last || span_find(rest, '\n') >= 0) && span_next(&rest, '\n', &line))
		code = read_line(line, sink, error);
	if (rest.len && rest.ptr)
		memmove(text->data, rest.ptr, rest.len);
	text->length = rest.ptr ? rest.len : 0;
	return code;
}

static int epss_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct buffer text;
	buffer_init(&text, NULL);
	int code = 0;
	ssize_t got = 1;
	while (code >= 0 && got > 0) {
		if (text.length > LINE_LIMIT)
			code = error_set(error, TARSIER_FORMAT, "%s: not EPSS: a line has more than %d bytes", name, LINE_LIMIT);
		else if (!buffer_reserve(&text, CHUNK))
			code = error_memory(error);
		else if ((got = stream_read(stream, text.data + text.length, CHUNK, error)) < 0)
			code = (int)got;
		if (code < 0)
			break;
		text.length += (size_t)got;
		code = read_lines(&text, got == 0, sink, error);
	}
	buffer_free(&text);
	return code;
}

const struct feed feed_epss = {"epss", epss_recognise, epss_read};
