#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void make_printable(char *message)
{
	for (unsigned char *c = (unsigned char *)message; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
}

static void write_message(struct tarsier_error *error, const char *format, va_list arguments)
{
	vsnprintf(error->message, sizeof error->message, format, arguments);
	make_printable(error->message);
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
		return TARSIER_OK;
	struct tarsier_error old = *error;
	va_list arguments;
	va_start(arguments, format);
	write_message(error, format, arguments);
	va_end(arguments);
	size_t used = strlen(error->message);
	snprintf(error->message + used, sizeof error->message - used, ": %s", old.message);
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
	size_t used = strlen(error->message);
	snprintf(error->message + used, sizeof error->message - used, ": %s", text);
	error->code = TARSIER_IO;
	return TARSIER_IO;
}

const char *tarsier_code_name(int code)
{
	static const char *const names[] = {"OK",     "MEMORY",    "USAGE",       "IO",       "FORMAT",  "DIGEST",   "LIMIT",
	                                    "NOT_FOUND", "UNSUPPORTED", "DATABASE", "BACKEND", "POLICY", "CANCELLED"};
	size_t index = code <= 0 ? (size_t)-(long)code : SIZE_MAX;
	return index < sizeof names / sizeof *names ? names[index] : "UNKNOWN";
}
