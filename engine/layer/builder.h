/* internal to layer/: what is kept of a layer while its entries pass by */
#ifndef TARSIER_LAYER_BUILDER_H
#define TARSIER_LAYER_BUILDER_H

#include "layer/internal.h"
#include "layer/reading.h"
#include "layer/secrets.h"
#include "stream/tar.h"

struct pending_file {
	struct layer_file file;
	bool bound; /* a hard link to it came while it was there */
};

/* The search for secrets, if it is wanted. */
struct secrets_wanted {
	struct secret_search search;
	struct buffer path, list; /* of the file at hand; of struct layer_secret */
	bool is_searching;        /* the file at hand */
	bool has_reader;          /* a reader wants more of it */
	bool failed;              /* memory ran out */
};

struct layer_builder {
	const struct path_match *patterns;
	struct tarsier_allocator allocator;
	struct arena arena;  /* the builder's own */
	struct tar *tar;
	struct layer_index *index;
	uint32_t sequence;   /* of the entry at hand: they count from 1 */
	atomic_uint_fast64_t *kept; /* of all layers; or NULL */
	size_t charged;      /* this layer's part of it */
	const atomic_bool *cancelled; /* or NULL */
	sem_t *large;        /* or NULL */
	bool holds_large;
	struct last_entry last;
	struct path_set seen, seen_folders; /* of `taken` and `folders`, as far as was asked */
	struct buffer files, links, others, whiteouts; /* of struct pending_file, layer_link, layer_other, layer_whiteout */
	struct buffer taken, folders; /* of uint64_t */
	struct buffer late; /* of uint64_t: of folders whose own entry came after others in them */
	struct buffer listing; /* of struct layer_entry */
	bool wants_listing;
	struct buffer folder; /* the one that the entry before lay in, and … */
	size_t through;       /* … the length of its first part that is a link of this layer; 0: none is */
	bool ordered;         /* all later entries have their turn */

	/* The file at hand: first, perhaps, its head is collected; then a reader has it. */
	struct claim file;
	struct buffer path;  /* of file.path: the tar forgets it before the data comes */
	char head[CLAIM_HEAD];
	size_t head_length;
	bool unclaimed;      /* the head decides whether a reader wants it */
	struct reading reading;
	char *block;         /* of a stream; or NULL */
	uint64_t pushed;     /* bytes of the tar, or of streams */
	uint64_t streamed;   /* bytes given to readers, holes of sparse files included */
	bool wants_hashes;
	struct secrets_wanted *secrets; /* or NULL */
	struct hasher *hasher; /* of the file at hand, if it is hashed; or NULL */
	size_t hashed;       /* the file's number from 1, once its reader is done with it: only its hash needs the rest; or 0 */
};

/* ---- builder.c --------------------------------------------------------------------------------------------------- */

/* The index's arena is full, or memory ran out. */
int builder_no_room(const struct layer_builder *builder, struct tarsier_error *error);
/* Adds what this layer holds by now to the sum over all layers, which has one limit. */
int builder_charge(struct layer_builder *builder, size_t holds, struct tarsier_error *error);

/* Counts one more entry, and what is kept by now. */
int builder_count_entry(struct layer_builder *builder, struct tarsier_error *error);

/* ---- builder_paths.c: the paths at which there are entries, and their folders -------------------------------------- */

/* Notes that this layer has an entry at this path, whether or not anything is kept of it. */
int builder_take_path(struct layer_builder *builder, span path, bool directory, struct tarsier_error *error);
/* Remembers the folders that an entry lies in, as far as those of the entry before did not tell. `shows`: the entry shows
 * that they are there. */
int builder_note_folders(struct layer_builder *builder, span path, bool shows, struct tarsier_error *error);
/* This entry has its turn among those that are kept, whether or not anything else is kept of it: it lies behind a link of
 * this layer, or where something that matters is. */
int builder_add_other(struct layer_builder *builder, span path, bool directory, uint32_t sequence,
                      struct tarsier_error *error);
/* Has an entry before lain in the folder with this path_hash()? 1 or 0. */
int builder_has_entered(struct layer_builder *builder, uint64_t folder, struct tarsier_error *error);
/* `taken`, `folders` or `late`. */
const uint64_t *builder_hashes(const struct buffer *list, size_t *count);

/* ---- builder_links.c: symlinks, hard links ----------------------------------------------------------------------- */

struct layer_link *builder_link_at(const struct layer_builder *builder, size_t index);
/* If the path with this path_hash() is that of a link by now, entries come through it. True if it is. */
bool builder_use_link(struct layer_builder *builder, uint64_t hash);
int builder_add_link(struct layer_builder *builder, span path, span target, bool hard, struct tarsier_error *error);
int builder_add_hard_link(struct layer_builder *builder, span path, span target, struct tarsier_error *error);

/* ---- builder_files.c: regular files and their readers ------------------------------------------------------------ */

struct pending_file *builder_file_at(const struct layer_builder *builder, size_t index);
size_t builder_file_count(const struct layer_builder *builder);
/* The reader whose patterns want the path, or NULL. */
const struct reader *builder_wanted_by(const struct layer_builder *builder, span path);
/* Keeps a file like this one under the path of the entry at hand. */
int builder_add_file(struct layer_builder *builder, span path, const struct layer_file *like,
                     struct tarsier_error *error);
/* The folder of an entry, if a reader has a pattern for folders: it becomes an entry of its own, before that one. */
int builder_add_folder(struct layer_builder *builder, span folder, struct tarsier_error *error);
/* What readers are given of a file. builder_secrets.c calls them. */
int builder_begin_file(struct layer_builder *builder, const struct tar_entry *entry, struct tarsier_error *error);
int builder_take_data(struct layer_builder *builder, span piece, struct tarsier_error *error);
int builder_end_file(struct layer_builder *builder, struct tarsier_error *error);
/* The same for a stream: `entry` says what is known of the file. */
int builder_read_stream(struct layer_builder *builder, const struct tar_entry *entry, struct stream *content,
                        struct tarsier_error *error);
/* Lets other layers read large files again, if this one was reading one. */
void builder_end_turn(struct layer_builder *builder);

/* ---- builder_secrets.c: the same calls, which also search for secrets --------------------------------------------- */

int builder_want_secrets(struct layer_builder *builder, struct tarsier_error *error);
void builder_free_secrets(struct layer_builder *builder);
/* The three calls of a tar_sink, for regular files. */
int builder_open_file(struct layer_builder *builder, const struct tar_entry *entry, struct tarsier_error *error);
int builder_give_data(struct layer_builder *builder, span piece, struct tarsier_error *error);
int builder_close_file(struct layer_builder *builder, struct tarsier_error *error);
/* Does a reader have the file at hand? */
bool builder_has_reader(const struct layer_builder *builder);

/* ---- builder_finish.c -------------------------------------------------------------------------------------------- */

/* Moves what was collected into the index. False: out of memory. */
bool builder_finish_index(struct layer_builder *builder);

#endif
