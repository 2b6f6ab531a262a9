/* an image as its manifest and config describe it, wherever it lies; one file a place in sources/ */
#ifndef TARSIER_IMAGE_IMAGE_H
#define TARSIER_IMAGE_IMAGE_H

#include "image/reference.h"
#include "layer/layer.h"

#include <jansson.h>

struct image;

struct image_layer {
	struct digest blob, diff_id; /* promised; blob is empty where the source has only diff IDs */
	uint64_t size;               /* promised, or else as the archive's header says; UINT64_MAX where nobody does */
	const char *media_type, *created_by; /* never NULL */
	void *location;                /* the source's own word for where the blob lies */
	struct layer_index *index;   /* where the source could only read it in passing (a pipe): read and verified. Owned by
	                              * the image; two layers that are the same share one */
};

struct layer_address {
	const char *url;
	const struct tarsier_label *headers; /* that go with it: Authorization */
	size_t header_count;
};

struct image {
	struct arena *arena;         /* the scan's; holds all strings here */
	struct tarsier_image about;  /* name, digest, id, os, …: all strings non-NULL; its layers are left to the engine */
	struct image_layer *layers;  /* bottom to top */
	size_t layer_count;
	/* Opens a layer's blob as stored. May be called from several threads at once, each with its own arena. NULL where
	 * every layer has its index already. */
	int (*open_layer)(const struct image *image, size_t layer, struct arena *arena, struct stream **stream,
	                  struct tarsier_error *error);
	/* Where somebody else can fetch a layer's blob, for a minute or more. NULL where the blobs lie on this machine. */
	int (*locate_layer)(const struct image *image, size_t layer, struct arena *arena, struct layer_address *address,
	                    struct tarsier_error *error);
	/* Instead of layers, for a root file system: fills one builder. NULL elsewhere. */
	int (*walk)(const struct image *image, struct layer_builder *builder, struct tarsier_error *error);
	void (*close)(struct image *image);
	void *source;                /* the source's own state */
};

struct source_options {
	const char *platform;        /* "os/arch[/variant]" as asked for; "" or platform_of_this_machine(): no wish */
	const struct layer_options *layers; /* for sources that must index in passing; its `cancelled` is every source's */
	/* For registries; each may be NULL. */
	const char *user, *password, *ca_file;
	bool plain_http;
	bool wants_blobs;            /* layers will be asked for as they are stored, one by one, as Clair does */
};

struct source {
	const char *name;            /* the reference's scheme: "oci" */
	const char *summary;         /* for --help */
	enum source_names {
		SOURCE_PATH,             /* a path follows the scheme */
		SOURCE_REGISTRY,         /* "//" and an image's name in a registry */
		SOURCE_ENGINE,           /* an image's name in a container engine */
	} names;
	/* Is a bare path this source's? Looks at the path, and at up to 1,024 first bytes of a file (empty for a
	 * directory). */
	bool (*accepts)(const char *path, bool directory, span head);
	int (*open)(const struct reference *reference, const struct source_options *options, struct image *image,
	            struct tarsier_error *error);
};

/* All sources, NULL-terminated: made by the build from sources/. Defined in image.c. */
extern const struct source *const sources_all[];

/* Finds the source and opens the image. image_close gives everything back but the arena. */
int image_open(struct arena *arena, const char *reference, const struct source_options *options,
               struct image *image, struct tarsier_error *error);
void image_close(struct image *image);
/* The same for an image whose bytes the host gives. */
int image_open_host(struct arena *arena, const struct tarsier_source *host, const struct source_options *options,
                    struct image *image, struct tarsier_error *error);

/* ---- shared by sources ------------------------------------------------------------------------------------------ */

enum {
	IMAGE_DOCUMENT_LIMIT = 8 << 20, /* a manifest, an index or a config: registries refuse manifests above 4 MiB */
	IMAGE_LAYER_LIMIT = 1000,       /* engines stop at 127, where overlayfs does */
	IMAGE_HISTORY_LIMIT = 10000,    /* ten instructions a layer */
	IMAGE_INDEX_DEPTH = 4,          /* indexes in indexes; builders write two */
};

/* Everything of which "never NULL" is said is there, and empty. */
void image_make_blank(struct image *image, struct arena *arena);
/* NOT_FOUND where a platform was asked for and the image is for another. */
int image_check_platform(const struct image *image, const char *platform, struct tarsier_error *error);

/* A small blob by its digest: what it gives is verified. */
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
/* Both, from a manifest that is verified: `fetch` brings the config. Also the image's digest, which is the manifest's, and
 * its id, which is the config's. */
int image_read_documents(struct image *image, const struct digest *digest, span manifest, blob_fetch *fetch, void *user,
                         struct tarsier_error *error);
/* `count` layers that promise nothing yet. LIMIT. */
int image_make_layers(struct image *image, size_t count, struct tarsier_error *error);

enum media_kind { MEDIA_NONE, MEDIA_MANIFEST, MEDIA_INDEX, MEDIA_CONFIG, MEDIA_LAYER, MEDIA_FOREIGN_LAYER,
                 MEDIA_OTHER };
enum media_kind image_media_kind(const char *media_type);
/* The type of an artifact whose manifest this is; NULL if it is an image's. Borrowed from the manifest. */
const char *image_artifact_type(const json_t *manifest);
/* A descriptor's digest and size; the error begins with `what`. */
int image_read_descriptor(const json_t *object, struct digest *digest, uint64_t *size, const char *what,
                          struct tarsier_error *error);

/* One image of an index (or several nested ones), chosen by name, digest and platform. NOT_FOUND lists what there is.
 * Signatures, attestations and other artifacts are passed over: by what the index says of them, or else, if there is a
 * choice, by their manifests. */
struct descriptor { struct digest digest; uint64_t size; const char *media_type, *name; };
int image_choose(struct arena *arena, span index, const struct reference *reference, const char *platform,
                 blob_fetch *fetch, void *user, struct descriptor *chosen, struct tarsier_error *error);

/* A manifest or an index that is verified and at hand. */
struct image_document {
	struct buffer *text;               /* is overwritten where it is an index */
	struct digest digest;
	const struct reference *reference; /* for messages */
	blob_fetch *fetch_manifest, *fetch_config;
	void *user;                        /* of both */
};
/* Reads the image: of an index, the one for the platform. */
int image_open_document(struct image *image, const struct image_document *document, const struct source_options *options,
                        struct tarsier_error *error);

const char *platform_of_this_machine(void); /* "linux/amd64"; static */
/* Nobody asked for a platform: this machine's is preferred where there is a choice, and anything will do where not. */
bool platform_is_default(const char *wanted);
int platform_check(const char *wanted, struct tarsier_error *error); /* USAGE unless it is "os/arch[/variant]" or "" */
/* Does an image's os, architecture and variant satisfy "os/arch[/variant]"? */
bool platform_matches(const char *wanted, const char *os, const char *architecture, const char *variant);
/* How well: UNKNOWN where the image names neither os nor architecture, NEAR where only the variant differs and none was
 * asked for. */
enum platform_rank { PLATFORM_OTHER, PLATFORM_UNKNOWN, PLATFORM_NEAR, PLATFORM_SAME };
enum platform_rank platform_rank(const char *wanted, const char *os, const char *architecture, const char *variant);

#endif
