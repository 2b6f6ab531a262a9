/* the error record, filled once, where the facts are */
#ifndef TARSIER_BASE_ERROR_H
#define TARSIER_BASE_ERROR_H

#include "tarsier.h"

/* Writes code and message into `error` (NULL is fine) and returns the code, so that a failure is one line:
 *
 *	return error_set(error, TARSIER_FORMAT, "%s: not a tar archive", name);
 *
 * Control bytes in the message become '?', so that hostile names cannot drive a terminal. */
int error_set(struct tarsier_error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* For public functions, whose caller may pass NULL: what is below them reads the record. */
static inline struct tarsier_error *error_or(struct tarsier_error *error, struct tarsier_error *own)
{
	return error ? error : own;
}

/* Puts "prefix: " before the message that is there, and returns the code that is there. With NULL there is no code to
 * return: FORMAT, so that a failure stays one. */
int error_prefix(struct tarsier_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds to the end of the message that is there, and returns the code that is there. */
int error_append(struct tarsier_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The sentence for an allocation that failed. */
int error_memory(struct tarsier_error *error);

/* `what` failed with errno `number`: "open x.tar: No such file or directory". IO. */
int error_errno(struct tarsier_error *error, int number, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
