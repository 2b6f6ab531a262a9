/* the layers of one image over HTTP, for a Clair that fetches them */
#ifndef TARSIER_CLAIR_LAYER_SERVER_H
#define TARSIER_CLAIR_LAYER_SERVER_H

#include "image/image.h"
#include "stream/inflate.h"

#include <stdatomic.h>

/*
 * Answers GET and HEAD of /TOKEN/DIGEST, where the token is 128 random bits. Every other path is 404. A layer is sent
 * as it is stored, without a copy on disk and in constant memory: 200 with its length, or 206 with one range. A layer
 * that is sent whole is hashed meanwhile. If the digest differs, the transfer is aborted and the scan fails.
 */
struct layer_server;

struct layer_server_options {
	const char *host;            /* as written in URLs; NULL: "localhost". A loopback host is bound to loopback only */
	unsigned port;               /* 0: any free port */
	const struct tarsier_allocator *allocator;
	const atomic_bool *cancelled; /* aborts answers in progress; or NULL */
	atomic_uint_fast64_t *bytes; /* counts the bytes sent; or NULL */
	/* Called in the server's threads when the fetch of a whole layer begins. May be NULL. */
	void (*fetch)(void *user, size_t layer);
	void *user;
};

/* Fails with USAGE if `host` is more than a host: it has a scheme, a port or a path. */
int layer_server_check_host(const char *host, struct tarsier_error *error);

/* The image's layers must allow opening, and the image must outlive the server. A layer of unknown digest or size is
 * read once to compute them. Fails with BACKEND if the port is taken. */
int layer_server_start(struct arena *arena, const struct image *image, const struct layer_server_options *options,
                       struct layer_server **server, struct tarsier_error *error);
void layer_server_stop(struct layer_server *server); /* aborts transfers; NULL is allowed */

/* Requests the head of the first layer at the address that Clair is given. Fails with BACKEND if this machine cannot
 * reach it; Clair still may. */
int layer_server_reach(struct layer_server *server, struct tarsier_error *error);

unsigned layer_server_port(const struct layer_server *server);
const char *layer_server_url(const struct layer_server *server, size_t layer);           /* borrowed from the arena */
const struct digest *layer_server_digest(const struct layer_server *server, size_t layer); /* of the bytes as served */
const struct codec *layer_server_codec(const struct layer_server *server, size_t layer);
bool layer_server_sent(const struct layer_server *server, size_t layer); /* whole, at least once */
/* Returns OK, or the code and message of the first layer that could not be read or verified while it was sent. */
int layer_server_failure(struct layer_server *server, struct tarsier_error *error);

#endif
