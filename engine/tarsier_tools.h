/*
 * tarsier_tools.h - what a host needs around its scans: vulnerability databases, Clair and container engines, HTTP, and the
 * order of versions. tarsier.h includes it, and defines the words OWNED, BORROWED and COPIED.
 */
#ifndef TARSIER_TOOLS_H
#define TARSIER_TOOLS_H
#include "tarsier_report.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tarsier_config; /* tarsier.h */

/* ---- the library ------------------------------------------------------------------------------------------------ */

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
/* Of this import. Unreadable: records, or parts of them, that are not in the database. */
struct tarsier_import_result { uint64_t advisories, withdrawn, unreadable, kev, epss; };
TARSIER_API void tarsier_import_options_init_size(struct tarsier_import_options *options, size_t size);
TARSIER_API void tarsier_import_options_init(struct tarsier_import_options *options); /* as for tarsier_config */
#define tarsier_import_options_init(options) tarsier_import_options_init_size((options), sizeof *(options))

/* Builds `database` from `paths`, feeds or databases of tarsier's, beside the old file, and renames it into place. Fails, and
 * leaves the old file, if one of the paths has no usable record. `result` may be NULL. */
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
