#include "database/pages.h"

#include "database/checksum.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONTENT = PAGE_SIZE - PAGE_RESERVED, HEADER = 100 };

static void put_number(unsigned char *at, uint64_t number)
{
	for (int i = 0; i < 8; i++)
		at[i] = (unsigned char)(number >> 8 * i);
}

static uint64_t get_number(const unsigned char *at)
{
	uint64_t number = 0;
	for (int i = 0; i < 8; i++)
		number |= (uint64_t)at[i] << 8 * i;
	return number;
}

static uint64_t sum_of(const unsigned char *page, uint64_t number)
{
	return checksum(number, page, PAGE_SIZE - 8);
}

int pages_reserve(sqlite3 *sqlite)
{
	int reserved = PAGE_RESERVED;
	return sqlite3_file_control(sqlite, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
}

/* Many pages at a time: a read or write for each costs more than its sum. */
enum { BATCH = 64 };

static bool is_intact(const unsigned char *page, uint64_t number, uint64_t file)
{
	return get_number(page + CONTENT) == file && get_number(page + CONTENT + 8) == sum_of(page, number);
}

static int copy_batch(const unsigned char *pages, size_t length, off_t at, uint64_t *file, int to, const char *name,
                      struct tarsier_error *error)
{
	bool intact = length % PAGE_SIZE == 0;
	if (at == 0 && length >= PAGE_SIZE)
		*file = get_number(pages + CONTENT);
	for (size_t i = 0; i < length / PAGE_SIZE && intact; i++)
		intact = is_intact(pages + i * PAGE_SIZE, (uint64_t)at / PAGE_SIZE + i + 1, *file);
	if (!intact)
		return error_set(error, TARSIER_DATABASE, "%s: the database is damaged; build it again with `tarsier db import PATH…`",
		                 name);
	return pwrite(to, pages, length, at) == (ssize_t)length ? 0 : error_errno(error, errno, "copying %s", name);
}

int pages_copy(int from, int to, const char *name, struct tarsier_error *error)
{
	unsigned char *pages = malloc((size_t)BATCH * PAGE_SIZE);
	int code = !pages ? error_memory(error) : ftruncate(to, 0) < 0 ? error_errno(error, errno, "copying %s", name) : 0;
	uint64_t file = 0;
	ssize_t got = 1;
	for (off_t at = 0; code >= 0 && got > 0; at += got) {
		got = pread(from, pages, (size_t)BATCH * PAGE_SIZE, at);
		if (got > 0)
			code = copy_batch(pages, (size_t)got, at, &file, to, name, error);
	}
	if (code >= 0 && got < 0)
		code = error_errno(error, errno, "reading %s", name);
	free(pages);
	return code;
}

int pages_seal(int fd, uint64_t file, struct tarsier_error *error)
{
	unsigned char *pages = malloc((size_t)BATCH * PAGE_SIZE);
	int code = pages ? 0 : error_memory(error);
	ssize_t got = 1;
	for (off_t at = 0; code >= 0 && got > 0; at += got) {
		got = pread(fd, pages, (size_t)BATCH * PAGE_SIZE, at);
		for (ssize_t i = 0; i < got / PAGE_SIZE; i++) {
			put_number(pages + i * PAGE_SIZE + CONTENT, file);
			put_number(pages + i * PAGE_SIZE + CONTENT + 8, sum_of(pages + i * PAGE_SIZE, (uint64_t)(at / PAGE_SIZE + i + 1)));
		}
		if (got > 0 && pwrite(fd, pages, (size_t)got, at) != got)
			code = error_errno(error, errno, "writing the database's checksums");
	}
	if (code >= 0 && got < 0)
		code = error_errno(error, errno, "reading the database back");
	free(pages);
	return code;
}

bool pages_damaged(sqlite3 *sqlite)
{
	int code = sqlite ? sqlite3_extended_errcode(sqlite) : SQLITE_NOMEM;
	return code == SQLITE_IOERR_DATA || code == SQLITE_IOERR_SHORT_READ || (code & 0xff) == SQLITE_CORRUPT ||
	       (code & 0xff) == SQLITE_NOTADB;
}

/* ---- a file ------------------------------------------------------------------------------------------------------ */

/* The record of the real file follows in memory. */
struct pages_file {
	sqlite3_file base;
	sqlite3_file *real;
	uint64_t file;      /* the file that the first page belongs to */
	bool known;
};

static struct pages_file *pages_of(sqlite3_file *file)
{
	return (struct pages_file *)file;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
	return pages_of(file)->real;
}

static int close_pages(sqlite3_file *file)
{
	return real_of(file)->pMethods->xClose(real_of(file));
}

/* SQLite reads whole pages, and the file's header, which holds their size. */
static int read_pages(sqlite3_file *file, void *buffer, int size, sqlite3_int64 at)
{
	struct pages_file *pages = pages_of(file);
	const unsigned char *page = buffer;
	int code = pages->real->pMethods->xRead(pages->real, buffer, size, at);
	if (code != SQLITE_OK || (at >= 0 && at + size <= HEADER))
		return code;
	if (size != PAGE_SIZE || at % PAGE_SIZE)
		return SQLITE_IOERR_DATA;
	uint64_t own = get_number(page + CONTENT);
	if (!pages->known)
		pages->file = own;
	pages->known = true;
	return is_intact(page, (uint64_t)at / PAGE_SIZE + 1, pages->file) ? SQLITE_OK : SQLITE_IOERR_DATA;
}

static int refuse_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
	(void)file, (void)bytes, (void)size, (void)at;
	return SQLITE_READONLY;
}

static int refuse_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	(void)file, (void)size;
	return SQLITE_READONLY;
}

static int sync_pages(sqlite3_file *file, int flags)
{
	return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int size_pages(sqlite3_file *file, sqlite3_int64 *size)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int lock_pages(sqlite3_file *file, int lock)
{
	return real_of(file)->pMethods->xLock(real_of(file), lock);
}

static int unlock_pages(sqlite3_file *file, int lock)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), lock);
}

static int check_lock(sqlite3_file *file, int *locked)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), locked);
}

static int control_pages(sqlite3_file *file, int operation, void *argument)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int sector_size(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int characteristics(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

/* Version 1 has no memory maps, through which SQLite would read without these checks. */
static const sqlite3_io_methods methods = {
	.iVersion = 1, .xClose = close_pages, .xRead = read_pages, .xWrite = refuse_write, .xTruncate = refuse_truncate,
	.xSync = sync_pages, .xFileSize = size_pages, .xLock = lock_pages, .xUnlock = unlock_pages,
	.xCheckReservedLock = check_lock, .xFileControl = control_pages, .xSectorSize = sector_size,
	.xDeviceCharacteristics = characteristics,
};

/* ---- the VFS ----------------------------------------------------------------------------------------------------- */

struct pages_vfs {
	sqlite3_vfs vfs; /* a copy of the real one except for the fields set below */
	sqlite3_vfs *real;
	char name[48];
};

/* Temporary files have no checksums. */
static int open_pages(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	sqlite3_vfs *real = ((struct pages_vfs *)vfs)->real;
	struct pages_file *pages = (struct pages_file *)file;
	if (!(flags & SQLITE_OPEN_MAIN_DB))
		return real->xOpen(real, name, file, flags, out);
	memset(pages, 0, sizeof *pages);
	pages->real = (sqlite3_file *)(void *)(pages + 1);
	int code = real->xOpen(real, name, pages->real, flags, out);
	if (pages->real->pMethods)
		pages->base.pMethods = &methods;
	return code;
}

int pages_vfs_new(struct pages_vfs **result, struct tarsier_error *error)
{
	struct pages_vfs *made = *result = calloc(1, sizeof *made);
	if (!made)
		return error_memory(error);
	made->real = sqlite3_vfs_find(NULL);
	if (made->real) {
		made->vfs = *made->real;
		made->vfs.pNext = NULL;
		made->vfs.zName = made->name;
		made->vfs.szOsFile = made->real->szOsFile + (int)sizeof(struct pages_file);
		made->vfs.xOpen = open_pages;
		snprintf(made->name, sizeof made->name, "tarsier-%p", (void *)made);
	}
	if (made->real && sqlite3_vfs_register(&made->vfs, 0) == SQLITE_OK)
		return 0;
	free(made);
	*result = NULL;
	return error_memory(error);
}

void pages_vfs_free(struct pages_vfs *vfs)
{
	if (vfs)
		sqlite3_vfs_unregister(&vfs->vfs);
	free(vfs);
}

const char *pages_vfs_name(const struct pages_vfs *vfs)
{
	return vfs->name;
}
