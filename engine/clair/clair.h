/* scans with Clair, of either generation, instead of our own readers and matcher */
#ifndef TARSIER_CLAIR_CLAIR_H
#define TARSIER_CLAIR_CLAIR_H

#include "image/image.h"
#include "inventory/distro.h"

/*
 * Clair reads the layers and matches; we tell it where they are, wait, and turn its answer into our records.
 *
 *	v1   Clair v2: a layer at a time, from the bottom up, then the topmost layer's features and vulnerabilities
 *	v4   Clair v4: an index report of all layers, then a vulnerability report
 *
 * An answer that is not exactly the expected one is an error, never an image without findings.
 */
struct clair_config {
	const char *indexer;          /* Clair's address, http or https */
	const char *matcher;          /* the matcher's address; NULL: the same as the indexer's */
	const char *api;              /* "v1" or "v4"; NULL: detected */
	const char *key, *issuer;     /* v4's pre-shared key in base64 (NULL: none) and the issuer of our tokens */
	const char *ca_file;          /* certificate authorities, PEM; NULL: the system's */
	/* This machine as Clair reaches it, and the port: the layers go through our layer server. With NULL and 0, layers
	 * in a registry are fetched from there, and others come from "localhost" and any free port. */
	const char *layer_host;
	unsigned layer_port;
	bool keep;                    /* leave v1's layers in its database: the next scan does not send them again */
	unsigned seconds;             /* limit of one request; 0: 600 */
	const char *report_file;      /* receives Clair's own report, byte for byte; or NULL */
	const atomic_bool *cancelled; /* or NULL */
	atomic_uint_fast64_t *bytes;  /* counts what Clair fetched from us; or NULL */
	void (*warn)(void *user, const char *message);
	/* The layer server listens on this port; Clair begins with a layer. Called in any thread. May be NULL. */
	void (*serving)(void *user, unsigned port);
	void (*layer_begun)(void *user, size_t layer, const char *digest);
	/* `sent` is true if Clair fetched the layer from us, false if it already knew the layer. Clair does not tell which
	 * layers it fetched from a registry: those count as sent. */
	void (*layer_done)(void *user, size_t layer, bool sent);
	void *user;
};

/* Fails with USAGE if an address, the API, the key, the host or the port is invalid. */
int clair_check(const struct clair_config *config, struct tarsier_error *error);

/* Neither generation reports its version. */
struct clair_status {
	const char *generation; /* "v1" or "v4"; static */
	bool ready;             /* true if its vulnerability database is not empty */
	char detail[256];
};
/* Fails with BACKEND if Clair does not answer or refuses us. A Clair without vulnerabilities is not an error. */
int clair_status(const struct clair_config *config, struct clair_status *status, struct tarsier_error *error);

struct clair_result {
	struct distro distro;
	struct tarsier_package *packages;   /* sorted by type, name, version */
	size_t package_count;
	struct tarsier_finding *findings;   /* one for each package and vulnerability; not sorted; without KEV and EPSS */
	size_t finding_count;
	const char *uncovered;              /* a system that Clair detected but has no vulnerabilities for; or NULL */
	const char *backend;                /* "clair-v1", "clair-v4"; static */
};

/* Everything is owned by the arena. Fails with UNSUPPORTED if the image's layers cannot be opened (a pipe, a
 * folder). */
int clair_scan(const struct clair_config *config, struct arena *arena, const struct image *image,
               struct clair_result *result, struct tarsier_error *error);

#endif
