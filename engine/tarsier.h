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
 * This header has engines and scans. It includes tarsier_report.h, which has outcomes and what a report holds, and
 * tarsier_tools.h: databases, Clair, container engines, HTTP, the order of versions. tarsier_policy.h and tarsier_share.h
 * are included by those who judge reports by policies and who keep and share databases.
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
 * tarsier_label, tarsier_history, tarsier_rating, and in tarsier_policy.h tarsier_word, tarsier_decided,
 * tarsier_policy_use), and those that a host passes to be filled (tarsier_error, tarsier_plugin, tarsier_import_result,
 * tarsier_clair_status), never grow.
 */
#ifndef TARSIER_H
#define TARSIER_H
#include <stddef.h>
#include <stdint.h>

#include "tarsier_report.h"
#include "tarsier_tools.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- engine --------------------------------------------------------------------------------------------------- */

typedef struct tarsier_engine tarsier_engine;

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
	int attestations;                  /* nonzero: read the bills of materials that BuildKit attached to the image in its index */
	int hashes;                        /* nonzero: gather tarsier_package.sha512 */
	int secrets;                       /* nonzero: gather tarsier_secret_at */
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

#ifdef __cplusplus
}
#endif
#endif
