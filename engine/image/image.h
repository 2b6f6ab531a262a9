/* an image as its manifest and config describe it; the files in sources/ read it from one kind of place each */
#ifndef TARSIER_IMAGE_IMAGE_H
#define TARSIER_IMAGE_IMAGE_H

#include "image/reference.h"
#include "layer/layer.h"

#include <jansson.h>

struct image;

struct image_layer {
	struct digest blob, diff_id; /* from manifest and config; blob is empty if the source has only diff IDs */
	uint64_t size;               /* from the manifest, or from the archive's header; UINT64_MAX if unknown */
	const char *media_type, *created_by; /* never NULL */
	void *location;                /* of the blob, in the source's own form */
	struct layer_index *index;   /* if the source reads a stream (a pipe): made and verified already. Owned by the image;
	                              * equal layers share one */
};

struct layer_address {
	const char *url;
	const struct tarsier_label *headers; /* to send with the request: Authorization */
	size_t header_count;
};

struct image {
	struct arena *arena;         /* the scan's; holds all strings here */
	struct tarsier_image about;  /* name, digest, id, os, …: all strings non-NULL; the engine fills in its layers */
	struct image_layer *layers;  /* bottom to top */
	size_t layer_count;
	/* Statements with bills of materials, attached to the image: they follow the layers in `layers`, and are opened likewise.
	 * Their digests and sizes are not checked: the caller does that. */
	size_t statement_count;
	int (*open_statement)(const struct image *image, size_t index, struct arena *arena, struct stream **stream,
	                      struct tarsier_error *error);
	/* Opens a layer's blob as stored. May be called from several threads at once, each with its own arena. NULL if every
	 * layer has its index already. */
	int (*open_layer)(const struct image *image, size_t layer, struct arena *arena, struct stream **stream,
	                  struct tarsier_error *error);
	/* The address at which another program can fetch a layer's blob, valid for at least a minute. NULL if the blobs are
	 * on this machine. */
	int (*locate_layer)(const struct image *image, size_t layer, struct arena *arena, struct layer_address *address,
	                    struct tarsier_error *error);
	/* For a root file system, which has no layers: fills one builder. Otherwise NULL. */
	int (*walk)(const struct image *image, struct layer_builder *builder, struct tarsier_error *error);
	void (*close)(struct image *image);
	void *source;                /* the source's own state */
};

struct source_options {
	const char *platform;        /* the requested "os/arch[/variant]"; "" or platform_of_this_machine(): not requested */
	const struct layer_options *layers; /* for sources that index a stream; all sources use its `cancelled` */
	/* For registries; each may be NULL. */
	const char *user, *password, *ca_file;
	bool plain_http;
	bool attestations;           /* bills of materials that are attached to the image are wanted */
	bool wants_blobs;            /* layers will be fetched one by one as stored, as Clair does */
};

struct source {
	const char *name;            /* the reference's scheme: "oci" */
	const char *summary;         /* for --help */
	enum source_names {
		SOURCE_PATH,             /* a path follows the scheme */
		SOURCE_REGISTRY,         /* "//" and an image's name in a registry */
		SOURCE_ENGINE,           /* an image's name in a container engine */
	} names;
	/* Whether a path without a scheme belongs to this source, by the path and up to 1,024 first bytes of the file (empty
	 * for a directory). */
	bool (*accepts)(const char *path, bool directory, span head);
	int (*open)(const struct reference *reference, const struct source_options *options, struct image *image,
	            struct tarsier_error *error);
};

/* All sources, NULL-terminated. The build makes the table from sources/; image.c defines it. */
extern const struct source *const sources_all[];

/* Finds the source and opens the image. image_close frees everything except the arena. */
int image_open(struct arena *arena, const char *reference, const struct source_options *options,
               struct image *image, struct tarsier_error *error);
void image_close(struct image *image);
/* Opens an image whose bytes the host provides. */
int image_open_host(struct arena *arena, const struct tarsier_source *host, const struct source_options *options,
                    struct image *image, struct tarsier_error *error);

/* ---- shared by sources ------------------------------------------------------------------------------------------ */

enum {
	IMAGE_DOCUMENT_LIMIT = 8 << 20, /* a manifest, an index or a config: registries refuse manifests above 4 MiB */
	IMAGE_LAYER_LIMIT = 1000,       /* engines allow 127, the limit of overlayfs */
	IMAGE_HISTORY_LIMIT = 10000,    /* ten instructions a layer */
	IMAGE_INDEX_DEPTH = 4,          /* indexes within indexes; build tools write two */
};

/* Sets all strings that are never NULL to "". */
void image_make_blank(struct image *image, struct arena *arena);
/* Fails with NOT_FOUND if a platform was requested and the image is for another. */
int image_check_platform(const struct image *image, const char *platform, struct tarsier_error *error);

/* Returns a small blob by its digest, verified. */
typedef int blob_fetch(void *user, const struct digest *digest, uint64_t size, struct buffer *into,
                       struct tarsier_error *error);
/* Fills image->about and the layers' diff IDs and created_by from an OCI or Docker config document; the number of diff
 * IDs must be the number of layers. */
int image_read_config(struct image *image, span config, struct tarsier_error *error);
/* Fills image->about.annotations from an object of texts, or NULL. */
int image_read_annotations(struct image *image, const json_t *annotations, struct tarsier_error *error);
/* Fills image->about's base_layers, base_name and base_digest from its annotations, labels and history. */
int image_find_base(struct image *image, struct tarsier_error *error);
/* Fills image->layers from an OCI or Docker schema 2 manifest, and *config with the config's descriptor. */
int image_read_manifest(struct image *image, span manifest, struct digest *config, uint64_t *config_size,
                        struct tarsier_error *error);
/* Does both from a verified manifest; `fetch` gets the config. Also sets the image's digest, which is the manifest's, and
 * its id, which is the config's. */
int image_read_documents(struct image *image, const struct digest *digest, span manifest, blob_fetch *fetch, void *user,
                         struct tarsier_error *error);
/* Allocates `count` layers with unknown digests and sizes. Fails with LIMIT. */
int image_make_layers(struct image *image, size_t count, struct tarsier_error *error);

enum media_kind { MEDIA_NONE, MEDIA_MANIFEST, MEDIA_INDEX, MEDIA_CONFIG, MEDIA_LAYER, MEDIA_FOREIGN_LAYER,
                 MEDIA_OTHER };
enum media_kind image_media_kind(const char *media_type);
/* Returns the artifact type of a manifest, or NULL if it is an image's. Borrowed from the manifest. */
const char *image_artifact_type(const json_t *manifest);
/* Reads a descriptor's digest and size; the error message begins with `what`. */
int image_read_descriptor(const json_t *object, struct digest *digest, uint64_t *size, const char *what,
                          struct tarsier_error *error);

/* Chooses one image of an index, which may contain indexes, by name, digest and platform. The message of NOT_FOUND lists
 * the images. Signatures, attestations and other artifacts are ignored: by their entry in the index, or, if there are
 * several candidates, by their manifests. */
struct attestation;
struct descriptor {
	struct digest digest;
	uint64_t size;
	const char *media_type, *name;
	const struct attestation *attestations; /* of all images of the index; or NULL */
};
int image_choose(struct arena *arena, span index, const struct reference *reference, const char *platform,
                 blob_fetch *fetch, void *user, struct descriptor *chosen, struct tarsier_error *error);

/* A verified manifest or index in memory. */
struct image_document {
	struct buffer *text;               /* overwritten if it is an index */
	struct digest digest;
	const struct reference *reference; /* for messages */
	blob_fetch *fetch_manifest, *fetch_config;
	void *user;                        /* for both functions */
};
/* Reads the image; from an index, the one for the platform. */
int image_open_document(struct image *image, const struct image_document *document, const struct source_options *options,
                        struct tarsier_error *error);

const char *platform_of_this_machine(void); /* "linux/amd64"; static */
/* Returns whether no platform was requested. Then this machine's is preferred, and any other accepted. */
bool platform_is_default(const char *wanted);
int platform_check(const char *wanted, struct tarsier_error *error); /* USAGE unless it is "os/arch[/variant]" or "" */
/* Whether an image's os, architecture and variant match "os/arch[/variant]". */
bool platform_matches(const char *wanted, const char *os, const char *architecture, const char *variant);
/* How well they match: UNKNOWN if the image names neither os nor architecture, NEAR if only the variant differs and none
 * was requested. */
enum platform_rank { PLATFORM_OTHER, PLATFORM_UNKNOWN, PLATFORM_NEAR, PLATFORM_SAME };
enum platform_rank platform_rank(const char *wanted, const char *os, const char *architecture, const char *variant);

#endif
