/* the layers of one image over HTTP, for a Clair that fetches them */
#ifndef TARSIER_CLAIR_LAYER_SERVER_H
#define TARSIER_CLAIR_LAYER_SERVER_H

#include "image/image.h"
#include "stream/inflate.h"

#include <stdatomic.h>

/*
 * GET and HEAD of /TOKEN/DIGEST, where the token is 128 random bits: nothing else is there, and nothing is listed. A
 * layer goes out as it is stored, without a copy on disk and in constant memory: 200 with its length, or 206 of one
 * range. What goes out whole is hashed on its way: a layer that is not what its digest promises breaks off, and the scan
 * hears of it.
 *
 * libmicrohttpd is loaded when first needed: it brings GnuTLS along.
 */
struct layer_server;

struct layer_server_options {
	const char *host;            /* as it stands in URLs; NULL: "localhost". Loopback is bound to loopback only */
	unsigned port;               /* 0: any that is free */
	const struct tarsier_allocator *allocator;
	const atomic_bool *cancelled; /* ends answers that are under way; or NULL */
	atomic_uint_fast64_t *bytes; /* counts what went out; or NULL */
	/* A fetch of a whole layer begins. Called in the server's threads; or NULL. */
	void (*fetch)(void *user, size_t layer);
	void *user;
};

/* USAGE where `host` is none: it has a scheme, a port or a path. */
int layer_server_check_host(const char *host, struct tarsier_error *error);
/* Is it by its very name an address of this machine that no other can use? */
bool layer_server_is_loopback(const char *host);

/* The image must have layers that can be opened, and outlive the server. A layer whose digest or size nobody
 * promised is read once to learn them. BACKEND where the port is taken. */
int layer_server_start(struct arena *arena, const struct image *image, const struct layer_server_options *options,
                       struct layer_server **server, struct tarsier_error *error);
void layer_server_stop(struct layer_server *server); /* breaks off what is under way; NULL is fine */

/* Asks for the first layer's head where Clair will be told to. Fails with BACKEND if this machine cannot reach that address:
 * Clair still may. */
int layer_server_reach(struct layer_server *server, struct tarsier_error *error);

unsigned layer_server_port(const struct layer_server *server);
const char *layer_server_url(const struct layer_server *server, size_t layer);           /* borrowed from the arena */
const struct digest *layer_server_digest(const struct layer_server *server, size_t layer); /* of the bytes as served */
const struct codec *layer_server_codec(const struct layer_server *server, size_t layer);
bool layer_server_sent(const struct layer_server *server, size_t layer); /* went out whole, at least once */
/* The first layer that could not be read or did not verify while it went out: its code and message; OK where all is
 * well. */
int layer_server_failure(struct layer_server *server, struct tarsier_error *error);

#endif
