/* which functions a Go executable holds, and whether those that an advisory names are among them */
#ifndef TARSIER_INVENTORY_GO_FUNCTIONS_H
#define TARSIER_INVENTORY_GO_FUNCTIONS_H

#include "inventory/binary_view.h"
#include "inventory/executable.h"

enum {
	GO_NAME_LIMIT = 1024,              /* bytes of a function's name that are looked at; longer ones are skipped */
	GO_FUNCTIONS_LIMIT = 400 * 1000,   /* functions: Kubernetes' kubelet has 150,000. Above, none are known */
	GO_MAIN_LIMIT = 20 * 1000,         /* … of package main */
};

struct go_function_list { /* of hashes, in the arena */
	uint32_t *items;
	size_t count, capacity;
};

/* The table of functions that every Go executable has, also a stripped one. */
struct go_functions {
	enum { GO_NO_TABLE, GO_OLD_TABLE, GO_TABLE } kind;
	uint64_t base, start, end;         /* of the table, and of the names in it; end 0: not known yet */
	struct binary_capture files_at;    /* old tables: where the names end */
	char name[GO_NAME_LIMIT];
	size_t length;                     /* of the name at hand; GO_NAME_LIMIT: too long */
	struct go_function_list all, main;
	uint32_t last;                     /* the package of the name before: its hash was added then */
	bool too_many;
};

/* Looks at a window of the file. Returns OK or MEMORY. */
int go_functions_take(struct go_functions *functions, const struct executable *executable, const struct binary_view *view,
                      struct arena *arena, struct tarsier_error *error);
/* After the last window: puts the functions' hashes into the output, sorted. `modules` is the list of go_build_info_get,
 * which tells the import path of package main, and the system and processor. Returns OK or MEMORY. */
int go_functions_add(struct go_functions *functions, span modules, struct arena *arena, struct reader_output *output,
                     struct tarsier_error *error);

struct tarsier_functions { /* of an executable */
	size_t count;
	uint32_t hashes[];
};

/* "present" or "absent": is any of these among the functions? `symbols` is a text of lines, an import path and after it
 * the names that are vulnerable, "T.Method" for methods, with spaces between; without names, all of the package. "os=windows"
 * and "arch=ppc64le" among the names are the only systems and processors that it is about. */
const char *go_functions_state(const struct tarsier_functions *functions, span symbols);

#endif
