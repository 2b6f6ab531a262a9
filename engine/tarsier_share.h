/*
 * tarsier_share.h - keeping databases: fetching what they are made of, judging images again by a newer one, and sharing them in
 * registries, signed.
 *
 * The words OWNED, BORROWED and COPIED, and how failures are told, are those of tarsier.h.
 */
#ifndef TARSIER_SHARE_H
#define TARSIER_SHARE_H
#include "tarsier.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- downloads -------------------------------------------------------------------------------------------------- */

/* One file of a web server. In arrays, so it never grows. What the host sets is BORROWED for the call. */
struct tarsier_download {
	const char *url, *path;         /* http or https; the file that is replaced once all of it has come and was verified */
	const char *etag, *modified;    /* of the file at `path`, as a server sent them: it is fetched only if it has changed. Or NULL */
	uint64_t limit;                 /* bytes it may have; 0: 8 GiB. More is LIMIT */
	int gzip;                       /* nonzero: the server may pack it with gzip, and then it is stored so */
	/* Results. */
	long status;                    /* 200: replaced; 304: unchanged; else the status of the failure, 0 without one */
	uint64_t size, received;        /* of the whole file; bytes that came in this call: fewer if an earlier call had begun */
	char new_etag[256], new_modified[64]; /* "" if the server sent none, or one that is too long */
	struct tarsier_error error;     /* code 0 if it was replaced or is unchanged */
};
struct tarsier_download_options {
	size_t size;                    /* set by tarsier_download_options_init */
	unsigned parallel;              /* files fetched at once; 0: 4 */
	unsigned connect_seconds;       /* 0: 10 */
	const char *ca_file;            /* certificate authorities, PEM; NULL: the system's */
	/* Called about five times a second in the thread that called: bytes that came, and all bytes as far as they are known, and
	 * files that are done. Nonzero cancels. Or NULL. */
	int (*on_progress)(void *user, uint64_t done, uint64_t total, size_t finished);
	void *user;
};
TARSIER_API void tarsier_download_options_init_size(struct tarsier_download_options *options, size_t size);
#define tarsier_download_options_init(options) tarsier_download_options_init_size((options), sizeof *(options))
/*
 * Fetches files, several at once. A file comes as PATH.part, and is renamed when its length, and its MD5 or SHA-256 if the
 * server sends one, are right; PATH.part.tag keeps what the server calls its version, so that a later call asks for the rest.
 * Broken connections, 429 and 50x are retried as scans do. A web page in place of a file is FORMAT. Returns OK, or the code of
 * the first download that failed, and its message in `error`; the others are still tried. `options` may be NULL.
 */
TARSIER_API int tarsier_download(struct tarsier_download *downloads, size_t count, const struct tarsier_download_options *options,
                                 struct tarsier_error *error);

/* ---- asking a database --------------------------------------------------------------------------------------------- */

struct tarsier_record {              /* what an advisory says about a package; BORROWED for the call */
	const char *id;
	const char *const *aliases;      /* NULL-terminated */
	enum tarsier_severity severity;  /* the distribution's own, the advisory's, or that of its vector */
	const char *vector, *summary, *published, *modified, *url; /* each may be "" */
	const char *ecosystem, *package; /* in tarsier_database_list of its first package, and "", as are the next two */
	const char *affected;            /* ">= 1.0, < 1.2" */
	const char *fixed, *status;      /* the lowest fix; the publisher's status of it; each may be "" */
	const char *scope;               /* in tarsier_database_list: the part of a publisher's own feed that it is from, such as
	                                  * "secdb Alpine:v3.20 main"; else "" */
};
/* Gives each record of an id (an advisory's or a CVE's, in any case; aliases count), or of a package of an ecosystem
 * ("Debian:12"). Nonzero from on_record ends the search. */
TARSIER_API int tarsier_database_search(const char *database, const char *id, const char *ecosystem, const char *package,
                                        int (*on_record)(void *user, const struct tarsier_record *record), void *user,
                                        struct tarsier_error *error);
/* Gives every advisory, by id, with the highest severity of its packages: once, or once for each scope. */
TARSIER_API int tarsier_database_list(const char *database, int (*on_record)(void *user, const struct tarsier_record *record),
                                      void *user, struct tarsier_error *error);

/* ---- judging again ------------------------------------------------------------------------------------------------ */

/* Matches a report's packages again, with the database of `engine`, without reading the image. *again is OWNED:
 * tarsier_report_free; NULL on failure. Either report may be freed first; both belong to one thread. USAGE if the engine has no
 * database, UNSUPPORTED if Clair listed the packages. */
TARSIER_API int tarsier_rematch(tarsier_engine *engine, tarsier_report *report, tarsier_report **again,
                                struct tarsier_error *error);
/* Reads a JSON report (schema 1): the image, its packages, and what could not be read of them, but no findings: tarsier_rematch
 * finds those of today. *report is OWNED: tarsier_report_free; NULL on failure. FORMAT if it is not such a report. */
TARSIER_API int tarsier_report_read(const char *json, size_t length, tarsier_report **report, struct tarsier_error *error);

/* ---- registries: artifacts that are not images ------------------------------------------------------------------- */

typedef struct tarsier_repository tarsier_repository;
enum { TARSIER_DIGEST_SIZE = 136 }; /* of the text of a digest, "sha256:…", with its NUL */

struct tarsier_repository_options {
	size_t size;                         /* set by tarsier_repository_options_init */
	const char *user, *password, *ca_file; /* as in tarsier_config */
	int plain_http;
	int writes;                          /* nonzero: something will be pushed */
};
TARSIER_API void tarsier_repository_options_init_size(struct tarsier_repository_options *options, size_t size);
#define tarsier_repository_options_init(options) tarsier_repository_options_init_size((options), sizeof *(options))
/* `name` is HOST/NAME[:TAG][@DIGEST], and `options` may be NULL. *repository is OWNED: tarsier_repository_free, which takes NULL. */
TARSIER_API int tarsier_repository_open(const char *name, const struct tarsier_repository_options *options,
                                        tarsier_repository **repository, struct tarsier_error *error);
TARSIER_API void tarsier_repository_free(tarsier_repository *repository);
/* Reads a manifest: `which` is a tag or a digest, NULL: those of the name. By digest it is verified. *text is OWNED:
 * tarsier_text_free. */
TARSIER_API int tarsier_repository_manifest(tarsier_repository *repository, const char *which, char **text, size_t *length,
                                            char digest[TARSIER_DIGEST_SIZE], struct tarsier_error *error);
/* Fetches a blob of exactly `size` bytes to a file, which it replaces once the digest is verified. */
TARSIER_API int tarsier_repository_blob(tarsier_repository *repository, const char *digest, uint64_t size, const char *path,
                                        struct tarsier_error *error);
/* The same into memory: a blob of at most 16 MiB. *text is OWNED: tarsier_text_free. */
TARSIER_API int tarsier_repository_text(tarsier_repository *repository, const char *digest, uint64_t size, char **text,
                                        size_t *length, struct tarsier_error *error);
/* Reads the index of the manifests that refer to the one of `digest`: from the referrers API, otherwise from the tag
 * sha256-HEX. *more is nonzero if the registry has more of them than it lists at once. NOT_FOUND if there is none. *text is
 * OWNED: tarsier_text_free. */
TARSIER_API int tarsier_repository_referrers(tarsier_repository *repository, const char *digest, char **text, size_t *length,
                                             int *more, struct tarsier_error *error);
/* Uploads a file as a blob, unless the registry has it. */
TARSIER_API int tarsier_repository_put_blob(tarsier_repository *repository, const char *path, char digest[TARSIER_DIGEST_SIZE],
                                            uint64_t *size, struct tarsier_error *error);
TARSIER_API int tarsier_repository_put_manifest(tarsier_repository *repository, const char *which, const char *media_type,
                                                const char *text, size_t length, char digest[TARSIER_DIGEST_SIZE],
                                                struct tarsier_error *error);

/* Packs a file with zstd (level 0: 9, and 12 with `prefix`), and unpacks one that is packed, or copies one that is not, to
 * at most `limit` bytes. With `prefix`, a file of at most 64 MiB, only the difference to that file is packed: who unpacks it
 * must have the same one. *digest is that of the content, unpacked. On failure there is no file `to`. */
TARSIER_API int tarsier_pack(const char *from, const char *to, int level, const char *prefix, char digest[TARSIER_DIGEST_SIZE],
                             struct tarsier_error *error);
TARSIER_API int tarsier_unpack(const char *from, const char *to, uint64_t limit, const char *prefix,
                               char digest[TARSIER_DIGEST_SIZE], struct tarsier_error *error);

/* ---- signatures --------------------------------------------------------------------------------------------------- */

/* Verifies a signature of `text`. `key` is the text of minisign's public key, and `signature` of its .minisig file; or `key` is a
 * public key in PEM (ECDSA, RSA, Ed25519), as cosign has it, and `signature` base64. Writes minisign's trusted comment, or "", to
 * `comment`. DIGEST if the signature is wrong, FORMAT if the key or the signature is not one. */
TARSIER_API int tarsier_verify(const char *key, const char *signature, const char *text, size_t length, char *comment,
                               size_t comment_size, struct tarsier_error *error);
/* Opens a signed envelope (DSSE) of an in-toto statement, or a Sigstore bundle that holds one: at most 16 MiB of JSON. `keys` are
 * the texts of public keys, NULL-terminated; only those in PEM can sign envelopes. *payload is the statement, decoded, OWNED:
 * tarsier_text_free; trust it only if *key, the index of the key that signed it, is not -1. FORMAT, LIMIT, and UNSUPPORTED if the
 * payload is something else. */
TARSIER_API int tarsier_open_envelope(const char *json, size_t length, const char *const *keys, char **payload,
                                      size_t *payload_length, int *key, struct tarsier_error *error);
/* Signs with the text of minisign's secret key; `password` may be NULL if the key has none. *signature is OWNED:
 * tarsier_text_free. */
TARSIER_API int tarsier_sign(const char *key, const char *password, const char *text, size_t length, const char *comment,
                             char **signature, struct tarsier_error *error);

#ifdef __cplusplus
}
#endif
#endif
