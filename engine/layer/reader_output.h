/* what a reader finds in one file of evidence */
#ifndef TARSIER_LAYER_READER_OUTPUT_H
#define TARSIER_LAYER_READER_OUTPUT_H

#include "base/error.h"
#include "base/span.h"

/* All strings lie in the output's arena; never NULL. */
struct package {
	const char *type;          /* purl type: "deb", "apk", "rpm", "pypi" */
	const char *name, *version;
	const char *architecture;  /* "" if it has none */
	const char *source_name, *source_version; /* "": the same as name and version */
	const char *ecosystem;     /* OSV's word if the type alone decides it ("PyPI"); "" if the distribution does */
	const char *module;        /* an rpm's module stream, "nodejs:20"; "" if it is in none */
	const char *vendor;        /* who built an rpm: "AlmaLinux"; "" if the package does not say */
	uint32_t owned;            /* how many of the output's owned paths are this package's; they follow those of the packages
	                            * before it. Set by reader_output_add */
	const char *found_by;      /* as in struct tarsier_package; "": "database" */
	const char *inner;         /* where in the evidence, if that is an archive: "lib/x.jar"; "" if it is the whole of it */
	const char *licenses;      /* what it says about its licences: a text of licenses_add; "" if it says nothing */
	const char *requires, *provides; /* as in inventory/dependencies.h; requires "": its database does not say */
};

/* A part of the evidence that gave no package. */
struct reader_note {
	bool unreadable;           /* there may be a package that could not be read; else the file only looks like evidence */
	const char *text;          /* where and why */
};

struct reader_output {
	struct arena *arena;
	struct package *packages;
	size_t count, capacity;
	uint64_t *owned;               /* path_hash() of the files that these packages installed */
	size_t owned_count, owned_capacity;
	size_t owned_given;            /* … of which the packages so far have these */
	const char *owner;             /* set by a list of files without packages: whose they are. The files count only if a
	                                * package, or a file with packages, has this name; or NULL */
	const char *licenses;          /* the owner's, in a file that states nothing else; NULL: it states none */
	const uint32_t *functions;     /* of a Go executable, as go_functions.h has them: sorted; or NULL */
	size_t function_count;
	const char *release;           /* the distribution that a bill of materials is of, as os-release; or NULL */
	struct reader_note *notes;
	size_t note_count, note_capacity;
};

enum {
	READER_OUTPUT_LIMIT = 200000, /* packages one file may hold: the largest distribution has about 70,000 packages */
	READER_OWNED_LIMIT = 4 << 20, /* files that the packages of one file may have: large desktops have half a million */
	READER_NOTES_LIMIT = 20,      /* notes kept of one file: a person does not read more */
};

/* Copies the package's strings (NULL counts as "") into the output. Packages without name or version are not added.
 * Returns OK, MEMORY, LIMIT. */
int reader_output_add(struct reader_output *output, const struct package *package, struct tarsier_error *error);

/* The package that is added next, or the owner of this list, installed the file NAME in FOLDER ("" if NAME is the whole
 * path): what another reader finds there is the same software once more. Returns OK, MEMORY, LIMIT. */
int reader_output_own(struct reader_output *output, span folder, span name, struct tarsier_error *error);

/* Drops the files recorded for the package that would have been added next. */
void reader_output_disown(struct reader_output *output);

/* Says who the owner of the files, or of the licences, is that this output lists. Returns OK, MEMORY. */
int reader_output_set_owner(struct reader_output *output, span owner, struct tarsier_error *error);

/* Keeps a copy of `text` as a note; the reader goes on with the next entry. The last of READER_NOTES_LIMIT notes says
 * that there are more, and is unreadable if one of those is; they are dropped. Returns OK, MEMORY. */
int reader_output_note(struct reader_output *output, bool unreadable, const char *text, struct tarsier_error *error);

#endif
