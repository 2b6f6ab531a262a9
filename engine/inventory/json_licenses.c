#include "inventory/json_licenses.h"

#include "format/spdx.h"

#include <stdio.h>
#include <string.h>

static span text_of(const json_t *license)
{
	return span_of(json_is_string(license) ? json_string_value(license) : json_text(license, "type"));
}

/* Writes "(A OR (B AND C))" of a list's expressions. Returns false if one is not an expression, or
 * the result is too long. */
static bool write_choice(const json_t *list, char choice[SPDX_LIMIT])
{
	char expression[SPDX_LIMIT];
	const json_t *item;
	size_t i, used = 0, count = json_array_size(list);
	json_array_foreach(list, i, item) {
		if (!spdx_expression(text_of(item), expression))
			return false;
		bool simple = !strchr(expression, ' ') || expression[0] == '(' || count == 1;
		used += (size_t)snprintf(choice + used, SPDX_LIMIT - used, "%s%s%s%s%s", i == 0 && count > 1 ? "(" : i ? " OR " : "",
		                         simple ? "" : "(", expression, simple ? "" : ")", i + 1 == count && count > 1 ? ")" : "");
		if (used >= SPDX_LIMIT)
			return false;
	}
	return count > 0;
}

static bool add_list(struct buffer *licenses, const json_t *list)
{
	char choice[SPDX_LIMIT];
	const json_t *item;
	size_t i;
	bool ok = true;
	if (write_choice(list, choice))
		return licenses_add(licenses, span_of(choice));
	json_array_foreach(list, i, item)
		ok = ok && licenses_add(licenses, text_of(item));
	return ok;
}

int reader_add_json(struct reader_output *output, struct package_spans package, const json_t *license,
                    struct tarsier_error *error)
{
	struct buffer licenses;
	if (!json_is_array(license)) {
		package.license = text_of(license);
		return reader_add(output, &package, error);
	}
	buffer_init(&licenses, &output->arena->allocator);
	int code = TARSIER_OK;
	if (add_list(&licenses, license)) {
		package.licenses = buffer_span(&licenses);
		code = reader_add(output, &package, error);
	} else {
		code = error_memory(error);
	}
	buffer_free(&licenses);
	return code;
}
