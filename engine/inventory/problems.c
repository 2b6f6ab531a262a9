#include "inventory/problems.h"

#include <stdarg.h>
#include <stdio.h>

int problem_add(struct problem_list *list, enum tarsier_problem_kind kind, const char *subject, size_t layer,
                struct tarsier_error *error, const char *format, ...)
{
	char text[sizeof error->message];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	struct tarsier_problem *items = arena_grow(list->arena, list->items, list->count, &list->capacity, sizeof *items);
	const char *own_subject = arena_string(list->arena, subject), *message = arena_string(list->arena, text);
	if (!items || !own_subject || !message)
		return error_memory(error);
	list->items = items;
	items[list->count++] =
		(struct tarsier_problem){.kind = kind, .subject = own_subject, .message = message, .layer = layer};
	return TARSIER_OK;
}
