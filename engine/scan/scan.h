/* one running scan */
#ifndef TARSIER_SCAN_SCAN_H
#define TARSIER_SCAN_SCAN_H

#include "clair/clair.h"
#include "database/database.h"
#include "image/image.h"
#include "layer/cache.h"
#include "scan/events.h"
#include "scan/report.h"

struct tarsier_engine {
	struct arena arena; /* the config's strings, the patterns, the cache */
	struct tarsier_config config;
	struct path_match *patterns;
	const struct reader *const *readers; /* the engine's own, then the host's; NULL-terminated */
	size_t own_readers;
	const char *fingerprint;
	struct cache *cache;       /* or NULL */
	struct database *database; /* or NULL */
	struct database *own;      /* of the host's own advisories; or NULL */
	char *own_folder, *own_path; /* where it lies; or NULL */
	atomic_uint cancellations; /* how often tarsier_cancel was called */
};

/* engine.c: copies a NULL-terminated list with its strings. Returns NULL if memory ran out. */
const char *const *strings_copy(struct arena *arena, const char *const *list);

struct scan {
	const struct tarsier_engine *engine;
	const char *reference;
	const struct tarsier_source *host; /* gives the image's bytes; or NULL: `reference` names it */
	struct tarsier_report *report; /* its arena holds what lives as long as the scan */
	struct tarsier_error *error;
	struct events events;
	atomic_bool cancelled;
	struct image image;
	struct layer_options layer_options;
	size_t layer_count;            /* a root file system counts as one */
	bool *cached;
	int code;
};

/* Runs all steps in the calling thread, which is not the host's. Returns OK or a negative code. */
int scan_run(struct scan *scan);

/* Fills `indexes` (which the report frees) with each layer's index: from the cache, or read in parallel. `patterns` and
 * `cache` are the engine's, or those of a second look. */
int scan_layers(struct scan *scan, const struct path_match *patterns, const struct cache *cache,
                const struct reader *const *readers, struct layer_index **indexes);

/* Room for such indexes, which the report frees. NULL: out of memory. */
struct layer_index **scan_new_indexes(struct scan *scan);
/* logs.c: what an rpm database that was not closed has in its write-ahead log becomes part of what the overlay shows. */
struct overlay;
int scan_read_logs(struct scan *scan, struct overlay *overlay);
/* attestations.c: if they are wanted, bills of materials that are attached to the image become evidence in the overlay. */
int scan_read_attestations(struct scan *scan, struct overlay *overlay);

/* secrets.c: if they are wanted, the report gets those of the layers and of the config. */
int scan_find_secrets(struct scan *scan, struct layer_index *const *indexes);

/* The two ways from an image to a report: either tarsier reads the layers and matches the packages, or Clair does. */
int scan_embedded(struct scan *scan);
int scan_with_clair(struct scan *scan);
/* Matches the report's packages with the engine's database, and adds findings and problems to the report. */
int scan_match(struct scan *scan);
/* own_advisories.c: they are imported when the engine opens. A match adds their findings to the list. */
struct finding_list;
int own_advisories_open(struct tarsier_engine *engine, struct tarsier_error *error);
void own_advisories_close(struct tarsier_engine *engine);
int own_advisories_match(struct scan *scan, struct finding_list *findings);
/* Fails with UNSUPPORTED if Clair cannot scan this reference. */
int scan_clair_check(const struct scan *scan);
struct clair_config scan_clair_config(const struct tarsier_config *config);

#endif
