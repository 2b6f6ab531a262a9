/* Any bytes as a jar, in pieces that the first byte chooses. */
#include "layer/reading.h"

#include <stdlib.h>
#include <string.h>

extern const struct reader reader_java;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct arena arena;
	struct tarsier_error error;
	struct reader_output output = {.arena = &arena};
	char *exact = malloc(size); /* no longer than the file, so that a step beyond it is seen */
	memcpy(exact, data + 1, size - 1);
	arena_init(&arena, NULL);
	struct evidence evidence = {.path = SPAN("app/x-1.0.jar"), .content = {exact, size - 1}};
	int code = reading_run(&reader_java, &evidence, 1 + data[0] * 7u, &output, &error);
	if (code < 0 && (error.code != code || !error.message[0]))
		abort();
	for (size_t i = 0; i < output.count; i++)
		if (!output.packages[i].name[0] || !output.packages[i].version[0] || strlen(output.packages[i].inner) > 1024)
			abort();
	arena_free(&arena);
	free(exact);
	return 0;
}
