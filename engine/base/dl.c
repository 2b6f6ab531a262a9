#include "base/dl.h"

#include <dlfcn.h>
#include <string.h>

int dl_load(const char *file, const char *need, const char *package, const char *const *names, void *functions,
            struct tarsier_error *error)
{
	int code = TARSIER_OK;
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!handle)
		return error_set(error, TARSIER_UNSUPPORTED, "%s %s (package %s)", need, file, package);
	for (char *field = functions; *names && code >= 0; names++, field += sizeof(void *)) {
		void *function = dlsym(handle, *names);
		if (!function)
			code = error_set(error, TARSIER_UNSUPPORTED, "%s has no %s", file, *names);
		memcpy(field, &function, sizeof function);
	}
	dlclose(handle); /* has no effect but on the count: RTLD_NODELETE */
	return code;
}
