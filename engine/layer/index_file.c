#include "layer/index_file.h"

#include <string.h>
#include <zlib.h>

static const char magic[24] = "tarsier layer index 3\n";
enum { HEADER = 32 };

/* ---- writing ------------------------------------------------------------------------------------------------------ */

static bool put_number(struct buffer *file, uint64_t number)
{
	unsigned char bytes[8];
	for (int i = 0; i < 8; i++)
		bytes[i] = (unsigned char)(number >> (8 * i));
	return buffer_add(file, bytes, sizeof bytes);
}

static bool put_span(struct buffer *file, span text)
{
	static const char zeros[8];
	return put_number(file, text.len) && buffer_add(file, text.ptr, text.len) && buffer_add(file, zeros, 8 - text.len % 8);
}

static bool put_text(struct buffer *file, const char *text)
{
	return put_span(file, span_of(text));
}

static bool put_texts(struct buffer *file, const char *const *texts, size_t count)
{
	bool ok = put_number(file, count);
	for (size_t i = 0; i < count && ok; i++)
		ok = put_text(file, texts[i]);
	return ok;
}

static bool put_package(struct buffer *file, const struct package *package)
{
	return put_text(file, package->type) && put_text(file, package->name) && put_text(file, package->version) &&
	       put_text(file, package->architecture) && put_text(file, package->source_name) &&
	       put_text(file, package->source_version) && put_text(file, package->ecosystem) &&
	       put_text(file, package->module) && put_text(file, package->vendor);
}

static bool put_notes(struct buffer *file, const struct reader_note *notes, size_t count)
{
	bool ok = put_number(file, count);
	for (size_t i = 0; i < count && ok; i++)
		ok = put_number(file, notes[i].unreadable) && put_text(file, notes[i].text);
	return ok;
}

/* A text that may be absent. */
static bool put_optional(struct buffer *file, const char *text)
{
	return put_number(file, text != NULL) && (!text || put_text(file, text));
}

static bool put_file(struct buffer *file, const struct layer_file *evidence)
{
	bool ok = put_text(file, evidence->path) && put_text(file, evidence->reader->name) &&
	          put_optional(file, evidence->problem) && put_span(file, evidence->content) &&
	          put_optional(file, evidence->owner) && put_texts(file, evidence->owned, evidence->owned_count) &&
	          put_notes(file, evidence->notes, evidence->note_count) && put_number(file, evidence->package_count);
	for (size_t i = 0; i < evidence->package_count && ok; i++)
		ok = put_package(file, &evidence->packages[i]);
	return ok;
}

static bool put_taken(struct buffer *file, const struct layer_index *index)
{
	bool ok = put_number(file, index->taken_count) && buffer_reserve(file, index->taken_count * 8);
	for (size_t i = 0; i < index->taken_count && ok; i++)
		ok = put_number(file, index->taken[i]);
	return ok;
}

static bool put_body(struct buffer *file, const struct layer_index *index)
{
	bool ok = put_text(file, index->blob.text) && put_text(file, index->diff_id.text) && put_number(file, index->blob_size) &&
	          put_number(file, index->tar_size) && put_number(file, index->entries) && put_taken(file, index) &&
	          put_texts(file, index->whiteouts, index->whiteout_count) && put_texts(file, index->opaques, index->opaque_count) &&
	          put_number(file, index->link_count);
	for (size_t i = 0; i < index->link_count && ok; i++)
		ok = put_number(file, index->links[i].hard) && put_text(file, index->links[i].path) && put_text(file, index->links[i].target);
	ok = ok && put_number(file, index->file_count);
	for (size_t i = 0; i < index->file_count && ok; i++)
		ok = put_file(file, &index->files[i]);
	return ok;
}

static uint32_t checksum(span body)
{
	return (uint32_t)crc32_z(crc32_z(0, NULL, 0), (const unsigned char *)body.ptr, body.len);
}

bool index_write(const struct layer_index *index, struct buffer *file)
{
	if (!buffer_add(file, magic, sizeof magic) || !put_number(file, 0) || !put_body(file, index))
		return false;
	uint32_t sum = checksum(span_from(buffer_span(file), HEADER));
	for (int i = 0; i < 4; i++)
		file->data[sizeof magic + i] = (char)(sum >> (8 * i));
	return true;
}

/* ---- reading ------------------------------------------------------------------------------------------------------ */

struct index_reader {
	span rest;
	struct arena *arena;
	bool broken; /* sticky */
};

static uint64_t get_number(struct index_reader *cursor)
{
	if (cursor->rest.len < 8) {
		cursor->broken = true;
		return 0;
	}
	uint64_t number = 0;
	for (int i = 0; i < 8; i++)
		number |= (uint64_t)(unsigned char)cursor->rest.ptr[i] << (8 * i);
	cursor->rest = span_from(cursor->rest, 8);
	return number;
}

static span get_span(struct index_reader *cursor)
{
	uint64_t length = get_number(cursor);
	uint64_t padded = length + (8 - length % 8);
	if (cursor->broken || length > INDEX_FILE_LIMIT || padded > cursor->rest.len || cursor->rest.ptr[length] != '\0') {
		cursor->broken = true;
		return SPAN("");
	}
	span text = {cursor->rest.ptr, (size_t)length};
	cursor->rest = span_from(cursor->rest, (size_t)padded);
	return text;
}

static const char *get_text(struct index_reader *cursor)
{
	return get_span(cursor).ptr;
}

static const char *get_optional(struct index_reader *cursor)
{
	return get_number(cursor) ? get_text(cursor) : NULL;
}

/* A count of things that take at least `least` bytes each, and room for them. */
static void *get_array(struct index_reader *cursor, size_t *count, size_t least, size_t size)
{
	uint64_t number = get_number(cursor);
	if (cursor->broken || number > cursor->rest.len / least) {
		cursor->broken = true;
		*count = 0;
		return NULL;
	}
	*count = (size_t)number;
	void *array = arena_array(cursor->arena, *count, size);
	cursor->broken = !array;
	return array;
}

static void get_taken(struct index_reader *cursor, struct layer_index *index)
{
	uint64_t count = get_number(cursor);
	if (cursor->broken || count > cursor->rest.len / 8) {
		cursor->broken = true;
		return;
	}
	index->taken_count = (size_t)count;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	index->taken = (uint64_t *)(uintptr_t)cursor->rest.ptr; /* aligned: every record is a multiple of 8 bytes */
	cursor->rest = span_from(cursor->rest, index->taken_count * 8);
#else
	index->taken = arena_array(cursor->arena, index->taken_count, 8);
	cursor->broken = !index->taken;
	for (size_t i = 0; i < index->taken_count && !cursor->broken; i++)
		index->taken[i] = get_number(cursor);
#endif
}

static const char **get_texts(struct index_reader *cursor, size_t *count)
{
	const char **texts = get_array(cursor, count, 16, sizeof *texts);
	for (size_t i = 0; i < *count && !cursor->broken; i++)
		texts[i] = get_text(cursor);
	return texts;
}

static void get_links(struct index_reader *cursor, struct layer_index *index)
{
	index->links = get_array(cursor, &index->link_count, 40, sizeof *index->links);
	for (size_t i = 0; i < index->link_count && !cursor->broken; i++) {
		index->links[i].hard = get_number(cursor) != 0;
		index->links[i].path = get_text(cursor);
		index->links[i].target = get_text(cursor);
	}
}

static const struct reader *find_reader(const struct reader *const *readers, const char *name)
{
	for (; *readers; readers++)
		if (strcmp((*readers)->name, name) == 0)
			return *readers;
	return NULL;
}

static void get_packages(struct index_reader *cursor, struct layer_file *file)
{
	struct package *packages = get_array(cursor, &file->package_count, 9 * 16, sizeof *packages);
	for (size_t i = 0; i < file->package_count && !cursor->broken; i++)
		packages[i] = (struct package){.type = get_text(cursor), .name = get_text(cursor), .version = get_text(cursor),
		                               .architecture = get_text(cursor), .source_name = get_text(cursor),
		                               .source_version = get_text(cursor), .ecosystem = get_text(cursor),
		                               .module = get_text(cursor), .vendor = get_text(cursor)};
	file->packages = packages;
}

static void get_notes(struct index_reader *cursor, struct layer_file *file)
{
	struct reader_note *notes = get_array(cursor, &file->note_count, 24, sizeof *notes);
	for (size_t i = 0; i < file->note_count && !cursor->broken; i++) {
		notes[i].unreadable = get_number(cursor) != 0;
		notes[i].text = get_text(cursor);
	}
	file->notes = notes;
}

static void get_files(struct index_reader *cursor, const struct reader *const *readers, struct layer_index *index)
{
	index->files = get_array(cursor, &index->file_count, 64, sizeof *index->files);
	for (size_t i = 0; i < index->file_count && !cursor->broken; i++) {
		struct layer_file *file = &index->files[i];
		file->path = get_text(cursor);
		file->reader = find_reader(readers, get_text(cursor));
		file->problem = get_optional(cursor);
		file->content = get_span(cursor);
		file->owner = get_optional(cursor);
		file->owned = get_texts(cursor, &file->owned_count);
		get_notes(cursor, file);
		get_packages(cursor, file);
		cursor->broken = cursor->broken || !file->reader;
	}
}

static bool get_digest(struct index_reader *cursor, struct digest *digest)
{
	struct tarsier_error unused;
	span text = get_span(cursor);
	memset(digest, 0, sizeof *digest);
	return text.len == 0 || digest_parse(text, digest, &unused) == TARSIER_OK;
}

bool index_read(span bytes, const struct reader *const *readers, struct layer_index *index)
{
	if (bytes.len < HEADER || memcmp(bytes.ptr, magic, sizeof magic) != 0)
		return false;
	struct index_reader cursor = {.rest = span_from(bytes, sizeof magic), .arena = &index->arena};
	if (get_number(&cursor) != checksum(cursor.rest))
		return false;
	if (!get_digest(&cursor, &index->blob) || !get_digest(&cursor, &index->diff_id))
		return false;
	index->blob_size = get_number(&cursor);
	index->tar_size = get_number(&cursor);
	index->entries = get_number(&cursor);
	get_taken(&cursor, index);
	index->whiteouts = get_texts(&cursor, &index->whiteout_count);
	index->opaques = get_texts(&cursor, &index->opaque_count);
	get_links(&cursor, index);
	get_files(&cursor, readers, index);
	return !cursor.broken && cursor.rest.len == 0;
}
