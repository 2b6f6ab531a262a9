/* one repository in a registry, read and written over the distribution API */
#ifndef TARSIER_NET_REGISTRY_H
#define TARSIER_NET_REGISTRY_H

#include "net/registry_name.h"
#include "stream/stream.h"

#include <stdatomic.h>

/*
 * OCI distribution-spec, "Pull":
 *
 *	GET /v2/NAME/manifests/TAG|DIGEST
 *	GET /v2/NAME/blobs/DIGEST            may redirect to another host, which is sent no credentials
 *
 * A registry that requires credentials answers 401 and names the scheme: Basic, or Bearer with the address of a token
 * server (distribution's "Token Authentication"). The scheme is determined once and kept; an expired token is fetched
 * again. Messages name the registry and the repository, never a secret.
 */
struct registry;

struct registry_config {
	const struct registry_name *name;
	const char *user, *password;  /* NULL: as the log-ins of docker and podman say */
	const char *ca_file;          /* certificate authorities, PEM; NULL: the system's */
	bool plain_http;              /* no TLS. Without it, loopback addresses are tried with https, then with http */
	const atomic_bool *cancelled; /* or NULL */
	bool writes;                  /* something will be pushed: log-ins are asked for that */
};

/* The registry is allocated in the arena; the arena and the config's strings must outlive it. Looks up the credentials.
 * Sends no request yet, except to a loopback host. */
int registry_open(struct arena *arena, const struct registry_config *config, struct registry **registry,
                  struct tarsier_error *error);
void registry_close(struct registry *registry); /* NULL is fine; no stream may be open */

/* Gets a manifest or an index by tag, at most `limit` bytes. *digest is the digest of the received bytes. Fails with DIGEST
 * if the registry's header promised another one, with NOT_FOUND, and with LIMIT. */
int registry_tagged(struct registry *registry, const char *tag, size_t limit, struct buffer *into, struct digest *digest,
                    struct tarsier_error *error);

/* The following functions may be called from several threads at once. */

/* A manifest or an index, or a small blob, by digest: not verified. NOT_FOUND, LIMIT. */
int registry_manifest(struct registry *registry, const struct digest *digest, size_t limit, struct buffer *into,
                      struct tarsier_error *error);
int registry_blob(struct registry *registry, const struct digest *digest, size_t limit, struct buffer *into,
                  struct tarsier_error *error);
/* The index of the manifests whose subject has this digest: distribution-spec, "Listing Referrers", and where the registry has no
 * such API, the tag of its "Referrers Tag Schema". *more: the answer names a next page. NOT_FOUND, LIMIT. */
int registry_referrers(struct registry *registry, const struct digest *digest, size_t limit, struct buffer *into, bool *more,
                       struct tarsier_error *error);
/* A blob of any size, not verified, but never longer than `size`. The first read sends the request. After a broken
 * connection, the next request asks for the rest. The stream is allocated in the arena. */
int registry_stream(struct registry *registry, struct arena *arena, const struct digest *digest, uint64_t size,
                    struct stream **stream, struct tarsier_error *error);
/* The URL of a blob, and the Authorization header that its request needs: "Basic …" or "Bearer …", valid for at least a
 * minute, or "" for none. */
int registry_address(struct registry *registry, struct arena *arena, const struct digest *digest, const char **url,
                     const char **authorization, struct tarsier_error *error);

/* OCI distribution-spec, "Push": HEAD and POST /v2/NAME/blobs/…, PUT where that leads; PUT /v2/NAME/manifests/TAG|DIGEST. */

/* Uploads a blob unless the registry has it. The config must have said that something will be written. */
int registry_push_blob(struct registry *registry, const struct digest *digest, span bytes, struct tarsier_error *error);
/* Uploads a manifest under a tag or a digest. */
int registry_push_manifest(struct registry *registry, const char *which, const char *media_type, span bytes,
                           struct tarsier_error *error);

#endif
