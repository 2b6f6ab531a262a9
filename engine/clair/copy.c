/* writes Clair's own report to a file while it arrives */
#include "clair/internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int cannot_write(const char *path, struct tarsier_error *error)
{
	return error_set(error, TARSIER_IO, "%s: cannot write Clair's report: %s", path, strerrordesc_np(errno));
}

int clair_copy_begin(struct clair_copy *copy, const char *path, struct tarsier_error *error)
{
	clair_copy_drop(copy);
	copy->path = path;
	if (path && !(copy->file = fopen(path, "wbe")))
		return cannot_write(path, error);
	return TARSIER_OK;
}

int clair_copy_add(struct clair_copy *copy, span piece, struct tarsier_error *error)
{
	if (!copy->file || fwrite(piece.ptr, 1, piece.len, copy->file) == piece.len)
		return TARSIER_OK;
	return cannot_write(copy->path, error);
}

int clair_copy_end(struct clair_copy *copy, struct tarsier_error *error)
{
	FILE *file = copy->file;
	copy->file = NULL;
	return !file || fclose(file) == 0 ? TARSIER_OK : cannot_write(copy->path, error);
}

void clair_copy_drop(struct clair_copy *copy)
{
	if (copy->file)
		fclose(copy->file);
	copy->file = NULL;
}
