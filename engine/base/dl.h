/* shared libraries that are loaded when first needed, so that a scan pays only for the libraries it uses */
#ifndef TARSIER_BASE_DL_H
#define TARSIER_BASE_DL_H

#include "base/error.h"

/*
 * The functions of a library are listed once, with the names of the fields that will point at them. The fields have the
 * types that the library's own header declares, so the compiler checks every call:
 *
 *	#define CURL_FUNCTIONS(X) X(easy_init, curl_easy_init) X(easy_perform, curl_easy_perform)
 *	struct curl { CURL_FUNCTIONS(DL_FIELD) };
 *	...
 *	struct curl curl;
 *	int code = DL_LOAD(&curl, CURL_FUNCTIONS, "libcurl.so.4", "HTTP needs", "libcurl4", error);
 */
#ifndef __cppcheck__ /* make lint: its preprocessor stumbles over macros that are given the names of others */
#define DL_FIELD(field, function) __typeof__(&function) field;
#define DL_NAME(field, function) #function,
#define DL_LOAD(functions, LIST, file, need, package, error) \
	dl_load(file, need, package, (const char *const[]){LIST(DL_NAME) NULL}, functions, error)
#else
#define DL_FIELD(...)
#define DL_LOAD(...) 0
#endif

/* Fills `functions`, a struct of as many pointers as there are names. UNSUPPORTED "NEED FILE (package PACKAGE)" if the
 * library or one of the functions is missing. The library stays loaded: loading it again would cost more than it takes,
 * and some libraries leave things in the process. Thread-safe. */
int dl_load(const char *file, const char *need, const char *package, const char *const *names, void *functions,
            struct tarsier_error *error);

#endif
