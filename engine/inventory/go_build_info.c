#include "inventory/go_binary.h"

#include <string.h>

/*
 * Go's cmd/link writes this in the data segment, aligned to 16 bytes (debug/buildinfo of Go's standard library):
 *
 *	"\xff Go buildinf:" u8 size of a pointer, u8 flags, 16 bytes; flags: 1 big-endian, 2 inline
 *	since 1.18, inline: varint length, the version, varint length, the modules
 *	before: the 16 bytes begin with two pointers, to the version and the modules. Each leads to a pointer to the text
 *	and its length
 *
 * The list of modules stands between two marks of 16 bytes. The texts that pointers lead to lie in the read-only data,
 * before the data segment: so what may be one of them is collected as it passes by.
 */
enum { ALIGN = 16, HEADER = 32, VARINT = 10, MARK = 16 };
static const char magic[14] = "\xff Go buildinf:";
static const char first_mark[MARK + 1] = "\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6";
static const char last_mark[MARK + 1] = "\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2";

/* ---- the header -------------------------------------------------------------------------------------------------- */

static void begin(struct go_build_info *info, const struct executable *executable, const char *header, uint64_t offset)
{
	unsigned flags = (unsigned char)header[15];
	info->word = (unsigned char)header[14];
	info->big_endian = flags & 1;
	if (flags & 2) {
		info->form = GO_INLINE;
		info->text = (struct binary_capture){.offset = offset + HEADER, .wanted = VARINT};
		return;
	}
	if (info->word != 4 && info->word != 8)
		return;
	info->form = GO_POINTERS;
	struct binary_capture *const captures[] = {&info->version_at, &info->modules_at};
	for (unsigned i = 0; i < 2; i++) {
		uint64_t address = binary_word(header + 16 + i * info->word, info->big_endian, info->word);
		uint64_t place = executable_offset(executable, address, 2 * info->word);
		if (place != UINT64_MAX && place >= offset)
			*captures[i] = (struct binary_capture){.offset = place, .wanted = 2 * info->word};
	}
}

static void find_header(struct go_build_info *info, const struct executable *executable, const struct binary_view *view)
{
	for (size_t i = 0; i < view->offered && view->bytes.len - i >= HEADER; i += ALIGN) {
		if (memcmp(view->bytes.ptr + i, magic, sizeof magic) == 0 &&
		    executable_is_data(executable, view->offset + i, HEADER))
			begin(info, executable, view->bytes.ptr + i, view->offset + i);
		if (info->form != GO_UNSEEN)
			return;
	}
}

/* ---- inline: two texts with their lengths ------------------------------------------------------------------------- */

/* Reads a length from the front of the bytes and removes it. Returns false if there are too few bytes, or the length is
 * invalid. */
static bool take_varint(span *rest, uint64_t *number)
{
	*number = 0;
	for (unsigned i = 0; i < VARINT && i < rest->len; i++) {
		uint64_t byte = (unsigned char)rest->ptr[i];
		*number |= (byte & 0x7f) << (7 * i);
		if (byte < 0x80) {
			*rest = span_from(*rest, i + 1);
			return true;
		}
	}
	return false;
}

static bool take_text(span *rest, size_t limit, span *text)
{
	uint64_t length;
	if (!take_varint(rest, &length) || length > limit || length > rest->len)
		return false;
	*text = (span){rest->ptr, (size_t)length};
	*rest = span_from(*rest, (size_t)length);
	return true;
}

/* How many bytes there are, as far as the lengths that are there tell. */
static size_t inline_size(const struct binary_capture *text)
{
	span rest = {text->bytes, text->length}, version;
	uint64_t length;
	if (!take_varint(&rest, &length) || length > GO_VERSION_LIMIT)
		return 0;
	size_t known = (size_t)(rest.ptr - text->bytes) + (size_t)length + VARINT;
	rest = (span){text->bytes, text->length};
	if (!take_text(&rest, GO_VERSION_LIMIT, &version) || !take_varint(&rest, &length))
		return known;
	return length > GO_MODULES_LIMIT ? 0 : (size_t)(rest.ptr - text->bytes) + (size_t)length;
}

static int take_inline(struct go_build_info *info, const struct binary_view *view, struct arena *arena,
                       struct tarsier_error *error)
{
	size_t before;
	do {
		before = info->text.length;
		int code = binary_capture_take(&info->text, view, arena, error);
		if (code < 0)
			return code;
		if (info->text.length == info->text.wanted)
			info->text.wanted = inline_size(&info->text);
	} while (info->text.length > before);
	return TARSIER_OK;
}

/* ---- pointers: what they may lead to ------------------------------------------------------------------------------ */

static int add_candidate(struct go_build_info *info, const struct binary_view *view, size_t at, struct arena *arena,
                         struct tarsier_error *error)
{
	if (info->candidate_count == GO_CANDIDATES_LIMIT)
		return TARSIER_OK;
	struct go_candidate *grown = arena_grow(arena, info->candidates, info->candidate_count, &info->candidate_capacity,
	                                        sizeof *grown);
	if (!grown)
		return error_memory(error);
	info->candidates = grown;
	struct go_candidate *candidate = &grown[info->candidate_count++];
	size_t length = view->bytes.len - at < GO_VERSION_LIMIT ? view->bytes.len - at : GO_VERSION_LIMIT;
	*candidate = (struct go_candidate){.offset = view->offset + at};
	memcpy(candidate->text, view->bytes.ptr + at, length);
	return TARSIER_OK;
}

static int find_candidates(struct go_build_info *info, const struct binary_view *view, const char *start,
                           struct arena *arena, struct tarsier_error *error)
{
	size_t at = 0, length = strlen(start);
	int code = TARSIER_OK;
	while (code >= 0) {
		const char *found = memmem(view->bytes.ptr + at, view->bytes.len - at, start, length);
		at = found ? (size_t)(found - view->bytes.ptr) : view->offered;
		if (at >= view->offered)
			break;
		code = add_candidate(info, view, at, arena, error);
		at++;
	}
	return code;
}

static int take_modules(struct go_build_info *info, const struct binary_view *view, struct arena *arena,
                        struct tarsier_error *error)
{
	struct binary_capture *modules = &info->modules;
	if (!modules->wanted) {
		const char *found = memmem(view->bytes.ptr, view->bytes.len, first_mark, MARK);
		if (!found || (size_t)(found - view->bytes.ptr) >= view->offered)
			return TARSIER_OK;
		*modules = (struct binary_capture){.offset = view->offset + (uint64_t)(found - view->bytes.ptr),
		                                   .wanted = GO_MODULES_LIMIT};
	}
	size_t before = modules->length > MARK ? modules->length - MARK : 0;
	int code = binary_capture_take(modules, view, arena, error);
	const char *end = code < 0 ? NULL : memmem(modules->bytes + before, modules->length - before, last_mark, MARK);
	if (end) {
		modules->length = (size_t)(end - modules->bytes) + MARK;
		info->modules_end = true;
	}
	return code;
}

static int collect(struct go_build_info *info, const struct binary_view *view, struct arena *arena,
                   struct tarsier_error *error)
{
	int code = info->modules_end ? TARSIER_OK : take_modules(info, view, arena, error);
	if (code >= 0)
		code = find_candidates(info, view, "go1.", arena, error);
	return code < 0 ? code : find_candidates(info, view, "devel ", arena, error);
}

int go_build_info_take(struct go_build_info *info, const struct executable *executable, const struct binary_view *view,
                       struct arena *arena, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	if (info->form != GO_INLINE && executable->go_note)
		code = collect(info, view, arena, error);
	if (code >= 0 && info->form == GO_UNSEEN)
		find_header(info, executable, view);
	if (code >= 0 && info->form == GO_INLINE)
		code = take_inline(info, view, arena, error);
	if (code >= 0 && info->form == GO_POINTERS)
		code = binary_capture_take(&info->version_at, view, arena, error);
	if (code >= 0 && info->form == GO_POINTERS)
		code = binary_capture_take(&info->modules_at, view, arena, error);
	return code;
}

/* ---- the result --------------------------------------------------------------------------------------------------- */

/* Where the text of a captured string lies in the file, and its length. */
static bool follow(const struct go_build_info *info, const struct executable *executable,
                   const struct binary_capture *string, uint64_t *offset, uint64_t *length)
{
	if (!string->wanted || string->length < string->wanted)
		return false;
	*length = binary_word(string->bytes + info->word, info->big_endian, info->word);
	*offset = executable_offset(executable, binary_word(string->bytes, info->big_endian, info->word), *length);
	return *length && *offset != UINT64_MAX;
}

static bool get_pointed(const struct go_build_info *info, const struct executable *executable, span *version,
                        span *modules)
{
	uint64_t offset, length;
	*version = *modules = SPAN("");
	if (!follow(info, executable, &info->version_at, &offset, &length) || length > GO_VERSION_LIMIT)
		return false;
	for (size_t i = 0; i < info->candidate_count; i++)
		if (info->candidates[i].offset == offset)
			*version = (span){info->candidates[i].text, (size_t)length};
	if (info->modules_end && follow(info, executable, &info->modules_at, &offset, &length) &&
	    offset == info->modules.offset && length == info->modules.length)
		*modules = (span){info->modules.bytes, info->modules.length};
	return version->len;
}

static bool get_inline(const struct go_build_info *info, span *version, span *modules)
{
	span rest = {info->text.bytes, info->text.length};
	*modules = SPAN("");
	if (!take_text(&rest, GO_VERSION_LIMIT, version) || !version->len)
		return false;
	if (!take_text(&rest, GO_MODULES_LIMIT, modules))
		*modules = SPAN("");
	return true;
}

bool go_build_info_get(const struct go_build_info *info, const struct executable *executable, span *version,
                       span *modules)
{
	bool found = false;
	if (info->form == GO_INLINE)
		found = get_inline(info, version, modules);
	else if (info->form == GO_POINTERS)
		found = get_pointed(info, executable, version, modules);
	if (!found)
		return false;
	bool framed = modules->len > 2 * MARK && modules->ptr[modules->len - MARK - 1] == '\n';
	*modules = framed ? (span){modules->ptr + MARK, modules->len - 2 * MARK} : SPAN("");
	return true;
}
