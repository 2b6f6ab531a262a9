/* internal to clair/ */
#ifndef TARSIER_CLAIR_INTERNAL_H
#define TARSIER_CLAIR_INTERNAL_H

#include "clair/clair.h"
#include "clair/layer_server.h"
#include "format/json.h"
#include "net/http.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>

enum {
	CLAIR_ANSWER_LIMIT = 64 * 1024 * 1024, /* of an answer read whole; v1's with 10,000 findings has 20 MiB */
	CLAIR_DEFAULT_SECONDS = 600,           /* Quay uses the same limit for Clair */
	CLAIR_PACKAGES_LIMIT = 200000,
	CLAIR_FINDINGS_LIMIT = 1000000,        /* package × vulnerability; bounds hostile answers */
};

enum clair_generation { CLAIR_UNKNOWN, CLAIR_V1 = 1, CLAIR_V4 = 4 };

enum { CLAIR_NONCE_BYTES = 8 };
/* Random hexadecimal digits for the names of what a scan leaves with Clair and deletes at its end. Returns "" if it is
 * kept, so that the next scan uses the same names. Fails with IO if the kernel returns no random numbers. */
int clair_make_nonce(const struct clair_config *config, char nonce[2 * CLAIR_NONCE_BYTES + 1],
                     struct tarsier_error *error);

struct clair_image;

/* The state of one scan. The arena is the caller's. */
struct clair {
	const struct clair_config *config;
	struct arena *arena;
	const char *indexer, *matcher; /* without a trailing slash */
	const char *shown;             /* the indexer's, without user and password */
	enum clair_generation generation;
	json_t *namespaces;            /* v1: the namespaces that it has vulnerabilities for; or NULL */
	struct layer_server *server;   /* where Clair fetches the layers; or NULL */
	const char *doubt;             /* why this machine could not reach it; or NULL */
};

/* ---- request.c: requests, retried if that may help --------------------------------------------------------------- */

struct clair_call {
	const char *method, *base, *path;
	span body;          /* JSON; ptr NULL: none */
	/* A request that a healthy Clair answers quickly, sent while it works on this one; or NULL. */
	const char *health_method, *health;
	const atomic_bool *cancelled; /* instead of the config's; or NULL */
	/* Takes the body of a 200 in pieces. A failure ends the request. `begin` is called before each attempt. */
	int (*begin)(void *user, struct tarsier_error *error);
	int (*take)(void *user, span piece, struct tarsier_error *error);
	void *user;
	bool retry;         /* after 500, 502, 503, 504, 429 and broken connections */
	bool cleaning;      /* sent even if the scan is cancelled, with a short timeout */
	unsigned seconds;   /* 0: 60; long requests use the configured limit */
};

/* Succeeds with any status. Fails with BACKEND if no answer came, CANCELLED, MEMORY, UNSUPPORTED (no libcurl). */
int clair_send(const struct clair *clair, const struct clair_call *call, struct http_response *response,
               struct tarsier_error *error);
/* Returns the answer as a JSON object, owned by the caller. Fails with BACKEND if it is not one. */
int clair_json(const struct clair_call *call, const struct http_response *response, json_t **json,
               struct tarsier_error *error);
/* Returns Clair's own error message on one line, or "". Owned by the arena, never NULL. */
const char *clair_error_text(struct arena *arena, const struct http_response *response);
/* Returns BACKEND and a message for a status that the caller does not explain itself. */
int clair_refused(const struct clair *clair, const struct clair_call *call, const struct http_response *response,
                  struct tarsier_error *error);
/* Deletes from Clair what the scan left at this path, even after a failed scan. Clair may no longer know it. Warns if
 * it cannot be deleted: "`what` stays in Clair's database: …". */
void clair_clean_up(const struct clair *clair, const struct clair_image *image, const char *path, const char *what);
unsigned clair_seconds(const struct clair *clair);
bool clair_cancelled(const struct clair *clair);

/* ---- health.c: health checks during a long request --------------------------------------------------------------- */

struct clair_watch {
	const struct clair *clair;
	const struct clair_call *call; /* the long request */
	pthread_t thread;
	bool is_running;
	sem_t over;                    /* posted when is_over is set */
	atomic_bool is_over, is_dead;
	char reason[900];              /* if Clair failed */
};

/* Without a free thread there are no health checks. */
void clair_watch_start(struct clair_watch *watch);
/* Stops the checks. The reason may be read afterwards. */
void clair_watch_stop(struct clair_watch *watch);

/* ---- layers.c: where Clair finds the layers ---------------------------------------------------------------------- */

/* Where Clair fetches a layer: from our layer server, or from a registry, which needs its headers. */
struct clair_layer {
	const struct digest *digest;          /* of the bytes there */
	const char *url;
	const struct tarsier_label *headers;  /* secret: must not appear in messages */
	size_t header_count;
	const struct codec *codec;
};

struct clair_image {
	const struct image *image;
	struct clair_layer *layers;
	size_t count;
	struct layer_server *server;          /* or NULL: the layers are in a registry */
};

/* Returns true if the layers are in a registry and neither layer host nor layer port is configured. */
bool clair_layers_elsewhere(const struct clair_config *config, const struct image *image);
/* Fills image->layers, with URLs if our server serves them. Fails with UNSUPPORTED if Clair cannot unpack a layer,
 * NOT_FOUND if the registry does not have it. */
int clair_place_layers(const struct clair *clair, struct clair_image *image, struct tarsier_error *error);
/* Gets the layers' addresses from the registry. They are valid for about a minute, so call this right before they are
 * posted. Does nothing if our server serves them. Fails with BACKEND if the address is a loopback one and Clair is on
 * another machine, and with the registry's errors. */
int clair_locate_layers(const struct clair *clair, struct clair_image *image, size_t first, size_t count,
                        struct tarsier_error *error);
/* Returns the error for a layer that Clair could not fetch: our server's reason, else advice how Clair can reach this
 * machine. */
int clair_layer_unreachable(const struct clair *clair, const struct clair_image *image, size_t layer,
                            const char *words, struct tarsier_error *error);
/* Calls config->layer_begun. v1 gets one layer after the other. v4 gets all, and we do not see which ones it fetches
 * from a registry. */
void clair_layer_begins(const struct clair *clair, size_t layer, const char *digest);
/* Calls config->layer_done. */
void clair_report_layers(const struct clair *clair, const struct clair_image *image);
/* Removes the layers' headers from a message that quotes Clair. */
void clair_hide_secrets(const struct clair_image *image, struct tarsier_error *error);

/* ---- copy.c: Clair's own report, for config->report_file --------------------------------------------------------- */

struct clair_copy {
	FILE *file;
	const char *path;
};

/* Empties the file, also before a retry. Does nothing if the path is NULL. Fail with IO. */
int clair_copy_begin(struct clair_copy *copy, const char *path, struct tarsier_error *error);
int clair_copy_add(struct clair_copy *copy, span piece, struct tarsier_error *error);
int clair_copy_end(struct clair_copy *copy, struct tarsier_error *error);
void clair_copy_drop(struct clair_copy *copy);

/* ---- check_json.c: checks the shape of an answer ----------------------------------------------------------------- */

enum clair_kind {
	CLAIR_TEXT, CLAIR_NUMBER, CLAIR_BOOLEAN,
	CLAIR_LIST,    /* each element has the shape `inside` */
	CLAIR_MAP,     /* an object with arbitrary keys: each value has the shape `inside` */
	CLAIR_OBJECT,  /* `inside` lists its members and ends without a key; further members are allowed */
	CLAIR_ANYTHING,
};
enum { CLAIR_MAY_LACK = 1, CLAIR_MAY_BE_NULL = 2, CLAIR_OPTIONAL = CLAIR_MAY_LACK | CLAIR_MAY_BE_NULL };

struct clair_shape {
	const char *key;
	enum clair_kind kind;
	unsigned lack; /* 0: always present */
	const struct clair_shape *inside;
};

/* Afterwards each value has the expected type. Fails with BACKEND: "`answer` is not whole: `where`.links is not a
 * string". */
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

/* `system` is true for the distribution's own packages. The caller sets name, version, architecture, source, path,
 * layer and type; the rest is derived. Fails with BACKEND if a name or version is missing, and with LIMIT. */
int clair_add_package(struct clair_records *records, const struct distro *distro, bool system,
                      const struct tarsier_package *package, struct tarsier_error *error);
/* The package is given by its index. The rest of the finding is copied as it is. */
int clair_add_finding(struct clair_records *records, size_t package, const struct tarsier_finding *finding,
                      struct tarsier_error *error);
/* Sorts, merges duplicates and fills the result. */
int clair_finish(struct clair_records *records, struct clair_result *result, struct tarsier_error *error);

/* An empty finding. */
struct tarsier_finding clair_blank_finding(const char *backend);
/* Clair's names are more than an id: "CVE-2022-3219 on Ubuntu 22.04 LTS (jammy) - low", "ELSA-2024-1: bash
 * (IMPORTANT)". Sets id, aliases and, from the text after the id, the summary. `links` are separated by spaces and may
 * name CVEs. Returns false if memory ran out. */
bool clair_set_names(struct arena *arena, struct tarsier_finding *finding, const char *name, const char *const *others,
                     const char *links);
/* Keeps the better vector: of the higher CVSS version, then of the higher score. `score` replaces the score of a vector
 * that is invalid. */
bool clair_take_cvss(struct arena *arena, struct tarsier_finding *finding, const char *vector, double score);
/* Uses the word if there is one, else CVSS. Fails with BACKEND if the word is not one of Clair's. */
int clair_set_severity(struct tarsier_finding *finding, const char *word, struct tarsier_error *error);
/* Sets the ecosystem: OSV's name if it has one, else Clair's name for the release. Returns false if memory ran out. */
bool clair_settle_distro(struct arena *arena, struct distro *distro);
/* Returns "deb" for "debian", …, and "" for an unknown distribution. */
const char *clair_type_of_distro(const char *id);

/* ---- the two APIs ------------------------------------------------------------------------------------------------ */

int clair_v1_scan(struct clair *clair, struct clair_image *image, struct clair_result *result,
                  struct tarsier_error *error);
int clair_v4_scan(struct clair *clair, struct clair_image *image, struct clair_result *result,
                  struct tarsier_error *error);
/* Sets whether the matcher's database holds anything. */
int clair_v4_ready(const struct clair *clair, bool *ready, struct tarsier_error *error);

#endif
