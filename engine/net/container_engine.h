/* a container engine, Docker's or Podman's service, and the images that it has */
#ifndef TARSIER_NET_CONTAINER_ENGINE_H
#define TARSIER_NET_CONTAINER_ENGINE_H

#include "net/http.h"
#include "stream/stream.h"

/*	address = "unix://" path  |  path  |  ("tcp" | "http" | "https") "://" host [":" port]
 *
 * With $DOCKER_TLS_VERIFY, or at https://, the connection is TLS: $DOCKER_CERT_PATH (else ~/.docker) has ca.pem for the
 * engine's certificate, cert.pem and key.pem for ours; each may be missing. */
struct container_engine {
	const char *address;           /* for messages: "unix:///var/run/docker.sock" */
	const char *url, *socket;      /* "http://engine" or "https://host:2376"; the socket is NULL for the latter */
	const char *ca_file;
	span ca_pem;                   /* ca_file's and ca.pem's authorities, if there are both */
	const char *certificate, *key; /* or NULL */
	const char *version;           /* "" or "/v1.41", by $DOCKER_API_VERSION */
	const atomic_bool *cancelled;  /* or NULL */
	bool is_podman;
};

/* Finds the engine: at `address`, else $DOCKER_HOST, else $CONTAINER_HOST, else at a socket that is known and there. Does
 * not connect. `ca_file` has certificate authorities to trust besides ca.pem; NULL: the system's. Strings lie in the arena
 * or are the caller's. UNSUPPORTED if there is no engine; USAGE for a bad address, IO for files that cannot be read. */
int container_engine_find(struct arena *arena, const char *address, const char *ca_file, struct container_engine *engine,
                          struct tarsier_error *error);
/* Checks that a container engine answers. Fails with IO if nothing answers, or something else does. */
int container_engine_ping(struct container_engine *engine, struct tarsier_error *error);

struct engine_image {
	const char *id;                /* "sha256:…" */
	const char *name;              /* as requested; or the full name, if Podman matched one that only ends in it */
};
/* Looks for an image by name, as the engine's own command does. NOT_FOUND; FORMAT with the engine's words. */
int container_engine_image(const struct container_engine *engine, struct arena *arena, const char *name,
                           struct engine_image *image, struct tarsier_error *error);
/* The image as `docker save` writes it. By its id: a name without a tag would give all tags. The engine must live as long
 * as the stream, which lies in the arena. */
int container_engine_export(const struct container_engine *engine, struct arena *arena, const char *id,
                            struct stream **stream, struct tarsier_error *error);

#endif
