/* internal to clair/v4*.c */
#ifndef TARSIER_CLAIR_V4_H
#define TARSIER_CLAIR_V4_H

#include "base/map.h"
#include "clair/internal.h"
#include "clair/json_stream.h"

struct v4 {
	struct clair *clair;
	struct clair_image *image;
	struct digest hash; /* the name of the image on both servers */
	bool posted;        /* Clair may have an index report of that name */
};

/* ---- v4_report.c: converts a vulnerability report to our records ------------------------------------------------- */

/* The state of reading a report. Records refer to each other by ids, and a reference may come before its record. */
struct v4_report {
	const struct v4 *v4;
	struct clair_records records;
	struct json_stream stream;
	struct clair_copy copy;
	uint64_t size;              /* bytes of the report so far */
	struct map packages;        /* by id: struct v4_package */
	struct map vulnerabilities; /* by id: struct v4_vulnerability */
	struct map systems;         /* by id: struct v4_system */
	unsigned sections;          /* bits of the sections that were present */
	bool has_exceptions;        /* vendors list unaffected packages */
	bool is_of_image;           /* its manifest_hash is the image's */
	const char *of;             /* … or the other manifest_hash */
};

/* Take the report in pieces: for struct clair_call, with the report as user. Fail with BACKEND if it is incomplete. */
int v4_report_begin(void *report, struct tarsier_error *error);
int v4_report_take(void *report, span piece, struct tarsier_error *error);
/* Call it at the end of the report. Checks the references and fills the result. */
int v4_report_finish(struct v4_report *report, struct clair_result *result, struct tarsier_error *error);
void v4_report_free(struct v4_report *report);

struct v4_system {
	const char *id;
	struct distro distro;
	size_t count;  /* packages that it affects */
	bool is_there;
};

/* A place where Clair found a package. */
struct v4_environment {
	const char *database;
	size_t layer;
	struct v4_system *system; /* or NULL */
};

struct v4_package {
	const char *id, *name, *version, *architecture, *source_name, *source_version;
	bool is_there, is_placed; /* it has a record; environments name it */
	struct v4_environment *environments;
	size_t environment_count;
	struct v4_vulnerability **vulnerabilities;
	size_t vulnerability_count;
};

/* ---- v4_vulnerability.c: one vulnerability as a finding ---------------------------------------------------------- */

struct v4_vulnerability {
	const char *id;
	struct tarsier_finding finding;  /* without its package */
	struct tarsier_finding enriched; /* the best vector and score of the CVSS enricher */
	const char *word, *vendor;       /* severities: Clair's word, and the vendor's text */
	bool is_there, is_scored, is_finished;
	bool is_inverted;                /* the vendor says that its packages are not affected */
	bool is_used;                    /* a package refers to it */
};

int v4_vulnerability_read(struct arena *arena, struct v4_vulnerability *vulnerability, const json_t *json,
                          struct tarsier_error *error);
int v4_vulnerability_add_scores(struct arena *arena, struct v4_vulnerability *vulnerability, const json_t *list,
                                struct tarsier_error *error);
/* Call it when all scores are known. Fails with BACKEND if the severity is not one of Clair's words. */
int v4_vulnerability_finish(struct arena *arena, struct v4_vulnerability *vulnerability, struct tarsier_error *error);

/* ---- v4_check.c: checks the report ------------------------------------------------------------------------------- */

enum v4_section {
	V4_PACKAGES, V4_DISTRIBUTIONS, V4_REPOSITORIES, V4_ENVIRONMENTS, V4_VULNERABILITIES, V4_MATCHES, V4_EXCEPTIONS,
	V4_ENRICHMENTS, V4_HASH, V4_SECTIONS, /* the last one: any other key */
};
enum v4_section v4_section_of(const char *key);
/* Checks that one value of the section, at that place, has Clair's shape. Fails with BACKEND: "… is not whole:
 * vulnerabilities.10.links is not a string". */
int v4_check_value(enum v4_section section, const struct json_stream_place *place, json_t *value,
                   struct tarsier_error *error);
/* Checks that all required sections are present. */
int v4_check_sections(unsigned sections, struct tarsier_error *error);
/* Checks that every id in use has its record, and that every record is in use. */
int v4_check_references(const struct v4_report *report, struct tarsier_error *error);
int clair_v4_broken(struct tarsier_error *error, const char *what, const char *id);
bool clair_v4_is_cvss(const char *enrichment);

#endif
