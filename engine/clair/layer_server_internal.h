/* internal to clair/layer_server*.c */
#ifndef TARSIER_CLAIR_LAYER_SERVER_INTERNAL_H
#define TARSIER_CLAIR_LAYER_SERVER_INTERNAL_H

#include "base/dl.h"
#include "clair/layer_server.h"

#include <microhttpd.h>
#include <pthread.h>
#include <sys/socket.h>

enum { TOKEN_BYTES = 16, TOKEN_LENGTH = 2 * TOKEN_BYTES };

#define MICROHTTPD_FUNCTIONS(X) \
	X(start_daemon, MHD_start_daemon) \
	X(stop_daemon, MHD_stop_daemon) \
	X(add_connection, MHD_add_connection) \
	X(response_from_callback, MHD_create_response_from_callback) \
	X(response_from_buffer, MHD_create_response_from_buffer) \
	X(add_header, MHD_add_response_header) \
	X(queue_response, MHD_queue_response) \
	X(destroy_response, MHD_destroy_response) \
	X(lookup_value, MHD_lookup_connection_value)

/* libmicrohttpd is loaded when first needed, because it also loads GnuTLS. */
struct microhttpd { MICROHTTPD_FUNCTIONS(DL_FIELD) };

struct served_layer {
	struct digest digest;
	uint64_t size;
	const struct codec *codec;
	const char *url;
	size_t first;      /* the lowest layer with the same digest */
	atomic_bool sent;
};

struct layer_server {
	const struct image *image;
	struct layer_server_options options;
	struct served_layer *layers;
	char token[TOKEN_LENGTH + 1];
	const char *origin; /* "http://host:port" */
	unsigned port;
	const struct microhttpd *library;
	struct MHD_Daemon *daemon;
	struct door *door;
	pthread_mutex_t lock;
	struct tarsier_error failure; /* under the lock; code 0: none */
};

/* ---- layer_server_measure.c: digests and sizes ------------------------------------------------------------------- */

int layer_server_measure(struct layer_server *server, struct tarsier_error *error);

/* ---- layer_server_socket.c: listening ---------------------------------------------------------------------------- */

/* One socket for each address family. Sets *count to the number of open ones. */
int layer_server_listen(const char *host, unsigned port, int sockets[2], unsigned *count, unsigned *bound,
                        struct tarsier_error *error);

/* ---- layer_server_answer.c: answers ------------------------------------------------------------------------------ */

/* libmicrohttpd's handler of a request; `user` is the server. */
enum MHD_Result layer_server_answer(void *user, struct MHD_Connection *connection, const char *path, const char *method,
                                    const char *version, const char *body, size_t *body_size, void **state);

void layer_server_fail(struct layer_server *server, const struct tarsier_error *error);

/* ---- layer_server_door.c: admission ------------------------------------------------------------------------------ */

struct door_options {
	const char *token;
	int64_t silence;     /* milliseconds within which a connection must send the token */
	/* Takes over a connection that has sent the token. door_leave follows when the connection ends. */
	void (*admit)(void *user, int fd, const struct sockaddr *address, socklen_t length);
	void *user;
	const struct tarsier_allocator *allocator;
};

/* Takes over the listening sockets, even if it fails. Fails with MEMORY or IO. */
int door_open(const struct door_options *options, const int *sockets, unsigned count, struct door **door,
              struct tarsier_error *error);
/* Reports that an admitted connection has ended. Callable from any thread. */
void door_leave(struct door *door);
/* Ends the thread: no further connection is admitted. NULL is allowed. */
void door_stop(struct door *door);
/* Closes waiting connections, after door_stop and the last door_leave. NULL is allowed. */
void door_free(struct door *door);

#endif
