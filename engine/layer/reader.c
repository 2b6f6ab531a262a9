#include "layer/reader.h"

#include <fnmatch.h>
#include <string.h>

char *readers_fingerprint(struct arena *arena, const struct reader *const *readers)
{
	char *text = arena_string(arena, "");
	for (; text && *readers; readers++)
		text = arena_format(arena, "%s%s%s:%u", text, *text ? " " : "", (*readers)->name, (*readers)->version);
	return text;
}

bool reader_names(const struct reader *reader, span path)
{
	for (const char *const *pattern = reader->evidence; *pattern; pattern++)
		if (span_is(path, *pattern))
			return true;
	return false;
}

bool reader_expects(const struct reader *reader, const char *path)
{
	for (const char *const *pattern = reader->evidence; *pattern; pattern++)
		if (strncmp(*pattern, "**/", 3) != 0 && fnmatch(*pattern, path, FNM_PATHNAME) == 0)
			return true;
	return false;
}
