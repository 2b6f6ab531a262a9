/*
 * tarsier.h - the engine's public face, and its manual.
 *
 *	struct tarsier_config config;
 *	struct tarsier_error error;
 *	tarsier_engine *engine;
 *	tarsier_report *report;
 *
 *	tarsier_config_init(&config);
 *	if (tarsier_open(&config, &engine, &error) < 0) ...
 *	if (tarsier_scan(engine, "oci:./image", &report, &error) < 0) ...
 *	for (size_t i = 0; i < tarsier_finding_count(report); i++)
 *		puts(tarsier_finding_at(report, i)->id);
 *	tarsier_report_free(report);
 *	tarsier_close(engine);
 *
 * Ownership has three words here. OWNED: the caller frees it with the function named. BORROWED from X: it
 * lives until X is freed. COPIED: the callee keeps nothing of the caller's. Strings are UTF-8 or, where an image
 * says otherwise, raw bytes; always NUL-terminated; never NULL unless the field says "or NULL".
 *
 * The engine has no process state: any number of engines may live in any number of threads, and one engine may
 * scan in several threads at once. A report belongs to one thread at a time.
 *
 * Every failure returns a negative code and, if `error` is not NULL, a message that names the thing and the place. The
 * code does not depend on whether `error` is NULL.
 *
 * Structs grow at their end from version to version. Those that a host fills begin with their size: call the init
 * function, a macro that passes the size your header knows, before you set a field. Those that the library returns by
 * pointer are as long as the library knows; read only the fields of your header. Structs in arrays (tarsier_layer,
 * tarsier_label, tarsier_history, tarsier_rating, and in tarsier_policy.h tarsier_word, tarsier_decided, tarsier_policy_use), and those that a host passes to
 * be filled (tarsier_error, tarsier_plugin, tarsier_import_result, tarsier_clair_status), never grow.
 */
#ifndef TARSIER_H
#define TARSIER_H
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define TARSIER_API __attribute__((visibility("default")))
#else
#define TARSIER_API
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
/* The library's version, "0.1.0". TARSIER_VERSION, given by the build, is the header's. Static. */
TARSIER_API const char *tarsier_version(void);
/* "linux/amd64": this machine's platform, as images name it. Static. */
TARSIER_API const char *tarsier_platform(void);
/* What this build has in its plug-in folders: `kind` is "source" (places images come from), "reader" (package databases) or
 * "feed" (vulnerability feeds). False past the last one. *plugin is static. */
struct tarsier_plugin {
	const char *name, *summary; /* summary: of sources; else "" */
	unsigned version;           /* of readers: raised when the same bytes would give another result */
};
TARSIER_API int tarsier_plugin_at(const char *kind, size_t index, struct tarsier_plugin *plugin);

/* ---- engine --------------------------------------------------------------------------------------------------- */

typedef struct tarsier_engine tarsier_engine;
typedef struct tarsier_report tarsier_report;

/* realloc-like: new_size 0 frees, ptr NULL allocates. Called from several threads at once. Libraries that the engine
 * uses (SQLite, OpenSSL, libarchive, jansson, yajl) keep to malloc. */
struct tarsier_allocator {
	void *(*resize)(void *user, void *ptr, size_t old_size, size_t new_size);
	void *user;
};

enum tarsier_event_kind {
	TARSIER_EVENT_IMAGE = 1, /* the image is opened; `total` layers will follow */
	TARSIER_EVENT_LAYER,     /* a layer is done: `index`, `cached`, `digest` */
	TARSIER_EVENT_BYTES,     /* `done` of `total` compressed bytes of all layers are read; total 0 if unknown. At least once
	                          * a second, so that a host can tell where a scan stands */
	TARSIER_EVENT_MATCH,     /* matching `total` packages */
	TARSIER_EVENT_WARNING,   /* `message`: something a person should know; the scan goes on */
	TARSIER_EVENT_SERVING,   /* Clair can fetch the layers from this machine, at the port `total` */
	TARSIER_EVENT_ANALYZING, /* Clair begins with a layer: `index` of `total`, `digest` */
};

struct tarsier_event {
	enum tarsier_event_kind kind;
	uint64_t done, total;
	size_t index;
	int cached;
	const char *digest, *message; /* or NULL; borrowed for the call */
	const char *reference;        /* of the image that is scanned; borrowed for the call */
	void *scan;                   /* `user` of its tarsier_scan_options; NULL from tarsier_scan */
};

/* A package that a host's reader has found. Each field but name and version may be NULL. */
struct tarsier_found {
	const char *name, *version;
	const char *type, *ecosystem;  /* purl type, NULL: "generic"; whose advisories apply, NULL: none */
	const char *architecture, *license;
};
typedef int tarsier_add_found(void *list, const struct tarsier_found *found, struct tarsier_error *error);

/* A reader of the host's own, for evidence that tarsier does not know. The layer cache keeps the files' content, so that they
 * are read once, and the function is called in each scan, in the thread that scans, on what the image shows. */
struct tarsier_reader {
	const char *name;                  /* "acme-version"; unlike the names of tarsier's own */
	const char *const *evidence;       /* patterns, NULL-terminated: a star stays in one component, a leading "**" and slash is any
	                                    * depth. A path that two readers want goes to the first by name */
	size_t limit;                      /* bytes of a file, at most 16 MiB; 0: 1 MiB. A larger file is a problem */
	/* Calls add(list, found, error) for each package. OK, what `add` returned, or another code and a message: the file then
	 * counts as unreadable. The content is hostile and borrowed. */
	int (*read)(void *user, const char *path, const void *content, size_t length, tarsier_add_found *add, void *list,
	            struct tarsier_error *error);
	void *user;
};

struct tarsier_config {
	size_t size;                       /* set by tarsier_config_init */
	const char *database;              /* vulnerability database file; NULL: packages are listed, nothing is matched */
	const char *cache_dir;             /* layer cache; NULL: $XDG_CACHE_HOME/tarsier, else $HOME/.cache/tarsier; "": none */
	uint64_t cache_limit;              /* bytes the cache may take; 0: 1 GiB */
	const char *platform;              /* "os/arch[/variant]"; NULL: this machine's */
	unsigned threads;                  /* layers read at once; 0: one per processor */
	int skip_diff_id;                  /* nonzero: do not check uncompressed digests (compressed ones always are) */
	struct tarsier_allocator allocator; /* resize NULL: malloc */
	void (*on_event)(void *user, const struct tarsier_event *event); /* or NULL; called in the thread that scans */
	void *user;                        /* given to on_event */
	/* Clair instead of the engine's own readers and matcher; a database then gives KEV and EPSS only. Clair fetches the layers
	 * from this process, or from the registry if the image is in one and neither layer_host nor layer_port is set. */
	const char *clair, *clair_matcher; /* addresses, "http://host:6060"; clair_matcher NULL: the same */
	const char *clair_api;             /* "v1" (Clair v2's) or "v4"; NULL: detected */
	const char *clair_key, *clair_issuer; /* pre-shared key in base64, or NULL; NULL: "tarsier" */
	const char *layer_host, *ca_file;  /* this machine as Clair reaches it, NULL: "localhost"; CAs, PEM, NULL: the system's */
	unsigned layer_port, clair_timeout; /* of the layer server, 0: any; seconds Clair may take for an answer, 0: 600 */
	int clair_keep;                    /* nonzero: leave the layers (v4: the index report) in Clair's database */
	/* Registries: the account, NULL: the log-ins of docker and podman; nonzero: plain HTTP, also beyond loopback. */
	const char *registry_user, *registry_password;
	int plain_http;
	const char *today;                 /* "2026-11-24", against which ends of life are held; NULL: today, UTC */
	const char *clair_report;          /* file that gets Clair's own report, byte for byte; NULL: none */
	/* Whose rating counts, best first: "nvd,ghsa". NULL: "distribution,vendor,nvd,cisa,other"; sources that it does not name
	 * follow in that order. "vendor" is who published the advisory, GHSA, or the CVE's own authority. */
	const char *severity_sources;
	int files;                         /* nonzero: gather tarsier_file_at */
	/* Files or folders of OSV records of the host's own, matched beside the database; NULL-terminated; or NULL. Their
	 * findings replace the database's of the same id and package. A record that cannot be read is FORMAT. */
	const char *const *advisories;
	const struct tarsier_reader *readers; /* BORROWED by tarsier_open, except `user` */
	size_t reader_count;
};
/* Sets the defaults above in a struct of `size` bytes; call it as tarsier_config_init(&config). The function of that name
 * is for programs built before the macro existed: it sets the fields of the first version only. */
TARSIER_API void tarsier_config_init_size(struct tarsier_config *config, size_t size);
TARSIER_API void tarsier_config_init(struct tarsier_config *config);
#define tarsier_config_init(config) tarsier_config_init_size((config), sizeof *(config))
/* Opens an engine; the config is COPIED (but not the allocator's and callback's user data); NULL is the default one. *engine
 * is OWNED: tarsier_close. On failure *engine is NULL. USAGE if the config was not initialised, or sets fields that this
 * library does not know. DATABASE if the database cannot be used. */
TARSIER_API int tarsier_open(const struct tarsier_config *config, tarsier_engine **engine, struct tarsier_error *error);

TARSIER_API void tarsier_close(tarsier_engine *engine); /* NULL is fine. Reports stay valid. No scan may be under way */
/* Makes every scan that is under way in this engine return CANCELLED soon; a token, below, ends a single scan. Safe to call
 * from any thread and signal handler. */
TARSIER_API void tarsier_cancel(tarsier_engine *engine);

/*
 * Scans an image: reads and verifies its layers, lists its packages and, if the engine has a database, matches them.
 * *report is OWNED: tarsier_report_free; NULL on failure.
 *
 *	docker-archive:FILE[:NAME]     what `docker save` writes, before version 25 and since; plain or compressed
 *	oci:DIR[:TAG|@DIGEST]          an OCI image layout
 *	oci-archive:FILE[:TAG|@DIGEST] an OCI image layout in a tar
 *	docker://[HOST/]NAME[:TAG][@DIGEST] an image in a registry
 *	docker-daemon:NAME[:TAG]       an image in the container engine, Docker's or Podman's
 *	dir:PATH                       a root file system
 *	sbom:FILE                      a bill of materials, SPDX or CycloneDX in any form, in place of an image
 *	-                              an archive, or a bill of materials, on standard input
 *	PATH                           any of these by its bytes; if no such file exists, a registry's HOST/NAME[:TAG][@DIGEST]
 */
TARSIER_API int tarsier_scan(tarsier_engine *engine, const char *reference, tarsier_report **report,
                             struct tarsier_error *error);

/* Ends a scan: a token may be given to one scan or several, and may be cancelled before they begin. Cancelling is safe from
 * any thread and signal handler, and cannot be undone. OWNED: tarsier_token_free, once no scan uses it; NULL without memory. */
typedef struct tarsier_token tarsier_token;
TARSIER_API tarsier_token *tarsier_token_new(void);
TARSIER_API void tarsier_token_cancel(tarsier_token *token);
TARSIER_API void tarsier_token_free(tarsier_token *token); /* NULL is fine */

/*
 * An image whose bytes the host has: in memory, or in a store of its own. The functions are called from several threads at
 * once, with different blobs. All that they give is verified by its digest.
 */
struct tarsier_source {
	size_t size;      /* set by tarsier_source_init */
	const char *name; /* what reports and messages call the image: "app:1" */
	/* Opens what has the digest, "sha256:…": a manifest, a config, a layer as stored; digest NULL: the image's manifest or
	 * index. Sets *blob, which is the host's own, and *length, or leaves it if unknown. OK, NOT_FOUND or another code. */
	int (*open)(void *user, const char *digest, void **blob, uint64_t *length);
	/* Up to `length` bytes from where the last call ended: their number, 0 at the end, or a negative code. */
	ptrdiff_t (*read)(void *user, void *blob, void *into, size_t length);
	void (*close)(void *user, void *blob); /* or NULL; called once for each blob that was opened */
	void *user;
};
TARSIER_API void tarsier_source_init_size(struct tarsier_source *source, size_t size);
#define tarsier_source_init(source) tarsier_source_init_size((source), sizeof *(source))

struct tarsier_scan_options {
	size_t size;                         /* set by tarsier_scan_options_init */
	tarsier_token *token;                /* ends this scan; or NULL. BORROWED by the scan */
	const struct tarsier_source *source; /* the image; or NULL: `reference` names it. BORROWED by the scan */
	void *user;                          /* given to on_event in each event of this scan */
};
TARSIER_API void tarsier_scan_options_init_size(struct tarsier_scan_options *options, size_t size);
#define tarsier_scan_options_init(options) tarsier_scan_options_init_size((options), sizeof *(options))
/* tarsier_scan with options, which may be NULL. `reference` is not used, and may be NULL, if there is a source. */
TARSIER_API int tarsier_scan_with(tarsier_engine *engine, const char *reference, const struct tarsier_scan_options *options,
                                  tarsier_report **report, struct tarsier_error *error);

/* ---- what a report holds; all of it BORROWED from the report ---------------------------------------------------- */

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
};
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

/* ---- vulnerability database ------------------------------------------------------------------------------------ */

struct tarsier_import_options {
	size_t size;               /* set by tarsier_import_options_init */
	int starter;               /* mark the result as the starter database */
	int merge;                 /* start from what the old file holds; else the result holds these inputs only */
	/* Called for every input that is taken, skipped or broken; or NULL. `message` is NULL if all went well. */
	void (*on_input)(void *user, const char *input, const char *feed, uint64_t records, const char *message);
	void *user;
	const char *const *only;   /* of databases among the inputs, take these ecosystems ("Debian:12") only; NULL-terminated; or NULL */
	const char *note;          /* text of the host's that is kept in the database; NULL: with `merge` the old one's, else "" */
};
struct tarsier_import_result { uint64_t advisories, withdrawn, unreadable, kev, epss; };
TARSIER_API void tarsier_import_options_init_size(struct tarsier_import_options *options, size_t size);
TARSIER_API void tarsier_import_options_init(struct tarsier_import_options *options); /* as for tarsier_config */
#define tarsier_import_options_init(options) tarsier_import_options_init_size((options), sizeof *(options))

/* Builds `database` from `paths`, feeds or databases of tarsier's, beside the old file, and renames it into place. Fails, and leaves the old file, if one of
 * the paths has no usable record. `result` may be NULL. */
TARSIER_API int tarsier_import(const char *database, const char *const *paths, size_t count,
                               const struct tarsier_import_options *options, struct tarsier_import_result *result,
                               struct tarsier_error *error);
/* What a database holds. *info is OWNED: tarsier_database_info_free. */
TARSIER_API int tarsier_database_read(const char *database, struct tarsier_database_info **info,
                                      struct tarsier_error *error);
TARSIER_API void tarsier_database_info_free(struct tarsier_database_info *info); /* NULL is fine */

/* ---- before a scan --------------------------------------------------------------------------------------------- */

struct tarsier_clair_status {
	const char *generation; /* "v1" (Clair v2's API) or "v4"; static */
	int ready;              /* nonzero: its vulnerability database holds something */
	char detail[256];       /* a sentence about it */
};
/* Asks the Clair that a config names, by the clair fields and ca_file. BACKEND if no Clair answers or it refuses. */
TARSIER_API int tarsier_clair_ask(const struct tarsier_config *config, struct tarsier_clair_status *status,
                                  struct tarsier_error *error);
/* A container engine, Docker's or Podman's, that answers: at `address` ("unix:///PATH", "tcp://HOST:PORT"), else where
 * $DOCKER_HOST or $CONTAINER_HOST says, else at a known socket. TLS as $DOCKER_TLS_VERIFY and $DOCKER_CERT_PATH say; `ca_file`
 * has more authorities, or is NULL. *container is OWNED: tarsier_container_free. UNSUPPORTED if there is no engine. */
typedef struct tarsier_container tarsier_container;
TARSIER_API int tarsier_container_open(const char *address, const char *ca_file, tarsier_container **container,
                                       struct tarsier_error *error);
TARSIER_API const char *tarsier_container_address(const tarsier_container *container); /* BORROWED from it */
TARSIER_API int tarsier_container_is_podman(const tarsier_container *container);
TARSIER_API void tarsier_container_free(tarsier_container *container); /* NULL is fine */

/* One HTTP request by the client that scans use. */
struct tarsier_http_request {
	size_t size;                       /* set by tarsier_http_request_init */
	const char *method, *url;          /* method NULL: "GET" */
	const tarsier_container *container; /* sends it there; `url` is then a path of its API, "/images/json". Or NULL */
	const char *unix_socket;           /* connects here instead of to the URL's host; or NULL */
	const char *const *headers;        /* "Name: value", NULL-terminated; or NULL */
	const char *body;                  /* or NULL */
	size_t body_length;
	unsigned connect_seconds, seconds; /* 0: 10; 0: 60 for all of it */
	size_t limit;                      /* bytes that the answer's body may have; 0: 16 MiB. More is LIMIT */
	int blob;                          /* nonzero: a long body as it is stored; `seconds` is how long it may stand still */
	const char *ca_file;               /* certificate authorities, PEM; NULL: the system's */
	/* Takes the body of a 2xx answer piece by piece, without a limit; nonzero ends the request (IO). Or NULL. */
	int (*on_body)(void *user, const char *piece, size_t length);
	void *user;
};
struct tarsier_http_response {
	long status;
	const char *headers;               /* lines as they came, with line ends */
	const char *body;                  /* "" if there was none; else without a NUL at its end */
	size_t body_length;
};
TARSIER_API void tarsier_http_request_init_size(struct tarsier_http_request *request, size_t size);
#define tarsier_http_request_init(request) tarsier_http_request_init_size((request), sizeof *(request))
/* Any status is a success. *response is OWNED: tarsier_http_response_free; NULL on failure. IO without a whole answer. */
TARSIER_API int tarsier_http(const struct tarsier_http_request *request, struct tarsier_http_response **response,
                             struct tarsier_error *error);
TARSIER_API void tarsier_http_response_free(struct tarsier_http_response *response); /* NULL is fine */

/* OK if `text` can be an image's name, [HOST/]NAME[:TAG][@DIGEST], else USAGE. Writes its host to `host`, "" if it has none. */
TARSIER_API int tarsier_image_name(const char *text, char *host, size_t size, struct tarsier_error *error);
/* Looks for an image of that name in the container engine, Docker's or Podman's ($DOCKER_HOST, $CONTAINER_HOST or a known
 * socket). Writes the reference to scan it by, "docker-daemon:NAME". `ca_file` as in tarsier_config, or NULL. UNSUPPORTED if
 * there is no engine, IO if it does not answer, NOT_FOUND if it has no such image, USAGE, LIMIT or FORMAT otherwise. */
TARSIER_API int tarsier_engine_image(const char *name, const char *ca_file, char *reference, size_t size,
                                     struct tarsier_error *error);
/* "did you mean": the one of `words` (NULL-terminated) that is close to what was typed, or NULL. */
TARSIER_API const char *tarsier_suggest(const char *typed, const char *const *words);

/* ---- versions --------------------------------------------------------------------------------------------------- */

/* Orders two versions by a scheme ("deb", "pep440"), or by the scheme of an OSV ecosystem ("Debian", "PyPI", in any
 * case). *order is -1, 0 or 1. USAGE for an unknown scheme, FORMAT for a version the scheme does not allow. */
TARSIER_API int tarsier_compare(const char *scheme, const char *a, const char *b, int *order, struct tarsier_error *error);
/* The schemes' names, NULL-terminated; static. */
TARSIER_API const char *const *tarsier_schemes(void);

#ifdef __cplusplus
}
#endif
#endif
