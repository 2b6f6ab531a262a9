/* one file of a web server, fetched to a file here; internal to net/download*.c */
#ifndef TARSIER_NET_DOWNLOAD_H
#define TARSIER_NET_DOWNLOAD_H

#include "net/http.h"
#include "tarsier_share.h"

/* What the downloads of one call share. */
struct download_tally {
	atomic_uint_least64_t done, total; /* bytes that came, and that are known to come */
	atomic_bool cancelled;
};

/* Fetches one file and sets its results. */
void download_file(struct tarsier_download *download, const struct tarsier_download_options *options, struct http_pool *pool,
                   struct download_tally *tally);

/* Compares a whole file with the digest in the answer's headers, if there is one. Fails with DIGEST. */
int download_verify(int fd, const char *url, const struct http_response *response, struct tarsier_error *error);

#endif
