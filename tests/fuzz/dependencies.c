/* which package needs which: records of any bytes, as readers take them and as the cache may hold them */
#include "inventory/dependencies.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum { PACKAGES = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One line a package: its name, what it needs, what it provides. Some lines are taken as the texts themselves. */
static bool take(struct arena *arena, span line, struct tarsier_package *package)
{
	struct buffer requires, provides;
	span name, rest, needs, gives;
	bool is_text = line.len && line.ptr[0] == '!';
	span_cut(line, '\t', &name, &rest);
	span_cut(rest, '\t', &needs, &gives);
	buffer_init(&requires, NULL);
	buffer_init(&provides, NULL);
	bool ok = is_text ? buffer_add(&requires, needs.ptr, needs.len) && buffer_add(&provides, gives.ptr, gives.len)
	                  : dependencies_begin(&requires, name.len % 5 == 4) && dependencies_add_control(&requires, needs) &&
	                    dependencies_add_words(&requires, needs) && dependencies_add_control(&provides, gives) &&
	                    dependencies_add_words(&provides, gives);
	const char *a = span_copy(arena, buffer_span(&requires)), *b = span_copy(arena, buffer_span(&provides));
	*package = (struct tarsier_package){.type = "deb", .name = span_copy(arena, name)};
	ok = ok && a && b && package->name && dependencies_new(arena, a, b, &package->dependencies);
	buffer_free(&requires);
	buffer_free(&provides);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct tarsier_package packages[PACKAGES];
	size_t count = 0;
	span rest = {(const char *)data, size}, line;
	arena_init(&arena, NULL);
	while (count < PACKAGES && span_next(&rest, '\r', &line))
		if (take(&arena, line, &packages[count]))
			count++;
	if (dependencies_resolve(&arena, packages, count, NULL) < 0)
		abort();
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; packages[i].dependencies && k < packages[i].dependencies->count; k++)
			if (packages[i].dependencies->on[k] >= count || packages[i].dependencies->on[k] == i)
				abort();
	arena_free(&arena);
	return 0;
}
