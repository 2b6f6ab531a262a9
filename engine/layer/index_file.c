#include "layer/index_file.h"

#include <string.h>
#include <zlib.h>

static const char magic[24] = "tarsier layer index 17\n";
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

static bool put_hashes(struct buffer *file, const uint64_t *hashes, size_t count)
{
	bool ok = put_number(file, count) && buffer_reserve(file, count * 8);
	for (size_t i = 0; i < count && ok; i++)
		ok = put_number(file, hashes[i]);
	return ok;
}

static bool put_package(struct buffer *file, const struct package *package)
{
	return put_text(file, package->type) && put_text(file, package->name) && put_text(file, package->version) &&
	       put_text(file, package->architecture) && put_text(file, package->source_name) &&
	       put_text(file, package->source_version) && put_text(file, package->ecosystem) &&
	       put_text(file, package->module) && put_text(file, package->vendor) && put_text(file, package->licenses) &&
	       put_text(file, package->inner) &&
	       put_text(file, package->found_by) && put_text(file, package->requires) && put_text(file, package->provides) &&
	       put_number(file, package->owned);
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

static bool put_functions(struct buffer *file, const uint32_t *functions, size_t count)
{
	bool ok = put_number(file, count) && buffer_reserve(file, count * 4 + 8);
	for (size_t i = 0; i < count && ok; i += 2)
		ok = put_number(file, functions[i] | (uint64_t)(i + 1 < count ? functions[i + 1] : 0) << 32);
	return ok;
}

static bool put_file(struct buffer *file, const struct layer_file *evidence)
{
	bool ok = put_number(file, evidence->gone) && put_number(file, evidence->sequence) &&
	          put_text(file, evidence->path) && put_text(file, evidence->reader->name) &&
	          put_optional(file, evidence->problem) && put_number(file, evidence->missing) &&
	          put_number(file, evidence->directory) && put_span(file, evidence->content) &&
	          put_optional(file, evidence->owner) && put_optional(file, evidence->licenses) &&
	          put_optional(file, evidence->release) && put_optional(file, evidence->sha512) &&
	          put_hashes(file, evidence->owned, evidence->owned_count) &&
	          put_functions(file, evidence->functions, evidence->function_count) &&
	          put_notes(file, evidence->notes, evidence->note_count) && put_number(file, evidence->package_count);
	for (size_t i = 0; i < evidence->package_count && ok; i++)
		ok = put_package(file, &evidence->packages[i]);
	return ok;
}

static bool put_whiteouts(struct buffer *file, const struct layer_index *index)
{
	bool ok = put_number(file, index->whiteout_count);
	for (size_t i = 0; i < index->whiteout_count && ok; i++) {
		const struct layer_whiteout *whiteout = &index->whiteouts[i];
		ok = put_number(file, whiteout->opaque) && put_number(file, whiteout->used) &&
		     put_number(file, whiteout->sequence) && put_text(file, whiteout->path);
	}
	return ok;
}

static bool put_links(struct buffer *file, const struct layer_index *index)
{
	bool ok = put_number(file, index->link_count);
	for (size_t i = 0; i < index->link_count && ok; i++) {
		const struct layer_link *link = &index->links[i];
		ok = put_number(file, link->hard) && put_number(file, link->gone) && put_number(file, link->used) &&
		     put_number(file, link->sequence) && put_text(file, link->path) && put_text(file, link->target);
	}
	return ok;
}

static bool put_others(struct buffer *file, const struct layer_index *index)
{
	bool ok = put_number(file, index->other_count);
	for (size_t i = 0; i < index->other_count && ok; i++) {
		const struct layer_other *other = &index->others[i];
		ok = put_number(file, other->directory) && put_number(file, other->sequence) && put_text(file, other->path);
	}
	return ok;
}

static bool put_listing(struct buffer *file, const struct layer_index *index)
{
	bool ok = put_number(file, index->listing_count);
	for (size_t i = 0; i < index->listing_count && ok; i++) {
		const struct layer_entry *entry = &index->listing[i];
		ok = put_number(file, entry->size) && put_number(file, (uint64_t)entry->mode << 8 | (unsigned char)entry->type) &&
		     put_text(file, entry->path);
	}
	return ok;
}

static bool put_secrets(struct buffer *file, const struct layer_index *index)
{
	bool ok = put_number(file, index->secret_count);
	for (size_t i = 0; i < index->secret_count && ok; i++) {
		const struct layer_secret *secret = &index->secrets[i];
		ok = put_number(file, secret->offset) && put_text(file, secret->kind) && put_text(file, secret->path);
	}
	return ok;
}

static bool put_body(struct buffer *file, const struct layer_index *index)
{
	bool ok = put_text(file, index->blob.text) && put_text(file, index->diff_id.text) &&
	          put_number(file, index->blob_size) &&
	          put_number(file, index->tar_size) && put_number(file, index->entries) &&
	          put_hashes(file, index->taken, index->taken_count) &&
	          put_hashes(file, index->folders, index->folder_count) &&
	          put_hashes(file, index->repeated, index->repeated_count) && put_whiteouts(file, index) &&
	          put_links(file, index) && put_others(file, index) && put_listing(file, index) && put_secrets(file, index) &&
	          put_number(file, index->file_count);
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

static uint64_t get_number(struct index_reader *in)
{
	if (in->rest.len < 8) {
		in->broken = true;
		return 0;
	}
	uint64_t number = 0;
	for (int i = 0; i < 8; i++)
		number |= (uint64_t)(unsigned char)in->rest.ptr[i] << (8 * i);
	in->rest = span_from(in->rest, 8);
	return number;
}

static span get_span(struct index_reader *in)
{
	uint64_t length = get_number(in);
	uint64_t padded = length + (8 - length % 8);
	if (in->broken || length > INDEX_FILE_LIMIT || padded > in->rest.len || in->rest.ptr[length] != '\0') {
		in->broken = true;
		return SPAN("");
	}
	span text = {in->rest.ptr, (size_t)length};
	in->rest = span_from(in->rest, (size_t)padded);
	return text;
}

static const char *get_text(struct index_reader *in)
{
	return get_span(in).ptr;
}

static const char *get_optional(struct index_reader *in)
{
	return get_number(in) ? get_text(in) : NULL;
}

/* A count of things that take at least `least` bytes each, and room for them. */
static void *get_array(struct index_reader *in, size_t *count, size_t least, size_t size)
{
	uint64_t number = get_number(in);
	if (in->broken || number > in->rest.len / least) {
		in->broken = true;
		*count = 0;
		return NULL;
	}
	*count = (size_t)number;
	void *array = arena_array(in->arena, *count, size);
	in->broken = !array;
	return array;
}

static uint64_t *get_hashes(struct index_reader *in, size_t *count)
{
	uint64_t number = get_number(in);
	if (in->broken || number > in->rest.len / 8) {
		in->broken = true;
		return NULL;
	}
	*count = (size_t)number;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t *hashes = (uint64_t *)(uintptr_t)in->rest.ptr; /* aligned: every record is a multiple of 8 bytes */
	in->rest = span_from(in->rest, *count * 8);
#else
	uint64_t *hashes = arena_array(in->arena, *count, 8);
	in->broken = !hashes;
	for (size_t i = 0; i < *count && !in->broken; i++)
		hashes[i] = get_number(in);
#endif
	return hashes;
}

/* A number that is one of the tar's entries. */
static uint32_t get_sequence(struct index_reader *in)
{
	uint64_t number = get_number(in);
	in->broken = in->broken || number > LAYER_ENTRIES_LIMIT;
	return (uint32_t)number;
}

static void get_whiteouts(struct index_reader *in, struct layer_index *index)
{
	index->whiteouts = get_array(in, &index->whiteout_count, 40, sizeof *index->whiteouts);
	for (size_t i = 0; i < index->whiteout_count && !in->broken; i++) {
		index->whiteouts[i].opaque = get_number(in) != 0;
		index->whiteouts[i].used = get_number(in) != 0;
		index->whiteouts[i].sequence = get_sequence(in);
		index->whiteouts[i].path = get_text(in);
	}
}

static void get_links(struct index_reader *in, struct layer_index *index)
{
	index->links = get_array(in, &index->link_count, 64, sizeof *index->links);
	for (size_t i = 0; i < index->link_count && !in->broken; i++) {
		index->links[i].hard = get_number(in) != 0;
		index->links[i].gone = get_number(in) != 0;
		index->links[i].used = get_number(in) != 0;
		index->links[i].sequence = get_sequence(in);
		index->links[i].path = get_text(in);
		index->links[i].target = get_text(in);
	}
}

static void get_others(struct index_reader *in, struct layer_index *index)
{
	index->others = get_array(in, &index->other_count, 32, sizeof *index->others);
	for (size_t i = 0; i < index->other_count && !in->broken; i++) {
		index->others[i].directory = get_number(in) != 0;
		index->others[i].sequence = get_sequence(in);
		index->others[i].path = get_text(in);
	}
}

static void get_listing(struct index_reader *in, struct layer_index *index)
{
	index->listing = get_array(in, &index->listing_count, 32, sizeof *index->listing);
	for (size_t i = 0; i < index->listing_count && !in->broken; i++) {
		index->listing[i].size = get_number(in);
		uint64_t kind = get_number(in);
		index->listing[i].mode = (uint32_t)(kind >> 8);
		index->listing[i].type = (kind & 0xff) == '5' ? '5' : '0';
		index->listing[i].path = get_text(in);
	}
}

static void get_secrets(struct index_reader *in, struct layer_index *index)
{
	index->secrets = get_array(in, &index->secret_count, 40, sizeof *index->secrets);
	for (size_t i = 0; i < index->secret_count && !in->broken; i++) {
		index->secrets[i].offset = get_number(in);
		index->secrets[i].kind = get_text(in);
		index->secrets[i].path = get_text(in);
	}
}

static const struct reader *find_reader(const struct reader *const *readers, const char *name)
{
	for (; *readers; readers++)
		if (strcmp((*readers)->name, name) == 0)
			return *readers;
	return NULL;
}

static void get_package(struct index_reader *in, struct package *package)
{
	const char **const texts[] = {
		&package->type,           &package->name,      &package->version, &package->architecture, &package->source_name,
		&package->source_version, &package->ecosystem, &package->module,  &package->vendor,       &package->licenses,
		&package->inner,
		&package->found_by, &package->requires, &package->provides,
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		*texts[i] = get_text(in);
	package->owned = (uint32_t)get_number(in);
}

static void get_packages(struct index_reader *in, struct layer_file *file)
{
	struct package *packages = get_array(in, &file->package_count, 14 * 16 + 8, sizeof *packages);
	for (size_t i = 0; i < file->package_count && !in->broken; i++)
		get_package(in, &packages[i]);
	file->packages = packages;
}

static void get_notes(struct index_reader *in, struct layer_file *file)
{
	struct reader_note *notes = get_array(in, &file->note_count, 24, sizeof *notes);
	for (size_t i = 0; i < file->note_count && !in->broken; i++) {
		notes[i].unreadable = get_number(in) != 0;
		notes[i].text = get_text(in);
	}
	file->notes = notes;
}

/* Two in a number. */
static void get_functions(struct index_reader *in, struct layer_file *file)
{
	uint64_t count = get_number(in);
	if (in->broken || count > in->rest.len / 4) {
		in->broken = true;
		return;
	}
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	file->functions = (const uint32_t *)(uintptr_t)in->rest.ptr; /* aligned, as hashes are */
	in->broken = in->rest.len < (count + 1) / 2 * 8;
	in->rest = span_from(in->rest, (count + 1) / 2 * 8);
#else
	uint32_t *functions = arena_array(in->arena, count + 1, sizeof *functions);
	in->broken = !functions;
	for (size_t i = 0; i < count && !in->broken; i += 2) {
		uint64_t number = get_number(in);
		functions[i] = (uint32_t)number;
		functions[i + 1] = (uint32_t)(number >> 32);
	}
	file->functions = functions;
#endif
	file->function_count = (size_t)count;
}

static void get_files(struct index_reader *in, const struct reader *const *readers, struct layer_index *index)
{
	index->files = get_array(in, &index->file_count, 96, sizeof *index->files);
	for (size_t i = 0; i < index->file_count && !in->broken; i++) {
		struct layer_file *file = &index->files[i];
		file->gone = get_number(in) != 0;
		file->sequence = get_sequence(in);
		file->path = get_text(in);
		file->reader = find_reader(readers, get_text(in));
		file->problem = get_optional(in);
		file->missing = get_number(in) != 0;
		file->directory = get_number(in) != 0;
		file->content = get_span(in);
		file->owner = get_optional(in);
		file->licenses = get_optional(in);
		file->release = get_optional(in);
		file->sha512 = get_optional(in);
		file->owned = get_hashes(in, &file->owned_count);
		get_functions(in, file);
		get_notes(in, file);
		get_packages(in, file);
		in->broken = in->broken || !file->reader;
	}
}

static bool get_digest(struct index_reader *in, struct digest *digest)
{
	struct tarsier_error unused;
	span text = get_span(in);
	memset(digest, 0, sizeof *digest);
	return text.len == 0 || digest_parse(text, digest, &unused) == TARSIER_OK;
}

bool index_read(span bytes, const struct reader *const *readers, struct layer_index *index)
{
	if (bytes.len < HEADER || memcmp(bytes.ptr, magic, sizeof magic) != 0)
		return false;
	struct index_reader in = {.rest = span_from(bytes, sizeof magic), .arena = &index->arena};
	if (get_number(&in) != checksum(in.rest))
		return false;
	if (!get_digest(&in, &index->blob) || !get_digest(&in, &index->diff_id))
		return false;
	index->blob_size = get_number(&in);
	index->tar_size = get_number(&in);
	index->entries = get_number(&in);
	index->taken = get_hashes(&in, &index->taken_count);
	index->folders = get_hashes(&in, &index->folder_count);
	index->repeated = get_hashes(&in, &index->repeated_count);
	get_whiteouts(&in, index);
	get_links(&in, index);
	get_others(&in, index);
	get_listing(&in, index);
	get_secrets(&in, index);
	get_files(&in, readers, index);
	return !in.broken && in.rest.len == 0;
}
