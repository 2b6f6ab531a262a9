/*
 * tarsier_report.h - how calls end, and what a report holds. tarsier.h includes it, and defines the words OWNED, BORROWED
 * and COPIED.
 */
#ifndef TARSIER_REPORT_H
#define TARSIER_REPORT_H
#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define TARSIER_API __attribute__((visibility("default")))
#else
#define TARSIER_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- outcomes ------------------------------------------------------------------------------------------------- */

enum tarsier_code {
	TARSIER_OK = 0,
	TARSIER_MEMORY = -1,      /* an allocation failed */
	TARSIER_USAGE = -2,       /* an invalid argument: a bad reference, an unknown key */
	TARSIER_IO = -3,          /* the operating system refused: no such file, no permission, a read error */
	TARSIER_FORMAT = -4,      /* the bytes are not in the format that their place requires */
	TARSIER_DIGEST = -5,      /* a digest or a size does not verify */
	TARSIER_LIMIT = -6,       /* a named limit was exceeded */
	TARSIER_NOT_FOUND = -7,   /* the named thing is not there: an image, a platform, a blob */
	TARSIER_UNSUPPORTED = -8, /* recognised, but this build cannot read it */
	TARSIER_DATABASE = -9,    /* no usable vulnerability database: missing, empty, broken, too new */
	TARSIER_BACKEND = -10,    /* a Clair server that does not answer, refuses, or gives an invalid answer */
	TARSIER_POLICY = -11,     /* a policy is malformed, broke, or used up its budget */
	TARSIER_CANCELLED = -12,  /* tarsier_cancel or tarsier_token_cancel was called */
};

struct tarsier_error {
	int code;           /* one of enum tarsier_code */
	char message[1020]; /* one line, no newline */
};

/* "DIGEST" for TARSIER_DIGEST, and so on; "UNKNOWN" for any other number. Static. */
TARSIER_API const char *tarsier_code_name(int code);

/* ---- what a report holds; all of it BORROWED from the report ---------------------------------------------------- */

typedef struct tarsier_report tarsier_report;
TARSIER_API void tarsier_report_free(tarsier_report *report); /* NULL is fine */

struct tarsier_layer {
	const char *digest;     /* of the blob as stored, "sha256:…"; "" for a directory */
	const char *diff_id;    /* of the uncompressed tar; "" for a directory */
	const char *created_by; /* the Dockerfile instruction from the image's history; "" if unknown */
	const char *media_type; /* "" if unknown */
	uint64_t size;          /* bytes of the blob as stored */
	int cached;             /* nonzero: known from before. 0 for layers that Clair fetches from a registry: it does not tell */
};

struct tarsier_label { const char *key, *value; };

struct tarsier_history {   /* one entry of the image's history, oldest first */
	const char *created, *created_by, *comment; /* each may be "" */
	int empty_layer;       /* nonzero: it made no layer */
};

struct tarsier_image {
	const char *reference;    /* as given */
	const char *name;         /* repository:tag found in the image; "" if none */
	const char *digest;       /* of the manifest; "" if the source has none */
	const char *id;           /* of the config, "sha256:…"; "" for a directory */
	const char *os, *architecture, *variant, *created; /* RFC 3339, as the config says; each "" if unknown */
	const char *user, *working_dir;
	const char *const *env, *const *entrypoint, *const *cmd, *const *exposed_ports; /* NULL-terminated */
	const struct tarsier_label *labels;
	size_t label_count;
	const struct tarsier_layer *layers; /* bottom to top */
	size_t layer_count;
	/* distribution, from os-release and similar files; all "" if none was found: "debian" "12" "bookworm" "Debian GNU/…" */
	const char *distro_id, *distro_version, *distro_codename, *distro_name;
	const char *ecosystem;    /* "Debian:12", "Alpine:v3.20": whose advisories apply to its packages; "" if unknown */
	const char *support_ends, *extended_support_ends; /* "2026-07-11": of the distribution's release; "" if unknown */
	const char *const *volumes, *const *healthcheck; /* NULL-terminated; healthcheck as the config's Test, empty if none */
	const struct tarsier_history *history;
	size_t history_count;
	const struct tarsier_label *annotations; /* of the manifest */
	size_t annotation_count;
	/* How many of the lowest layers are the base image's, guessed from the history; 0: unknown. Name and digest of the base
	 * as annotations, labels or the history say; "" if nothing does. */
	size_t base_layers;
	const char *base_name, *base_digest;
	int has_files;            /* tarsier_file_at tells; it was asked for */
	int has_secrets;          /* tarsier_secret_at tells; it was asked for */
};
TARSIER_API const struct tarsier_image *tarsier_report_image(const tarsier_report *report);

struct tarsier_package {
	const char *type;            /* purl type: "deb", "apk", "rpm", "pypi", … */
	const char *ecosystem;       /* "Debian:12", "PyPI": whose advisories apply to it; "" if none do */
	const char *name, *version, *architecture; /* architecture may be "" */
	const char *source_name, *source_version;  /* equal to name and version without a source package */
	const char *purl;
	const char *path;            /* the evidence, without a leading slash: "var/lib/dpkg/status"; in archives "app.jar!/lib/x.jar" */
	const char *reader;          /* the reader that found it: "dpkg" */
	size_t layer;                /* index of the layer that brought this version in */
	const char *module;          /* an rpm's module stream: "nodejs:20"; "" if it is in none */
	const char *vendor;          /* who built an rpm, as it says: "AlmaLinux"; "" if unknown */
	int kernel;                  /* headers of a kernel ("linux-libc-dev"), and the image has no kernel of that source */
	/* What the evidence says about licences, NULL-terminated: SPDX expressions where it means some, else as written. All of
	 * them hold for some part of the package; a choice is one expression, "(MIT OR Apache-2.0)". */
	const char *const *licenses;
	const char *owner;           /* the operating system's package that installed the evidence; "" if none did. If the
	                              * distribution's advisories cover the owner, `ecosystem` is "" */
	const char *found_by;        /* "database": a package manager's record; "binary": what a compiler left in an executable;
	                              * "content": text in a program that came without a package; "sbom": a document's word */
	const struct tarsier_functions *functions; /* of a Go executable, from which `symbol` of findings comes; or NULL. Opaque */
	const char *sha512;          /* of the file at `path`, lower-case hex, if that is what was delivered: an archive or an executable.
	                              * NULL: it is not, it lies within an archive, or config.hashes was 0 */
	const struct tarsier_dependencies *dependencies; /* tarsier_package_requires tells; NULL if nothing is known. Opaque */
};
/* Returns the indexes of the packages of the same report that this one needs, or NULL if its database does not say, as only
 * dpkg's, apk's, opkg's and pacman's do. Of several installed alternatives, all are here. *essential is nonzero if the system
 * needs the package itself. */
TARSIER_API const size_t *tarsier_package_requires(const struct tarsier_package *package, size_t *count, int *essential);
/* Nonzero if the text is an SPDX expression, in the spelling of SPDX's licence list. */
TARSIER_API int tarsier_is_spdx(const char *license);
TARSIER_API size_t tarsier_package_count(const tarsier_report *report);
TARSIER_API const struct tarsier_package *tarsier_package_at(const tarsier_report *report, size_t index);

/* The superset of the scales in use, in order: NVD's, the distributions' and Clair's. */
enum tarsier_severity {
	TARSIER_SEVERITY_UNKNOWN, TARSIER_SEVERITY_NEGLIGIBLE, TARSIER_SEVERITY_LOW, TARSIER_SEVERITY_MEDIUM,
	TARSIER_SEVERITY_HIGH, TARSIER_SEVERITY_CRITICAL, TARSIER_SEVERITY_DEFCON1,
};
TARSIER_API const char *tarsier_severity_name(enum tarsier_severity severity); /* "High"; static */

/* What one source says of a vulnerability's severity. */
struct tarsier_rating {
	const char *source;             /* "debian", "ghsa", "nvd", … */
	enum tarsier_severity severity; /* its own word; without one, that of its vector */
	const char *cvss_vector;        /* "" if it has none */
	double cvss_score;              /* negative if it has no vector */
};

struct tarsier_finding {
	const char *id;                 /* "CVE-…" where there is one, else the advisory's own */
	const char *const *aliases;     /* the other names, advisories' ids included; NULL-terminated */
	const struct tarsier_package *package;
	size_t package_index;
	enum tarsier_severity severity;
	const char *severity_source;    /* whose rating that is: "debian", "ghsa", "nvd", …; of Clair: "distribution", "cvss"; or "" */
	const char *cvss_vector;        /* the vector that scored; "" if none */
	double cvss_score;              /* 0.0 to 10.0; negative if none */
	const char *fixed_version;      /* the lowest that fixes this release line; "" if none is known */
	const char *summary, *description, *url, *published, *modified; /* each may be "" */
	const char *const *references;  /* NULL-terminated */
	int kev;                        /* in CISA's catalogue of known exploited vulnerabilities */
	int kev_ransomware;             /* … and known to be used by ransomware */
	const char *kev_added, *kev_due; /* "2021-12-10"; "" if not in it */
	double epss, epss_percentile;   /* 0.0 to 1.0; negative if unknown */
	const char *backend;            /* "embedded", "clair-v1", "clair-v4" */
	int informational;              /* not a vulnerability: unmaintained, unsound or the like, as RustSec says */
	double risk;                    /* 0.0 to 100.0, one decimal: severity, exploitation, a fix, own layer; tarsier(1), RISK */
	const char *status;             /* "fixed", "affected", "will_not_fix", "fix_deferred", "end_of_life", "unimportant" or
	                                 * "under_investigation": the publisher's word, else whether a fix is known */
	const char *status_source;      /* who says so: "debian"; "" if unknown */
	const struct tarsier_rating *severities; /* every rating that is known, the one that counted first */
	size_t severity_count;
	/* CISA's decision points (SSVC): "none", "poc" or "active"; "yes" or "no"; "partial" or "total"; "" if unknown. */
	const char *ssvc_exploitation, *ssvc_automatable, *ssvc_impact;
	const char *eu_exploited;       /* in the EU's list of exploited vulnerabilities since "2025-08-07"; "" if not in it */
	const char *const *cwes;        /* "CWE-79"; NULL-terminated */
	const char *symbol;             /* of a Go executable's package: are the vulnerable functions in it? "present", "absent" or
	                                 * "unknown"; "" for other packages */
	const char *nvd_status;         /* why NVD has not rated it: "Deferred" (it will not), "Awaiting Analysis", …; else "" or NULL */
};
/* Findings are sorted: most severe first, then package name, then id. */
TARSIER_API size_t tarsier_finding_count(const tarsier_report *report);
TARSIER_API const struct tarsier_finding *tarsier_finding_at(const tarsier_report *report, size_t index);

/* What could not be read or judged. A host that ignores these passes images it has not understood: of packages that
 * UNREADABLE, NO_… and FOREIGN speak of, no finding can be known. */
enum tarsier_problem_kind {
	TARSIER_PROBLEM_UNREADABLE = 1, /* a package database that is there but cannot be read */
	TARSIER_PROBLEM_NO_PACKAGES,    /* nothing is installed, or nothing that a reader knows; or none of the system's own */
	TARSIER_PROBLEM_NO_FEED,        /* a system or ecosystem that the database knows nothing about */
	TARSIER_PROBLEM_NO_DISTRO,      /* packages of an operating system that nothing names */
	TARSIER_PROBLEM_NO_DATABASE,    /* the engine has no database: nothing was matched */
	TARSIER_PROBLEM_FOREIGN,        /* packages of another system or vendor, which the system's advisories do not cover */
	TARSIER_PROBLEM_VERSION,        /* a version that cannot be ordered: it was matched by exact version only */
	TARSIER_PROBLEM_UNUSED,         /* advisories for the same software in another product, which were not used */
	TARSIER_PROBLEM_END_OF_LIFE,    /* the system gets no more advisories */
	TARSIER_PROBLEM_NOTE,           /* something to know about the result, which does not make it incomplete */
	TARSIER_PROBLEM_MISSING,        /* the name of a package database, and no file: a device, a link that leads nowhere */
};
struct tarsier_problem {
	enum tarsier_problem_kind kind;
	const char *subject; /* a path, an ecosystem, a package */
	const char *message;
	size_t layer;        /* for UNREADABLE and MISSING, and a NOTE on a file */
};
/* Files that stand out, if tarsier_config.files asked for them: setuid and setgid ones, those that anyone may write to, and
 * those that a later layer deletes, which are still in the image. 0 otherwise. */
struct tarsier_file {
	const char *path;
	uint64_t size;
	unsigned mode;       /* permission bits with setuid, setgid and sticky: 04755 */
	int is_folder;
	size_t layer;        /* index of the layer that brings it */
	size_t deleted_by;   /* index of the layer that deletes it; SIZE_MAX if none does */
};
TARSIER_API size_t tarsier_file_count(const tarsier_report *report);
TARSIER_API const struct tarsier_file *tarsier_file_at(const tarsier_report *report, size_t index);
/* Secrets of well-known forms, if tarsier_config.secrets asked for them: in any regular file of any layer, whether or not a later
 * one deletes it, and in the image's config. Not in archives, and no private keys in files that the system's packages installed.
 * The secret itself is not kept. At most 1,000 a layer. */
struct tarsier_secret {
	const char *kind, *title; /* "github-token", "a token of GitHub" */
	const char *path;         /* of the file; "env:NAME", "label:NAME" or "history:3" (from 1) in the config */
	uint64_t offset;          /* in the file, or in that text */
	size_t layer;             /* index; SIZE_MAX: the config */
};
TARSIER_API size_t tarsier_secret_count(const tarsier_report *report);
TARSIER_API const struct tarsier_secret *tarsier_secret_at(const tarsier_report *report, size_t index);
TARSIER_API size_t tarsier_problem_count(const tarsier_report *report);
TARSIER_API const struct tarsier_problem *tarsier_problem_at(const tarsier_report *report, size_t index);

struct tarsier_feed { /* what a database knows of one family of ecosystems, or of all CVEs */
	const char *name;          /* "Debian", "npm", "KEV", "EPSS" */
	const char *newest;        /* the newest record's modification time; the day of KEV and EPSS; "" if unknown */
	uint64_t records;
	int covered;               /* a feed of it was imported; 0: only records that happen to name it */
};
struct tarsier_omission { const char *reason; uint64_t count; }; /* "packages of an ecosystem that is not known", 12 */

struct tarsier_database_info {
	const char *path;          /* as given */
	const char *built;         /* RFC 3339, UTC */
	const char *newest;        /* the newest advisory's modification time */
	const char *kev_date, *epss_date; /* "" where not imported */
	uint64_t advisories, packages; /* records; distinct (ecosystem, name) pairs */
	int starter;               /* it is the small one that ships with tarsier */
	const char *const *ecosystems; /* NULL-terminated */
	const struct tarsier_feed *feeds; /* by name */
	size_t feed_count;
	const struct tarsier_omission *omissions; /* what its imports left out, by reason */
	size_t omission_count;
	const char *note;          /* as given to the import */
	const char *epss_model;    /* the model that made the EPSS scores: "v2025.03.14"; "" if unknown */
	uint64_t ends;             /* releases of distributions of which it says when their support ends */
};
/* NULL if the engine has no database. With Clair: the database that KEV and EPSS come from. */
TARSIER_API const struct tarsier_database_info *tarsier_report_database(const tarsier_report *report);
/* The backend of all findings: "embedded", "clair-v1" or "clair-v4". Static. */
TARSIER_API const char *tarsier_report_backend(const tarsier_report *report);

struct tarsier_usage { /* what the scan took */
	double seconds;
	uint64_t bytes_read;      /* compressed bytes of layers that this process read */
	size_t layers_read, layers_cached;
};
TARSIER_API const struct tarsier_usage *tarsier_report_usage(const tarsier_report *report);

#ifdef __cplusplus
}
#endif
#endif
