#include "inventory/go_functions.h"

#include "base/siphash.h"
#include "format/url.h"
#include "inventory/go_binary.h"

#include <stdlib.h>
#include <string.h>

/*
 * The table (Go's debug/gosym, cmd/link/internal/ld/pcln.go; "Go 1.2 Runtime Symbol Information") begins with
 *
 *	u32 magic  0xfffffffb since Go 1.2, …fa since 1.16, …f0 since 1.18, …f1 since 1.20; in the byte order of the machine
 *	u8 0, u8 0, u8 size of an instruction: 1, 2 or 4, u8 size of a pointer
 *
 * and goes on with words. Since 1.16: functions, files, [since 1.18: start of the code,] offset of the names, offset of
 * what follows the names, three more offsets. Names end with a zero byte and include those of functions that were
 * inlined. Before: functions, two words for each, one word, u32 offset of the files, which come last; names stand
 * between the functions' data.
 *
 * A function is kept as 32 bits: 100,000 take 400 KB. A name that is not there is taken for one that is once in 40,000
 * times then, which is the harmless direction.
 */

/* ---- names and their hashes --------------------------------------------------------------------------------------- */

static uint32_t hash(span text)
{
	struct siphash state = siphash_start(0x7461727369657220, 0x676f2066756e6320);
	size_t whole = text.len - text.len % 8;
	for (size_t i = 0; i < whole; i += 8)
		siphash_word(&state, text.ptr + i);
	return (uint32_t)siphash_finish(state, text.ptr + whole, text.len);
}

/* The package's part can be exchanged: that of main becomes its import path when this is known. */
static uint32_t join(uint32_t package, uint32_t name)
{
	return package + name * 0x9e3779b1u;
}

/* In a path's last part the linker writes a dot as "%2e". In place. */
static span unescape(char *path, size_t length)
{
	size_t out = 0;
	for (span rest = {path, length}; rest.len;)
		path[out++] = url_decode_byte(&rest);
	return (span){path, out};
}

/* "(*T).Method[...]" becomes "T.Method": without what belongs to generic types, as advisories write it. In place. */
static span plain_name(char *name, size_t length)
{
	size_t out = 0, depth = 0;
	for (size_t i = 0; i < length; i++) {
		char c = name[i];
		depth += c == '[';
		if (!depth && c != '(' && c != ')' && c != '*')
			name[out++] = c;
		depth -= c == ']' && depth;
	}
	return (span){name, out};
}

/* Where the name of the package ends: at the first dot after its path's last slash, which no type argument is part of. */
static size_t package_length(span name)
{
	size_t slash = 0;
	for (size_t i = 0; i < name.len && name.ptr[i] != '[' && name.ptr[i] != '('; i++)
		slash = name.ptr[i] == '/' ? i : slash;
	for (size_t i = slash; i < name.len; i++)
		if (name.ptr[i] == '.')
			return i;
	return 0;
}

static int add_hash(struct go_functions *functions, struct go_function_list *list, size_t limit, uint32_t value,
                    struct arena *arena, struct tarsier_error *error)
{
	functions->too_many = functions->too_many || list->count >= limit;
	if (functions->too_many)
		return TARSIER_OK;
	uint32_t *items = arena_grow(arena, list->items, list->count, &list->capacity, sizeof *items);
	if (!items)
		return error_memory(error);
	list->items = items;
	items[list->count++] = value;
	return TARSIER_OK;
}

/* Functions within functions have no names that advisories could use. */
static bool is_nameless(span name)
{
	return span_contains(name, ".func") || !name.len;
}

static int add_name(struct go_functions *functions, char *text, size_t length, struct arena *arena,
                    struct tarsier_error *error)
{
	size_t cut = package_length((span){text, length});
	if (!cut || memchr(text, ':', cut))
		return TARSIER_OK;
	span package = unescape(text, cut), name = plain_name(text + cut + 1, length - cut - 1);
	bool main = span_is(package, "main");
	struct go_function_list *list = main ? &functions->main : &functions->all;
	size_t limit = main ? GO_MAIN_LIMIT : GO_FUNCTIONS_LIMIT;
	uint32_t of_package = main ? 0 : hash(package);
	bool again = list->count && functions->last == of_package;
	int code = again ? TARSIER_OK : add_hash(functions, list, limit, of_package, arena, error);
	functions->last = of_package;
	if (code >= 0 && !is_nameless(name))
		code = add_hash(functions, list, limit, join(of_package, hash(name)), arena, error);
	return code;
}

/* ---- finding the table --------------------------------------------------------------------------------------------- */

enum { STEP = 8, HEADER = 8, WORDS = 8, ALIGNMENT = 32 };
#define NAMES_LIMIT (UINT64_C(256) << 20)

/* The last byte of the magic: 0xfb, 0xfa, 0xf0, 0xf1; 0 if there is none. */
static unsigned magic_at(const char *bytes, const struct executable *executable)
{
	uint32_t magic = binary_u32(bytes, executable->big_endian);
	unsigned last = magic & 0xff, step = (unsigned char)bytes[6];
	bool known = magic >> 8 == 0xffffff && (last == 0xfb || last == 0xfa || last == 0xf0 || last == 0xf1);
	bool plausible = bytes[4] == 0 && bytes[5] == 0 && (step == 1 || step == 2 || step == 4);
	return known && plausible && (unsigned char)bytes[7] == executable->word ? last : 0;
}

static void begin_old(struct go_functions *functions, const struct executable *executable, const char *bytes)
{
	uint64_t word = executable->word, count = binary_word(bytes + HEADER, executable->big_endian, executable->word);
	if (!count || count > GO_FUNCTIONS_LIMIT)
		return;
	uint64_t end = functions->base + HEADER + word + count * 2 * word + word;
	functions->kind = GO_OLD_TABLE;
	functions->files_at = (struct binary_capture){.offset = end, .wanted = 4};
	functions->start = end + 4;
}

static void begin_table(struct go_functions *functions, const struct executable *executable, const char *bytes,
                        bool with_start)
{
	unsigned word = executable->word, first = with_start ? 3 : 2;
	uint64_t names = binary_word(bytes + HEADER + first * word, executable->big_endian, word);
	uint64_t after = binary_word(bytes + HEADER + (first + 1) * word, executable->big_endian, word);
	uint64_t least = HEADER + (uint64_t)(first + 5) * word; /* up to 1.25, the names are aligned to 32 bytes */
	if (names < least || names > least + ALIGNMENT || after <= names || after - names > NAMES_LIMIT)
		return;
	functions->kind = GO_TABLE;
	functions->start = functions->base + names;
	functions->end = functions->base + after;
}

static void find_table(struct go_functions *functions, const struct executable *executable,
                       const struct binary_view *view)
{
	size_t header = HEADER + (size_t)WORDS * executable->word;
	for (size_t i = 0; i < view->offered && view->bytes.len - i >= header; i += STEP) {
		const char *bytes = view->bytes.ptr + i;
		unsigned magic = magic_at(bytes, executable);
		if (!magic)
			continue;
		functions->base = view->offset + i;
		if (magic == 0xfb)
			begin_old(functions, executable, bytes);
		else
			begin_table(functions, executable, bytes, magic != 0xfa);
		if (functions->kind != GO_NO_TABLE)
			return;
	}
}

/* ---- the names ------------------------------------------------------------------------------------------------------ */

/* In an old table, names stand between numbers: what is no text ends what came before as a zero byte does. */
static bool ends_name(const struct go_functions *functions, char c)
{
	return !c || (functions->kind == GO_OLD_TABLE && (unsigned char)c < 0x20);
}

/* In an old table of a big-endian machine the last bytes of a pointer stand before a name, and may look like a part of it:
 * then what is behind one to seven of them may be the name as well. */
static int end_name(struct go_functions *functions, bool big_endian, struct arena *arena, struct tarsier_error *error)
{
	char copy[GO_NAME_LIMIT];
	size_t length = functions->length, most = functions->kind == GO_OLD_TABLE && big_endian ? 7 : 0;
	int code = TARSIER_OK;
	functions->length = 0;
	for (size_t skip = 0; skip <= most && skip < length && length < GO_NAME_LIMIT && code >= 0; skip++) {
		memcpy(copy, functions->name + skip, length - skip);
		code = add_name(functions, copy, length - skip, arena, error);
	}
	return code;
}

static int take_names(struct go_functions *functions, bool big_endian, span bytes, struct arena *arena,
                      struct tarsier_error *error)
{
	int code = TARSIER_OK;
	for (size_t i = 0; i < bytes.len && code >= 0; i++) {
		char c = bytes.ptr[i];
		if (!ends_name(functions, c)) {
			if (functions->length < GO_NAME_LIMIT)
				functions->name[functions->length++] = c;
			continue;
		}
		code = end_name(functions, big_endian, arena, error);
	}
	return code;
}

/* The window's part of the names, of which each byte is taken once. */
static int take_window(struct go_functions *functions, bool big_endian, const struct binary_view *view,
                       struct arena *arena, struct tarsier_error *error)
{
	uint64_t from = functions->start > view->offset ? functions->start : view->offset;
	uint64_t end = view->offset + view->offered;
	end = functions->end < end ? functions->end : end;
	if (from >= end)
		return TARSIER_OK;
	span names = {view->bytes.ptr + (from - view->offset), (size_t)(end - from)};
	return take_names(functions, big_endian, names, arena, error);
}

int go_functions_take(struct go_functions *functions, const struct executable *executable, const struct binary_view *view,
                      struct arena *arena, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	if (functions->kind == GO_NO_TABLE)
		find_table(functions, executable, view);
	if (functions->kind == GO_OLD_TABLE && !functions->end) {
		code = binary_capture_take(&functions->files_at, view, arena, error);
		if (functions->files_at.length == functions->files_at.wanted)
			functions->end = functions->base + binary_u32(functions->files_at.bytes, executable->big_endian);
	}
	if (code < 0 || functions->too_many)
		return code;
	/* Without a table, and before an old one's end is known, the end is 0: there are no names. */
	return take_window(functions, executable->big_endian, view, arena, error);
}

/* ---- the result ----------------------------------------------------------------------------------------------------- */

static int compare_hashes(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
	return (one > other) - (one < other);
}

/* The system or the processor that the executable was built for, as if it were a function. */
static int add_setting(struct go_functions *functions, span modules, const char *key, struct arena *arena,
                       struct tarsier_error *error)
{
	span value = go_build_setting(modules, key);
	uint32_t of_key = hash(span_of(key));
	if (!value.len)
		return TARSIER_OK;
	int code = add_hash(functions, &functions->all, GO_FUNCTIONS_LIMIT + 4, of_key, arena, error);
	return code < 0 ? code : add_hash(functions, &functions->all, GO_FUNCTIONS_LIMIT + 4, join(of_key, hash(value)), arena, error);
}

int go_functions_add(struct go_functions *functions, span modules, struct arena *arena, struct reader_output *output,
                     struct tarsier_error *error)
{
	struct go_function_list *all = &functions->all, *main = &functions->main;
	if (!(all->count + main->count) || functions->too_many)
		return TARSIER_OK;
	int code = add_setting(functions, modules, "GOOS", arena, error);
	if (code >= 0)
		code = add_setting(functions, modules, "GOARCH", arena, error);
	if (code < 0)
		return code;
	size_t count = all->count + main->count, kept = 0;
	uint32_t *hashes = arena_array(output->arena, count, sizeof *hashes), of_main = hash(go_main_path(modules));
	if (!hashes)
		return error_memory(error);
	memcpy(hashes, all->items, all->count * sizeof *hashes);
	for (size_t i = 0; i < main->count; i++)
		hashes[all->count + i] = of_main + main->items[i];
	qsort(hashes, count, sizeof *hashes, compare_hashes);
	for (size_t i = 0; i < count; i++)
		if (!i || hashes[i] != hashes[i - 1])
			hashes[kept++] = hashes[i];
	output->functions = hashes;
	output->function_count = kept;
	return TARSIER_OK;
}

static bool has(const struct tarsier_functions *functions, uint32_t value)
{
	return bsearch(&value, functions->hashes, functions->count, sizeof value, compare_hashes);
}

/* Does the line name systems or processors, and not the executable's? If the executable does not say, it may be any. */
static bool is_elsewhere(const struct tarsier_functions *functions, span line, const char *word, const char *key)
{
	span name;
	uint32_t of_key = hash(span_of(key));
	bool named = false, here = !has(functions, of_key);
	while (span_next(&line, ' ', &name)) {
		if (!span_starts(name, word))
			continue;
		named = true;
		here = here || has(functions, join(of_key, hash(span_from(name, strlen(word)))));
	}
	return named && !here;
}

static bool line_is_present(const struct tarsier_functions *functions, span line)
{
	span package, name;
	bool named = false;
	if (!span_next(&line, ' ', &package) || is_elsewhere(functions, line, "os=", "GOOS") ||
	    is_elsewhere(functions, line, "arch=", "GOARCH"))
		return false;
	uint32_t of_package = hash(package);
	while (span_next(&line, ' ', &name)) {
		if (span_starts(name, "os=") || span_starts(name, "arch="))
			continue;
		named = true;
		if (has(functions, join(of_package, hash(name))))
			return true;
	}
	return !named && has(functions, of_package);
}

const char *go_functions_state(const struct tarsier_functions *functions, span symbols)
{
	for (span line; span_next(&symbols, '\n', &line);)
		if (line_is_present(functions, line))
			return "present";
	return "absent";
}
