#include "stream/tar.h"

#include "stream/pax.h"
#include "stream/tar_header.h"

#include <inttypes.h>
#include <string.h>

enum state {
	HEADER,       /* a header block is due */
	EXTENSION,    /* inside the body of L, K or x */
	SPARSE_BLOCK, /* a block of an old sparse map is due */
	SPARSE_MAP,   /* a block of a pax 1.0 sparse map is due: the first of the file's data */
	DATA,         /* inside a file's data */
	PADDING,      /* between data and the next block */
	ENDED,        /* two zero blocks were seen */
};

struct tar {
	struct tar_sink sink;
	enum state state;
	uint64_t offset;  /* of the bytes pushed so far */
	uint64_t entries;
	uint64_t left;    /* stored bytes of the body that are still to come */
	uint64_t padding; /* bytes after it */
	unsigned zero_blocks;

	char block[TAR_BLOCK]; /* a block that came in pieces */
	size_t held;

	/* What was said before the header that it is about. */
	struct buffer *extension; /* the one that is being read */
	struct buffer long_name, long_link, records;
	bool has_name, has_link, has_pax;
	struct pax pax;

	struct buffer path, link; /* room for cleaned ones */
	bool wanted, is_sparse, pairs_follow;
	struct sparse sparse;
};

int tar_new(struct arena *arena, const struct tar_sink *sink, struct tar **tar, struct tarsier_error *error)
{
	struct tar *made = arena_alloc(arena, sizeof *made);
	if (!made)
		return error_memory(error);
	made->sink = *sink;
	struct buffer *const buffers[] = {&made->long_name, &made->long_link, &made->records, &made->path,
	                                  &made->link,      &made->sparse.pieces};
	for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
		buffer_init(buffers[i], &arena->allocator);
	*tar = made;
	return TARSIER_OK;
}

void tar_free(struct tar *tar)
{
	if (!tar)
		return;
	struct buffer *const buffers[] = {&tar->long_name, &tar->long_link, &tar->records, &tar->path,
	                                  &tar->link,      &tar->sparse.pieces};
	for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
		buffer_free(buffers[i]);
}

uint64_t tar_entries(const struct tar *tar)
{
	return tar->entries;
}

/* ---- what comes before a header --------------------------------------------------------------------------------- */

static void forget_extensions(struct tar *tar)
{
	tar->has_name = tar->has_link = tar->has_pax = false;
}

static int end_extension(struct tar *tar, struct tarsier_error *error)
{
	if (tar->extension == &tar->records) {
		tar->has_pax = true;
		return pax_read(buffer_span(&tar->records), &tar->pax, &tar->sparse, error);
	}
	/* GNU ends the name with a NUL; what follows it is ignored. */
	ptrdiff_t nul = span_find(buffer_span(tar->extension), '\0');
	if (nul >= 0)
		tar->extension->length = (size_t)nul;
	if (tar->extension == &tar->long_name)
		tar->has_name = true;
	else
		tar->has_link = true;
	return TARSIER_OK;
}

static void begin_padding(struct tar *tar)
{
	tar->state = tar->padding ? PADDING : HEADER;
}

static int begin_extension(struct tar *tar, const struct tar_header *header, struct tarsier_error *error)
{
	bool pax = header->type == 'x' || header->type == 'X';
	size_t limit = pax ? TAR_PAX_LIMIT : TAR_PATH_LIMIT;
	if (header->size > limit)
		return error_set(error, TARSIER_LIMIT, "a %s of %" PRIu64 " bytes, and %zu are allowed",
		                 pax ? "pax header" : "path", header->size, limit);
	tar->extension = pax ? &tar->records : header->type == 'L' ? &tar->long_name : &tar->long_link;
	tar->extension->length = 0;
	tar->state = EXTENSION;
	if (tar->left)
		return TARSIER_OK;
	begin_padding(tar);
	return end_extension(tar, error);
}

static int take_extension(struct tar *tar, span piece, struct tarsier_error *error)
{
	if (!buffer_add(tar->extension, piece.ptr, piece.len))
		return error_memory(error);
	tar->left -= piece.len;
	if (tar->left)
		return TARSIER_OK;
	begin_padding(tar);
	return end_extension(tar, error);
}

/* ---- data ------------------------------------------------------------------------------------------------------- */

static int end_data(struct tar *tar, struct tarsier_error *error)
{
	begin_padding(tar);
	return tar->wanted ? tar->sink.done(tar->sink.user, error) : TARSIER_OK;
}

static int take_data(struct tar *tar, span piece, struct tarsier_error *error)
{
	int enough = 0;
	tar->left -= piece.len;
	if (tar->wanted && tar->is_sparse)
		enough = sparse_give(&tar->sparse, piece, &tar->sink, error);
	else if (tar->wanted)
		enough = tar->sink.data(tar->sink.user, piece, error);
	if (!enough && tar->left == 0 && tar->wanted && tar->is_sparse)
		enough = sparse_give_end(&tar->sparse, &tar->sink, error);
	if (enough < 0)
		return enough;
	tar->wanted = tar->wanted && !enough;
	return tar->left ? TARSIER_OK : end_data(tar, error);
}

static int begin_data(struct tar *tar, struct tarsier_error *error)
{
	tar->state = DATA;
	if (tar->wanted && tar->is_sparse) {
		int code = sparse_begin(&tar->sparse, tar->left, error);
		if (code < 0)
			return code;
	}
	return tar->left ? TARSIER_OK : take_data(tar, SPAN(""), error);
}

/* ---- sparse maps between header and data ------------------------------------------------------------------------ */

static int take_sparse_block(struct tar *tar, const char *block, struct tarsier_error *error)
{
	if (!tar->wanted)
		sparse_clear(&tar->sparse); /* to be walked over, not to be kept */
	int code = sparse_read_block(&tar->sparse, block, &tar->pairs_follow, error);
	return code < 0 || tar->pairs_follow ? code : begin_data(tar, error);
}

static int take_map_block(struct tar *tar, const char *block, struct tarsier_error *error)
{
	bool more;
	if (tar->left < TAR_BLOCK)
		return error_set(error, TARSIER_FORMAT, "the map of a sparse file does not end");
	tar->left -= TAR_BLOCK;
	int code = sparse_read_digits(&tar->sparse, block, &more, error);
	return code < 0 || more ? code : begin_data(tar, error);
}

/* ---- entries ---------------------------------------------------------------------------------------------------- */

/* The engines' order: a name of a sparse pax header, then GNU's long name, then pax's, then the header's own. */
static int find_path(struct tar *tar, const struct tar_header *header, bool sparse_pax, span *path,
                     struct tarsier_error *error)
{
	if (sparse_pax && tar->pax.sparse_name.len)
		*path = tar->pax.sparse_name;
	else if (tar->has_name && tar->long_name.length)
		*path = buffer_span(&tar->long_name);
	else if (tar->has_pax && tar->pax.path.len)
		*path = tar->pax.path;
	else
		*path = header->name;
	if (path->ptr == header->name.ptr && header->prefix.len) {
		tar->long_name.length = 0; /* not in use: no long name came */
		if (!buffer_add(&tar->long_name, header->prefix.ptr, header->prefix.len) ||
		    !buffer_add(&tar->long_name, "/", 1) ||
		    !buffer_add(&tar->long_name, header->name.ptr, header->name.len))
			return error_memory(error);
		*path = buffer_span(&tar->long_name);
	}
	if (path->len > TAR_PATH_LIMIT)
		return error_set(error, TARSIER_LIMIT, "a path of %zu bytes, and %d are allowed", path->len,
		                 TAR_PATH_LIMIT);
	return TARSIER_OK;
}

static int find_link(struct tar *tar, const struct tar_header *header, struct tar_entry *entry,
                     struct tarsier_error *error)
{
	span link = header->link;
	if (tar->has_link && tar->long_link.length)
		link = buffer_span(&tar->long_link);
	else if (tar->has_pax && tar->pax.link.len)
		link = tar->pax.link;
	if (link.len > TAR_PATH_LIMIT)
		return error_set(error, TARSIER_LIMIT, "a link's target of %zu bytes, and %d are allowed", link.len,
		                 TAR_PATH_LIMIT);
	entry->link = link;
	if (entry->type != '1')
		return TARSIER_OK;
	int code = tar_clean_path(link, &tar->link, &entry->link, error);
	if (code < 0)
		error_prefix(error, "%.*s, a hard link", SPAN_ARG(entry->path));
	return code;
}

/* POSIX: an entry of an unknown type is a file. An old '\0' with a trailing slash is a directory. 'D' is GNU's
 * directory with a list of names. */
static char plain_type(char type, span path)
{
	if (type == '\0')
		return span_ends(path, "/") ? '5' : '0';
	if (type == 'D')
		return '5';
	return type >= '1' && type <= '6' ? type : '0';
}

/* Do the pax records tell of a sparse file, and in which of the formats that there are? */
static bool is_sparse_pax(const struct tar *tar, bool *map_in_data)
{
	const struct pax *pax = &tar->pax;
	*map_in_data = false;
	if (!tar->has_pax)
		return false;
	if (span_is(pax->major, "1") && span_is(pax->minor, "0"))
		return *map_in_data = true;
	if (span_is(pax->major, "0") && (span_is(pax->minor, "0") || span_is(pax->minor, "1")))
		return true;
	return pax->major.len == 0 && pax->minor.len == 0 && pax->has_map;
}

static int find_sizes(struct tar *tar, bool sparse_pax, struct tar_entry *entry, struct tarsier_error *error)
{
	span whole = tar->pax.sparse_size.len ? tar->pax.sparse_size : tar->pax.real_size;
	entry->size = tar->left;
	if (sparse_pax && whole.len && !span_number(whole, &entry->size))
		return error_set(error, TARSIER_FORMAT, "%.*s: its size is not a number", SPAN_ARG(entry->path));
	if (sparse_pax)
		tar->sparse.size = entry->size;
	return TARSIER_OK;
}

/* After a header: how many bytes are stored behind it. */
static int begin_body(struct tar *tar, const struct tar_header *header, struct tarsier_error *error)
{
	uint64_t size = header->size;
	bool extension = header->type && strchr("LKxXg", header->type);
	if (!extension && tar->has_pax && tar->pax.size.len && !span_number(tar->pax.size, &size))
		return error_set(error, TARSIER_FORMAT, "%.*s: its size is not a number", SPAN_ARG(header->name));
	if (size > INT64_MAX - TAR_BLOCK)
		return error_set(error, TARSIER_FORMAT, "%.*s: a size of %" PRIu64 " bytes", SPAN_ARG(header->name),
		                 size);
	if (header->type >= '1' && header->type <= '6')
		size = 0; /* links, folders and devices have no data, whatever their size says */
	tar->left = size;
	tar->padding = (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
	return TARSIER_OK;
}

static int announce(struct tar *tar, const struct tar_entry *entry, struct tarsier_error *error)
{
	tar->entries++;
	int code = tar->sink.entry(tar->sink.user, entry, error);
	tar->wanted = code > 0 && entry->type == '0';
	return code < 0 ? code : TARSIER_OK;
}

static int begin_entry(struct tar *tar, const char *block, const struct tar_header *header, struct tarsier_error *error)
{
	struct tar_entry entry = {.mode = header->mode};
	bool old_sparse = header->type == 'S', map_in_data = false;
	bool sparse_pax = !old_sparse && is_sparse_pax(tar, &map_in_data);
	span path;
	int code = find_path(tar, header, sparse_pax, &path, error);
	if (code < 0 || (code = tar_clean_path(path, &tar->path, &entry.path, error)) < 0)
		return code;
	entry.type = plain_type(header->type, path);
	if ((code = find_link(tar, header, &entry, error)) < 0 ||
	    (code = find_sizes(tar, sparse_pax, &entry, error)) < 0)
		return code;
	if (entry.type != '0')
		entry.size = 0;
	if (old_sparse && (code = sparse_read_header(&tar->sparse, block, &tar->pairs_follow, error)) < 0)
		return code;
	if (old_sparse)
		entry.size = tar->sparse.size;
	tar->is_sparse = entry.sparse = (old_sparse || sparse_pax) && entry.type == '0';
	if ((code = announce(tar, &entry, error)) < 0)
		return code;
	forget_extensions(tar);
	if (old_sparse && tar->pairs_follow) {
		tar->state = SPARSE_BLOCK;
	} else if (tar->wanted && map_in_data) {
		sparse_begin_digits(&tar->sparse);
		tar->state = SPARSE_MAP;
	} else {
		return begin_data(tar, error);
	}
	return TARSIER_OK;
}

/* Volume labels, continued volumes, old long names and global pax headers are not entries. */
static int skip_body(struct tar *tar, struct tarsier_error *error)
{
	forget_extensions(tar);
	tar->wanted = false;
	return begin_data(tar, error);
}

static int take_zero_block(struct tar *tar, struct tarsier_error *error)
{
	if (tar->has_name || tar->has_link || tar->has_pax)
		return error_set(error, TARSIER_FORMAT, "the tar ends between a long name and its entry");
	if (++tar->zero_blocks == 2)
		tar->state = ENDED;
	return TARSIER_OK;
}

static int take_header(struct tar *tar, const char *block, struct tarsier_error *error)
{
	struct tar_header header;
	tar->state = HEADER;
	if (tar_is_zero(block))
		return take_zero_block(tar, error);
	if (tar->zero_blocks)
		return error_set(error, TARSIER_FORMAT, "the tar goes on after a block of zeros");
	int code = tar_header_read(block, &header, error);
	if (code < 0 || (code = begin_body(tar, &header, error)) < 0)
		return code;
	switch (header.type) {
	case 'L':
	case 'K':
	case 'x':
	case 'X':
		return begin_extension(tar, &header, error);
	case 'g':
	case 'V':
	case 'M':
	case 'N':
		return skip_body(tar, error);
	default:
		return begin_entry(tar, block, &header, error);
	}
}

/* ---- pushing ---------------------------------------------------------------------------------------------------- */

static int take_block(struct tar *tar, const char *block, struct tarsier_error *error)
{
	switch (tar->state) {
	case SPARSE_BLOCK:
		return take_sparse_block(tar, block, error);
	case SPARSE_MAP:
		return take_map_block(tar, block, error);
	default:
		return take_header(tar, block, error);
	}
}

/* Whole blocks are taken where they lie; one that comes in pieces is put together first. */
static int push_block(struct tar *tar, span *bytes, struct tarsier_error *error)
{
	if (tar->held == 0 && bytes->len >= TAR_BLOCK) {
		const char *block = bytes->ptr;
		*bytes = span_from(*bytes, TAR_BLOCK);
		return take_block(tar, block, error);
	}
	size_t size = TAR_BLOCK - tar->held < bytes->len ? TAR_BLOCK - tar->held : bytes->len;
	memcpy(tar->block + tar->held, bytes->ptr, size);
	tar->held += size;
	*bytes = span_from(*bytes, size);
	if (tar->held < TAR_BLOCK)
		return TARSIER_OK;
	tar->held = 0;
	tar->offset = tar->offset + size - TAR_BLOCK; /* where it begins, for messages */
	return take_block(tar, tar->block, error);
}

static span take_front(span *bytes, uint64_t most)
{
	span front = {bytes->ptr, bytes->len < most ? bytes->len : (size_t)most};
	*bytes = span_from(*bytes, front.len);
	return front;
}

static int push_some(struct tar *tar, span *bytes, struct tarsier_error *error)
{
	switch (tar->state) {
	case EXTENSION:
		return take_extension(tar, take_front(bytes, tar->left), error);
	case DATA:
		return take_data(tar, take_front(bytes, tar->left), error);
	case PADDING:
		tar->padding -= take_front(bytes, tar->padding).len;
		if (tar->padding == 0)
			tar->state = HEADER;
		return TARSIER_OK;
	case ENDED:
		bytes->len = 0;
		return TARSIER_OK;
	default:
		return push_block(tar, bytes, error);
	}
}

int tar_push(struct tar *tar, span bytes, struct tarsier_error *error)
{
	uint64_t end = tar->offset + bytes.len;
	while (bytes.len) {
		tar->offset = end - bytes.len;
		int code = push_some(tar, &bytes, error);
		if (code < 0)
			return error_prefix(error, "tar, near byte %" PRIu64, tar->offset), code;
	}
	tar->offset = end;
	return TARSIER_OK;
}

/* ---- seeking ----------------------------------------------------------------------------------------------------- */

uint64_t tar_pending(const struct tar *tar)
{
	if (tar->state == DATA && !tar->wanted)
		return tar->left + tar->padding;
	return tar->state == PADDING ? tar->padding : 0;
}

int tar_skip(struct tar *tar, uint64_t length, struct tarsier_error *error)
{
	if (length > tar_pending(tar))
		return error_set(error, TARSIER_USAGE, "tar_skip: more than is pending");
	uint64_t data = length < tar->left ? length : tar->left;
	tar->offset += length;
	tar->left -= data;
	if (tar->state == DATA && tar->left)
		return TARSIER_OK;
	tar->padding -= length - data;
	begin_padding(tar);
	return TARSIER_OK;
}

bool tar_ended(const struct tar *tar)
{
	return tar->state == ENDED;
}

static bool held_is_zero(const struct tar *tar)
{
	for (size_t i = 0; i < tar->held; i++)
		if (tar->block[i])
			return false;
	return true;
}

int tar_finish(struct tar *tar, struct tarsier_error *error)
{
	bool due = tar->has_name || tar->has_link || tar->has_pax;
	if (!due && ((tar->state == HEADER && held_is_zero(tar)) || tar->state == PADDING || tar->state == ENDED))
		return TARSIER_OK;
	return error_set(error, TARSIER_FORMAT, "tar, near byte %" PRIu64 ": ends inside %s", tar->offset,
	                 tar->state == DATA ? "a file" : "a header");
}
