/* well-known programs that came without a package: recognised by their name and by text within them */
#ifndef TARSIER_INVENTORY_PROGRAM_H
#define TARSIER_INVENTORY_PROGRAM_H

#include "inventory/binary_view.h"
#include "layer/reader.h"

/*
 * One file in programs/ describes one program; the build makes the table. A pattern is text, with
 *
 *	%v   the version: numbers with dots between them, at least one dot
 *	%s   nothing, or what may follow it: "rc1", "-beta2", ".dev3", "p22", "_392"; a part of the version
 *	%0   one or more zero bytes
 *	%d   one or more digits        %w   one or more letters, digits or "_"
 *	%n   a byte that is neither a digit nor a dot
 *
 * All elements take as much as they can. A pattern holds text besides, by which it is found; what stands before that text
 * has at most PROGRAM_BEFORE bytes, and the whole at most VIEW_AHEAD.
 */
struct program {
	const char *name;                  /* of the package, as the ecosystem spells it */
	const char *ecosystem;             /* whose advisories cover it: "Bitnami"; NULL if none do */
	const char *const *files;          /* names of files, with stars; NULL-terminated */
	const char *const *patterns;       /* NULL-terminated; the first that matches anywhere in the file wins */
	bool named;                        /* the version must begin with the number in the file's name: "python3.11" */
	bool text;                         /* not an executable: the file is read by the reader `program` */
};

enum {
	PROGRAM_BEFORE = 64,
	PROGRAM_MATCHES = 4,               /* programs that one name of a file may stand for: "mysql" is MariaDB's, too */
	PROGRAM_VERSION = 64,              /* bytes of a version */
	PROGRAM_PATTERNS = 8,
};

extern const struct program *const programs_all[];

/* The search for the programs that a file may be. */
struct program_search {
	const struct program *programs[PROGRAM_MATCHES];
	size_t count;
	span number;                       /* in the file's name; borrowed from the path */
	char versions[PROGRAM_MATCHES][PROGRAM_PATTERNS][PROGRAM_VERSION];
};

/* Chooses the programs by the file's path; `text` chooses those that are no executables. */
void program_search_begin(struct program_search *search, span path, bool text);
/* Looks at a window of the file. */
void program_search_take(struct program_search *search, const struct binary_view *view);
/* After the last window: adds what was found. Returns OK, MEMORY, LIMIT. */
int program_search_add(const struct program_search *search, struct reader_output *output, struct tarsier_error *error);

#endif
