#include "inventory/python_metadata.h"

#include "format/spdx.h"
#include "format/stanza.h"
#include "inventory/reader_add.h"

/*
 * Licences, in the order of trial (PyPA, "Core metadata specifications"):
 *
 *	License-Expression: MIT OR Apache-2.0                                   SPDX's, since metadata 2.4
 *	License: BSD-3-Clause                                                  if it is one line that SPDX has
 *	Classifier: License :: OSI Approved :: Apache Software License         one or more
 *	License: any text                                                      if it is one line
 */
struct headers {
	span name, version, expression, license;
	struct buffer classified;
	bool memory_ran_out;
};

static void take_classifier(struct headers *headers, span value)
{
	if (!span_starts(value, "License :: "))
		return;
	span last = span_trim(span_from(value, (size_t)(span_find_last(value, ':') + 1)));
	if (span_is(last, "Apache Software License"))
		last = SPAN("Apache-2.0"); /* PyPI has no other classifier for it, and its older versions are hardly used */
	if (!span_is(last, "OSI Approved") && !licenses_add(&headers->classified, last))
		headers->memory_ran_out = true;
}

static void take_header(struct headers *headers, const struct field *field)
{
	static const char *const keys[] = {"Name", "Version", "License-Expression", "License"};
	span *const values[] = {&headers->name, &headers->version, &headers->expression, &headers->license};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (!values[i]->len && span_is_nocase(field->key, keys[i]))
			*values[i] = field->value;
	if (span_is_nocase(field->key, "Classifier"))
		take_classifier(headers, field->value);
}

static void choose_licenses(const struct headers *headers, struct package_spans *package)
{
	char unused[SPDX_LIMIT];
	bool one_line = span_find(headers->license, '\n') < 0 && !span_is_nocase(headers->license, "UNKNOWN");
	if (headers->expression.len)
		package->license = headers->expression;
	else if (one_line && (!headers->classified.length || spdx_expression(headers->license, unused)))
		package->license = headers->license;
	else
		package->licenses = buffer_span(&headers->classified);
}

int python_metadata(span content, struct reader_output *output, struct tarsier_error *error)
{
	struct package_spans package = {.type = "pypi", .ecosystem = "PyPI"};
	struct headers headers = {0};
	struct field field;
	buffer_init(&headers.classified, &output->arena->allocator);
	while (stanza_field(&content, &field))
		take_header(&headers, &field);
	package.name = headers.name;
	package.version = headers.version;
	choose_licenses(&headers, &package);
	int code = headers.memory_ran_out ? error_memory(error) : reader_add(output, &package, error);
	buffer_free(&headers.classified);
	bool named = package.name.len && package.version.len;
	return named ? code : reader_skip_file(output, code, error);
}

bool python_is_leftover(span path)
{
	return span_starts(path, "~") || span_contains(path, "/~");
}
