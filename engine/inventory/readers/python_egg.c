/* reads zipped eggs of Python */
#include "inventory/python_metadata.h"
#include "inventory/zip_member.h"
#include "layer/reader.h"

enum {
	EGG_LIMIT = 32 << 20,  /* larger eggs are unknown, and new ones are not made */
	INNER_LIMIT = 1 << 20, /* decompressed metadata */
};

/* A zipped egg (setuptools, "The Internal Structure of Python Eggs") is a zip with EGG-INFO/PKG-INFO. */
static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	struct arena scratch;
	span content;
	if (python_is_leftover(evidence->path) || !zip_is(evidence->content))
		return TARSIER_OK; /* other programs use this suffix too: models of Panda3D */
	arena_init(&scratch, &output->arena->allocator);
	int code = zip_member(&scratch, evidence->content, "EGG-INFO/PKG-INFO", INNER_LIMIT, &content, error);
	if (code >= 0)
		code = python_metadata(content, output, error);
	else if (code == TARSIER_NOT_FOUND)
		code = reader_output_note(output, false, "a zip file without EGG-INFO/PKG-INFO", error);
	arena_free(&scratch);
	return code;
}

const struct reader reader_python_egg = {
	.name = "python_egg",
	.version = 2,
	.evidence = (const char *const[]){"**/*.egg", NULL},
	.limit = EGG_LIMIT,
	.read = read,
};
