/* internal to registry*.c: the state of one repository, and the steps below registry.h
 *
 * Each file calls only the files before it: registry_words.c, registry_auth.c, registry.c, registry_blob.c. */
#ifndef TARSIER_NET_REGISTRY_INTERNAL_H
#define TARSIER_NET_REGISTRY_INTERNAL_H

#include "net/http.h"
#include "net/registry.h"
#include "net/registry_login.h"

#include <pthread.h>

enum { REGISTRY_SECONDS = 60 }; /* until an answer must be complete, and that a blob may stall */

struct registry {
	struct registry_config config; /* its name points to the next member */
	struct registry_name name;
	const char *origin;           /* "https://registry.example:5000" */
	struct registry_login login;
	struct http_pool *pool;
	pthread_mutex_t lock;         /* protects the following members */
	struct arena secrets;
	const char *authorization;    /* "Basic …", "Bearer …"; "": none yet */
	unsigned generation;          /* how often it was renewed */
	int64_t made;                 /* time of the last renewal, in monotonic seconds */
	const char *realm, *service;  /* of the token server, from the registry's challenge; realm "": there is none */
};

/* ---- registry_words.c -------------------------------------------------------------------------------------------- */

/* Returns the error text of an answer from the registry or its token server, on one line, or "" if there is none. Allocated
 * in the arena; never NULL. */
const char *registry_words(struct arena *arena, const struct http_response *response);

/* ---- registry_auth.c --------------------------------------------------------------------------------------------- */

/* Sets *authorization to a copy of the current Authorization header, "" for none, and *generation to its generation. A
 * token older than `age` seconds is renewed first. */
int registry_authorization(struct registry *registry, int64_t age, struct arena *arena, const char **authorization,
                           unsigned *generation, struct tarsier_error *error);
/* Renews the authorization by the challenge of a 401 that answered the one of `generation`. Fails with IO if that cannot
 * help. */
int registry_renew(struct registry *registry, unsigned generation, const struct http_response *refusal,
                   struct tarsier_error *error);

/* ---- registry.c -------------------------------------------------------------------------------------------------- */

/* The progress of a blob, which may take several answers. */
struct registry_progress {
	uint64_t received;            /* bytes of the blob; the next request asks for the rest */
	uint64_t offset;              /* in the blob, of this answer's next piece; UINT64_MAX before the first: see its status */
	bool stopped;                 /* the reader wants no more, so no request follows */
};

struct registry_call {
	const char *kind, *which;     /* "manifest" "1.2", "blob" "sha256:…": /v2/NAME/manifests/1.2 */
	const char *accept;           /* a header line; or NULL */
	size_t limit;                 /* of the body */
	bool (*sink)(void *user, span piece); /* for a blob of any size, as http_request has it; or NULL */
	void *user;
	struct registry_progress *progress; /* with a sink */
	const char *method;           /* NULL: "GET" */
	const char *url;              /* instead of /v2/NAME/KINDs/WHICH; the log-in goes to the registry itself only. Or NULL */
	const char *content_type;     /* a header line; or NULL */
	span body;                    /* sent if ptr is not NULL */
};

/* One request, with retries, and with credentials if the registry requires them. A status other than 2xx is a failure whose
 * message says what the registry answered. The caller frees the response, also on failure. */
int registry_get(struct registry *registry, const struct registry_call *call, struct http_response *response,
                 struct tarsier_error *error);

#endif
