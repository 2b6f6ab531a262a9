/* database pages with a checksum each, so that damage is detected and never read as "nothing is known" */
#ifndef TARSIER_DATABASE_PAGES_H
#define TARSIER_DATABASE_PAGES_H

#include "base/error.h"

#include <sqlite3.h>
#include <stdbool.h>

/*
 * Each page ends with sixteen bytes that SQLite leaves alone ("reserved space", https://sqlite.org/fileformat.html):
 *
 *	page  = content(4080 bytes) file(8) sum(8)   numbers: little-endian
 *
 * `file` is the same in all pages of a file, so that halves of two files are detected. `sum` covers the page's number,
 * the content and `file`. A row that is missing because a page above it is damaged is detected like any other damage.
 * SQLite's own programs read and write such a file without updating the sums: seal it again afterwards.
 */
enum { PAGE_SIZE = 4096, PAGE_RESERVED = 16 };

/* Reserves the space. The file must not have pages yet. */
int pages_reserve(sqlite3 *sqlite);
/* Replaces the content of a file with that of a sealed one, from their starts. Every page is verified on the way: fails with
 * DATABASE and that name if one is damaged. Fails with IO. */
int pages_copy(int from, int to, const char *name, struct tarsier_error *error);
/* Writes the sums of a whole file. Fails with IO. */
int pages_seal(int fd, uint64_t file, struct tarsier_error *error);

/* Registers a VFS that reads sealed files, under a name of its own. SQLite's list of these is the only state outside
 * the database's own memory that an open database changes. */
struct pages_vfs;
int pages_vfs_new(struct pages_vfs **vfs, struct tarsier_error *error);
/* Call it when no file is open through it. NULL is allowed. */
void pages_vfs_free(struct pages_vfs *vfs);
const char *pages_vfs_name(const struct pages_vfs *vfs);

/* Returns true if SQLite's last failure was a damaged page. */
bool pages_damaged(sqlite3 *sqlite);

#endif
