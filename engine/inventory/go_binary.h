/* internal to inventory/: what Go's linker leaves in an executable */
#ifndef TARSIER_INVENTORY_GO_BINARY_H
#define TARSIER_INVENTORY_GO_BINARY_H

#include "inventory/binary_view.h"
#include "inventory/executable.h"

/* ---- go_build_info.c: the version of Go and the list of modules --------------------------------------------------- */

enum {
	GO_VERSION_LIMIT = 128,              /* bytes of a version: "go1.22.1 X:loopvar" */
	GO_MODULES_LIMIT = 2 * 1024 * 1024,  /* bytes of the list: Kubernetes' has 30,000 */
	GO_CANDIDATES_LIMIT = 1000,          /* texts that may be the version: the go command has some hundred */
};

struct go_candidate { /* a text that a pointer may turn out to mean */
	uint64_t offset;
	char text[GO_VERSION_LIMIT];
};

struct go_build_info {
	enum { GO_UNSEEN, GO_INLINE, GO_POINTERS } form;
	unsigned word;
	bool big_endian;
	struct binary_capture text;                    /* inline: from the first length on */
	struct binary_capture version_at, modules_at;  /* pointers: two strings' addresses and lengths */
	struct binary_capture modules;                 /* … and the list, found by the marks at its ends */
	bool modules_end;
	struct go_candidate *candidates;
	size_t candidate_count, candidate_capacity;
};

/* Looks at a window of the file. Returns OK or MEMORY. */
int go_build_info_take(struct go_build_info *info, const struct executable *executable, const struct binary_view *view,
                       struct arena *arena, struct tarsier_error *error);
/* After the last window: false if it is no Go executable. Both borrow from the arena; *modules is empty if the linker had
 * none. */
bool go_build_info_get(const struct go_build_info *info, const struct executable *executable, span *version,
                       span *modules);

/* ---- go_modules.c ------------------------------------------------------------------------------------------------- */

/* Adds the standard library and the modules. Returns OK, MEMORY, LIMIT. */
int go_modules_add(span version, span modules, struct reader_output *output, struct tarsier_error *error);

/* The import path of package main; "" if the list does not say. */
span go_main_path(span modules);
/* "linux" for "GOOS"; "" if the list does not say: it does since Go 1.18. */
span go_build_setting(span modules, const char *key);

#endif
