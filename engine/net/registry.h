/* one repository in a registry, read over the distribution API */
#ifndef TARSIER_NET_REGISTRY_H
#define TARSIER_NET_REGISTRY_H

#include "net/registry_name.h"
#include "stream/stream.h"

#include <stdatomic.h>

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

#endif
