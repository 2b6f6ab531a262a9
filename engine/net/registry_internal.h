/* shared by registry*.c: what is kept of one repository, and the steps below registry.h
 *
 * Each file calls only those before it: registry_words.c, registry_auth.c, registry.c, registry_blob.c. */
#ifndef TARSIER_NET_REGISTRY_INTERNAL_H
#define TARSIER_NET_REGISTRY_INTERNAL_H

#include "net/http.h"
#include "net/registry.h"
#include "net/registry_login.h"

#include <pthread.h>

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

/* ---- registry_words.c -------------------------------------------------------------------------------------------- */

/* Returns what an answer, of the registry or of its token server, says went wrong, on one line; "" if it says nothing. In
 * the arena; never NULL. */
const char *registry_words(struct arena *arena, const struct http_response *response);

/* ---- registry_auth.c --------------------------------------------------------------------------------------------- */

/* Sets *authorization to a copy of what goes into Authorization now, "" for nothing, and *generation to its generation. One
 * that is older than `age` seconds and came from a token server is made anew first. */
int registry_authorization(struct registry *registry, int64_t age, struct arena *arena, const char **authorization,
                           unsigned *generation, struct tarsier_error *error);
/* Makes another one after a 401 to the one of `generation`, from the challenge in it. Fails with IO if that cannot help. */
int registry_renew(struct registry *registry, unsigned generation, const struct http_response *refusal,
                   struct tarsier_error *error);

/* ---- registry.c -------------------------------------------------------------------------------------------------- */

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

/* One GET, with retries, and with the log-in if the registry wants one. Fails in words with an answer outside of 2xx. The
 * caller frees the response, on failure too. */
int registry_get(struct registry *registry, const struct registry_call *call, struct http_response *response,
                 struct tarsier_error *error);

#endif
