/* one repository in a registry, read over the distribution API */
#ifndef TARSIER_NET_REGISTRY_H
#define TARSIER_NET_REGISTRY_H

#include "net/http.h"
#include "net/registry_login.h"
#include "net/registry_name.h"
#include "stream/stream.h"

#include <pthread.h>

/*
 * OCI distribution-spec, "Pull":
 *
 *	GET /v2/NAME/manifests/TAG|DIGEST
 *	GET /v2/NAME/blobs/DIGEST            may lead elsewhere, where no log-in goes along
 *
 * What wants a log-in answers 401 and says which: Basic, or Bearer with the address of a server that gives tokens
 * (distribution's "Token Authentication"). Both are found out once and kept; a token that has expired is fetched anew.
 * Messages name the registry and the repository, and never what is secret.
 */
struct registry;

struct registry_config {
	const struct registry_name *name;
	const char *user, *password;  /* NULL: as the log-ins of docker and podman say */
	const char *ca_file;          /* certificate authorities, PEM; NULL: the system's */
	bool plain_http;              /* no TLS; loopback tries https first, then http, without being told */
	const atomic_bool *cancelled; /* or NULL */
};

/* The registry lies in the arena, which outlives it as the config's strings do. Looks for the log-in; only a loopback host is
 * asked anything yet. */
int registry_open(struct arena *arena, const struct registry_config *config, struct registry **registry,
                  struct tarsier_error *error);
void registry_close(struct registry *registry); /* NULL is fine; no stream may be open */

/* A manifest or an index by tag, at most `limit` bytes. *digest is of what came; where the registry promised another one,
 * DIGEST. NOT_FOUND, LIMIT. */
int registry_tagged(struct registry *registry, const char *tag, size_t limit, struct buffer *into, struct digest *digest,
                    struct tarsier_error *error);

/* The rest may be called from several threads at once. */

/* A manifest or an index, or a small blob, by digest: not verified. NOT_FOUND, LIMIT. */
int registry_manifest(struct registry *registry, const struct digest *digest, size_t limit, struct buffer *into,
                      struct tarsier_error *error);
int registry_blob(struct registry *registry, const struct digest *digest, size_t limit, struct buffer *into,
                  struct tarsier_error *error);
/* A blob of any size, not verified, but never longer than `size`. Nothing is asked for before the first read; connections
 * that break are taken up where they broke. The stream lies in the arena. */
int registry_stream(struct registry *registry, struct arena *arena, const struct digest *digest, uint64_t size,
                    struct stream **stream, struct tarsier_error *error);
/* Where anybody who has *authorization ("Basic …" or "Bearer …", good for a minute; "" where none is needed) gets a blob. */
int registry_address(struct registry *registry, struct arena *arena, const struct digest *digest, const char **url,
                     const char **authorization, struct tarsier_error *error);

/* ---- for registry*.c only ---------------------------------------------------------------------------------------- */

enum { REGISTRY_SECONDS = 60 }; /* that an answer may take, or a blob may stand still */

struct registry {
	struct registry_config config; /* its name is the next */
	struct registry_name name;
	const char *origin;           /* "https://registry.example:5000" */
	struct registry_login login;
	struct http_pool *pool;
	pthread_mutex_t lock;         /* of what follows */
	struct arena secrets;
	const char *authorization;    /* "Basic …", "Bearer …"; "": none yet */
	unsigned generation;          /* how often it was made */
	int64_t made;                 /* when: monotonic seconds */
	const char *realm, *service;  /* where tokens are given, as the registry said; realm "": nowhere */
};

/* How far a blob has come, over as many answers as it takes. */
struct registry_progress {
	uint64_t received;            /* of the blob; the next answer is asked for the rest */
	uint64_t offset;              /* in the blob, of this answer's next piece; UINT64_MAX before the first: see its status */
	bool stopped;                 /* no more is wanted, so no answer will follow */
};

struct registry_call {
	const char *kind, *which;     /* "manifest" "1.2", "blob" "sha256:…": /v2/NAME/manifests/1.2 */
	const char *accept;           /* a header line; or NULL */
	size_t limit;                 /* of the body */
	bool (*sink)(void *user, span piece); /* for a blob of any size, as http_request has it; or NULL */
	void *user;
	struct registry_progress *progress; /* with a sink */
};

/* registry.c: one GET, with retries, and the log-in where it is asked for. An answer that is no 2xx is an error in words.
 * The response is the caller's to free, on failure too. */
int registry_get(struct registry *registry, const struct registry_call *call, struct http_response *response,
                 struct tarsier_error *error);
/* What the answer says went wrong, on one line: "" where it says nothing. In the arena; never NULL. */
const char *registry_words(struct arena *arena, const struct http_response *response);

/* registry_auth.c: a copy of what goes into Authorization now, "" for nothing, and its generation. One that is older than
 * `age` seconds and was given by a server is made anew. */
int registry_authorization(struct registry *registry, int64_t age, struct arena *arena, const char **authorization,
                           unsigned *generation, struct tarsier_error *error);
/* Makes another after a 401 that the one of `generation` got, from the challenge in it. IO where that cannot help. */
int registry_renew(struct registry *registry, unsigned generation, const struct http_response *refusal,
                   struct tarsier_error *error);

#endif
