/* internal to clair/ */
#ifndef TARSIER_CLAIR_INTERNAL_H
#define TARSIER_CLAIR_INTERNAL_H

#include "clair/clair.h"
#include "clair/layer_server.h"
#include "format/json.h"
#include "net/http.h"

#include <pthread.h>
#include <stdio.h>

enum {
	CLAIR_ANSWER_LIMIT = 64 * 1024 * 1024, /* of answers read whole; v1's, of 10,000 findings, has 20 MiB */
	CLAIR_DEFAULT_SECONDS = 600,           /* Quay gives Clair as long */
	CLAIR_PACKAGES_LIMIT = 200000,
	CLAIR_FINDINGS_LIMIT = 1000000,        /* package × vulnerability: a hostile answer could name any number */
};

enum clair_generation { CLAIR_UNKNOWN, CLAIR_V1 = 1, CLAIR_V4 = 4 };

enum { CLAIR_NONCE_BYTES = 8 };
/* Random hexadecimal digits, for the names of what a scan leaves with Clair and deletes at its end. "" if it is kept,
 * so that the next scan finds it by the same names. Fails with IO if the kernel gives no random numbers. */
int clair_make_nonce(const struct clair_config *config, char nonce[2 * CLAIR_NONCE_BYTES + 1],
                     struct tarsier_error *error);

struct clair_image;

/* One conversation. Its arena is the caller's. */
struct clair {
	const struct clair_config *config;
	struct arena *arena;
	const char *indexer, *matcher; /* without a slash at the end */
	const char *shown;             /* the indexer's, without user and password */
	enum clair_generation generation;
	json_t *namespaces;            /* v1: what it has vulnerabilities of; or NULL */
	struct layer_server *server;   /* where Clair fetches the layers; or NULL */
	const char *doubt;             /* why it could not be reached from here; or NULL */
};

/* ---- request.c: requests, retried where that may help ------------------------------------------------------------ */

struct clair_call {
	const char *method, *base, *path;
	span body;          /* JSON; ptr NULL: none */
	/* A request that Clair answers quickly if it is well, sent while it works on this one; or NULL. */
	const char *health_method, *health;
	const atomic_bool *cancelled; /* instead of the config's; or NULL */
	/* Takes the body of a 200 piece by piece; a failure ends the request. `begin` is called before each attempt. */
	int (*begin)(void *user, struct tarsier_error *error);
	int (*take)(void *user, span piece, struct tarsier_error *error);
	void *user;
	bool retry;         /* after 500, 502, 503, 504, 429 and connections that break */
	bool cleaning;      /* is sent though the scan is cancelled, and does not wait long */
	unsigned seconds;   /* 0: 60; long requests have the config's */
};

/* Any status is a success. Fails with BACKEND if no answer came, CANCELLED, MEMORY, UNSUPPORTED (no libcurl). */
int clair_send(const struct clair *clair, const struct clair_call *call, struct http_response *response,
               struct tarsier_error *error);
/* The answer as a JSON object, owned by the caller. Fails with BACKEND if it is not one. */
int clair_json(const struct clair_call *call, const struct http_response *response, json_t **json,
               struct tarsier_error *error);
/* Clair's own error message on one line, or "". In the arena; never NULL. */
const char *clair_error_text(struct arena *arena, const struct http_response *response);
/* BACKEND, with a message for a status that the caller does not explain itself. */
int clair_refused(const struct clair *clair, const struct clair_call *call, const struct http_response *response,
                  struct tarsier_error *error);
/* Deletes what the scan left at this path in Clair, whatever became of the scan. Clair may not know it (any more). What
 * cannot be deleted is a warning: "`what` stays in Clair's database: …". */
void clair_clean_up(const struct clair *clair, const struct clair_image *image, const char *path, const char *what);
unsigned clair_seconds(const struct clair *clair);
bool clair_cancelled(const struct clair *clair);

/* ---- health.c: whether Clair is still well ----------------------------------------------------------------------- */

struct clair_watch {
	const struct clair *clair;
	const struct clair_call *call; /* the request that takes long */
	pthread_t thread;
	bool is_running;
	atomic_bool is_over, is_dead;
	char reason[900];              /* if it is dead */
};

/* Without a thread to spare nothing is watched. */
void clair_watch_start(struct clair_watch *watch);
/* The reason may be read afterwards. */
void clair_watch_stop(struct clair_watch *watch);

/* ---- layers.c: where Clair finds the layers ---------------------------------------------------------------------- */

/* Where Clair fetches a layer: from our layer server, or from a registry, which wants its headers. */
struct clair_layer {
	const struct digest *digest;          /* of the bytes there */
	const char *url;
	const struct tarsier_label *headers;  /* secrets: in no message */
	size_t header_count;
	const struct codec *codec;
};

struct clair_image {
	const struct image *image;
	struct clair_layer *layers;
	size_t count;
	struct layer_server *server;          /* or NULL: the layers are in a registry */
};

/* Are the layers in a registry, and neither layer host nor layer port is configured? */
bool clair_layers_elsewhere(const struct clair_config *config, const struct image *image);
/* Fills image->layers, with URLs if our server has them. Fails with UNSUPPORTED if Clair cannot unpack a layer,
 * NOT_FOUND if the registry does not have it. */
int clair_place_layers(const struct clair *clair, struct clair_image *image, struct tarsier_error *error);
/* Finds their addresses in the registry, which are valid for about a minute, so right before they are posted. Does
 * nothing if our server has them. Fails with BACKEND if the address is a loopback one and Clair is elsewhere, and as
 * the registry refuses. */
int clair_locate_layers(const struct clair *clair, struct clair_image *image, size_t first, size_t count,
                        struct tarsier_error *error);
/* The error after Clair could not fetch a layer: our server's reason, else how this machine can be reached. */
int clair_layer_unreachable(const struct clair *clair, const struct clair_image *image, size_t layer,
                            const char *words, struct tarsier_error *error);
/* To config->layer_begun: v1 gets one layer after the other; v4 gets all, and fetches those in a registry unseen. */
void clair_layer_begins(const struct clair *clair, size_t layer, const char *digest);
/* To config->layer_done. */
void clair_report_layers(const struct clair *clair, const struct clair_image *image);
/* Removes from a message what Clair repeats of the layers' headers. */
void clair_hide_secrets(const struct clair_image *image, struct tarsier_error *error);

/* ---- copy.c: Clair's own report, for config->report_file --------------------------------------------------------- */

struct clair_copy {
	FILE *file;
	const char *path;
};

/* Empties the file, again if the report is asked for again. A path of NULL: nothing is kept. Fail with IO. */
int clair_copy_begin(struct clair_copy *copy, const char *path, struct tarsier_error *error);
int clair_copy_add(struct clair_copy *copy, span piece, struct tarsier_error *error);
int clair_copy_end(struct clair_copy *copy, struct tarsier_error *error);
void clair_copy_drop(struct clair_copy *copy);

/* ---- check_json.c: checks the shape of an answer -------------------------------------------------- */

enum clair_kind {
	CLAIR_TEXT, CLAIR_NUMBER, CLAIR_BOOLEAN,
	CLAIR_LIST,    /* each element is as `inside` */
	CLAIR_MAP,     /* an object whose keys are the answer's own: each value is as `inside` */
	CLAIR_OBJECT,  /* `inside`: its members, up to one without a key; others may be there */
	CLAIR_ANYTHING,
};
enum { CLAIR_MAY_LACK = 1, CLAIR_MAY_BE_NULL = 2, CLAIR_OPTIONAL = CLAIR_MAY_LACK | CLAIR_MAY_BE_NULL };

struct clair_shape {
	const char *key;
	enum clair_kind kind;
	unsigned lack; /* 0: it is always there */
	const struct clair_shape *inside;
};

/* Afterwards the reader finds texts where texts belong. Fails with BACKEND: "`answer` is not whole: `where`.links is no
 * text". */
int clair_check_json(json_t *json, const struct clair_shape *shape, const char *where, const char *answer,
                     struct tarsier_error *error);

/* ---- records.c: packages and findings out of either API ---------------------------------------------------------- */

struct clair_records {
	struct arena *arena;
	const char *backend;
	struct tarsier_package *packages;
	size_t package_count, package_capacity;
	struct tarsier_finding *findings;
	size_t finding_count, finding_capacity;
};

/* `system`: the package is the distribution's own. Name, version, architecture, source, path, layer and type are
 * set; the rest is made. BACKEND where a name or version is missing, LIMIT. */
int clair_add_package(struct clair_records *records, const struct distro *distro, bool system,
                      const struct tarsier_package *package, struct tarsier_error *error);
/* The package at hand, by its index; the rest of the finding is copied as it is. */
int clair_add_finding(struct clair_records *records, size_t package, const struct tarsier_finding *finding,
                      struct tarsier_error *error);
/* Sorts, joins what is there twice, fills the result. */
int clair_finish(struct clair_records *records, struct clair_result *result, struct tarsier_error *error);

/* A finding without anything. */
struct tarsier_finding clair_blank_finding(const char *backend);
/* Clair's names are more than an id: "CVE-2022-3219 on Ubuntu 22.04 LTS (jammy) - low", "ELSA-2024-1: bash
 * (IMPORTANT)". Sets id, aliases and, from what follows the id, the summary; `links` are separated by spaces and may
 * name CVEs. False: no memory. */
bool clair_set_names(struct arena *arena, struct tarsier_finding *finding, const char *name, const char *const *others,
                     const char *links);
/* Keeps the better vector: of the higher CVSS version, then the higher score. One that does not parse counts by
 * `score`. */
bool clair_take_cvss(struct arena *arena, struct tarsier_finding *finding, const char *vector, double score);
/* By the word, else by CVSS. Fails with BACKEND if it is not one of Clair's words. */
int clair_set_severity(struct tarsier_finding *finding, const char *word, struct tarsier_error *error);
/* The ecosystem and, where it has none of OSV's, Clair's own name for the release. False: no memory. */
bool clair_settle_distro(struct arena *arena, struct distro *distro);
/* "deb" of "debian", …; "" for a distribution that is not known. */
const char *clair_type_of_distro(const char *id);

/* ---- the two APIs ------------------------------------------------------------------------------------------------ */

int clair_v1_scan(struct clair *clair, struct clair_image *image, struct clair_result *result,
                  struct tarsier_error *error);
int clair_v4_scan(struct clair *clair, struct clair_image *image, struct clair_result *result,
                  struct tarsier_error *error);
/* Is there anything in its matcher's database? */
int clair_v4_ready(const struct clair *clair, bool *ready, struct tarsier_error *error);

#endif
