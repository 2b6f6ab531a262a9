#include "base/error.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void make_printable(char *message)
{
	for (unsigned char *c = (unsigned char *)message; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
}

/* A message that fills its room may have been cut: it ends with a whole character. */
static void finish_message(struct tarsier_error *error)
{
	span message = {error->message, strlen(error->message)};
	if (message.len == sizeof error->message - 1)
		error->message[utf8_whole(message).len] = '\0';
	make_printable(error->message);
}

static void write_message(struct tarsier_error *error, const char *format, va_list arguments)
{
	vsnprintf(error->message, sizeof error->message, format, arguments);
	finish_message(error);
}

int error_set(struct tarsier_error *error, int code, const char *format, ...)
{
	if (error) {
		va_list arguments;
		va_start(arguments, format);
		write_message(error, format, arguments);
		va_end(arguments);
		error->code = code;
	}
	return code;
}

int error_prefix(struct tarsier_error *error, const char *format, ...)
{
	if (!error)
		return TARSIER_FORMAT;
	struct tarsier_error old = *error;
	va_list arguments;
	va_start(arguments, format);
	write_message(error, format, arguments);
	va_end(arguments);
	return error_append(error, ": %s", old.message);
}

int error_append(struct tarsier_error *error, const char *format, ...)
{
	if (!error)
		return TARSIER_OK;
	size_t used = strlen(error->message);
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error->message + used, sizeof error->message - used, format, arguments);
	va_end(arguments);
	finish_message(error);
	return error->code;
}

int error_memory(struct tarsier_error *error)
{
	return error_set(error, TARSIER_MEMORY, "out of memory");
}

int error_errno(struct tarsier_error *error, int number, const char *format, ...)
{
	if (!error)
		return TARSIER_IO;
	va_list arguments;
	va_start(arguments, format);
	write_message(error, format, arguments);
	va_end(arguments);
	char reason[128] = "";
	const char *text = strerror_r(number, reason, sizeof reason);
	error->code = TARSIER_IO;
	return error_append(error, ": %s", text);
}

const char *tarsier_code_name(int code)
{
	static const char *const names[] = {"OK",     "MEMORY",    "USAGE",       "IO",       "FORMAT",  "DIGEST",   "LIMIT",
	                                    "NOT_FOUND", "UNSUPPORTED", "DATABASE", "BACKEND", "POLICY", "CANCELLED"};
	size_t index = code <= 0 ? (size_t)-(long)code : SIZE_MAX;
	return index < sizeof names / sizeof *names ? names[index] : "UNKNOWN";
}
