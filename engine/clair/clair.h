/* Clair, of either generation, in place of our own readers and matcher */
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
 * Whatever is not exactly the answer that was asked for is an error, never an image without findings.
 */
struct clair_config {
	const char *indexer;          /* Clair's address, http or https */
	const char *matcher;          /* where the matcher is another process; NULL: the same address */
	const char *api;              /* "v1", "v4"; NULL: found out */
	const char *key, *issuer;     /* v4's pre-shared key in base64, and who we are; key NULL: none */
	const char *ca_file;          /* certificate authorities, PEM; NULL: the system's */
	/* This machine as Clair reaches it, and the port there: the layers go through our layer server. NULL and 0: layers
	 * that are in a registry have its addresses, and others come from "localhost" and any port that is free. */
	const char *layer_host;
	unsigned layer_port;
	bool keep;                    /* leave v1's layers in its database: the next scan need not send them */
	unsigned seconds;             /* that one request may take; 0: 600 */
	const char *report_file;      /* gets Clair's own report, byte for byte; or NULL */
	const atomic_bool *cancelled; /* or NULL */
	atomic_uint_fast64_t *bytes;  /* counts what Clair fetched from us; or NULL */
	void (*warn)(void *user, const char *message);
	/* The layer server listens on this port; Clair begins with a layer. Called in any thread; or NULL. */
	void (*serving)(void *user, unsigned port);
	void (*layer_begun)(void *user, size_t layer, const char *digest);
	/* `sent`: Clair has fetched it from us; false: it knew it. What it had from a registry nobody tells: that counts as
	 * sent, since Clair was told where it is. */
	void (*layer_done)(void *user, size_t layer, bool sent);
	void *user;
};

/* USAGE where it makes no sense: addresses, API, key, host and port. */
int clair_check(const struct clair_config *config, struct tarsier_error *error);

/* Neither generation tells its version. */
struct clair_status {
	const char *generation; /* "v1" or "v4"; static */
	bool ready;             /* its vulnerability database holds something */
	char detail[256];
};
/* BACKEND where no Clair answers, or it refuses us. One that has no vulnerabilities yet is an answer. */
int clair_status(const struct clair_config *config, struct clair_status *status, struct tarsier_error *error);

struct clair_result {
	struct distro distro;
	struct tarsier_package *packages;   /* sorted by type, name, version */
	size_t package_count;
	struct tarsier_finding *findings;   /* one a (package, vulnerability); not sorted; without KEV and EPSS */
	size_t finding_count;
	const char *uncovered;              /* a system that Clair found and has no vulnerabilities of; NULL: none */
	const char *backend;                /* "clair-v1", "clair-v4"; static */
};

/* Everything lies in the arena. UNSUPPORTED for an image whose layers cannot be opened (a pipe, a folder). */
int clair_scan(const struct clair_config *config, struct arena *arena, const struct image *image,
               struct clair_result *result, struct tarsier_error *error);

#endif
