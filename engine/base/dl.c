#include "base/dl.h"

#include <dlfcn.h>

int library_load(const char *file, const char *need, const char *package, const struct library_symbol *symbols,
                 size_t count, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!handle)
		return error_set(error, TARSIER_UNSUPPORTED, "%s %s (package %s)", need, file, package);
	for (size_t i = 0; i < count && !code; i++) {
		*(void **)symbols[i].place = dlsym(handle, symbols[i].name);
		if (!*(void **)symbols[i].place)
			code = error_set(error, TARSIER_UNSUPPORTED, "%s has no %s", file, symbols[i].name);
	}
	dlclose(handle); /* of no effect but on the count */
	return code;
}
