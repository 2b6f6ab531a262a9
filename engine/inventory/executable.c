#include "inventory/executable.h"

#include <string.h>

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

uint16_t binary_u16(const char *bytes, bool big_endian)
{
	unsigned a = (unsigned char)bytes[0], b = (unsigned char)bytes[1];
	return (uint16_t)(big_endian ? a << 8 | b : b << 8 | a);
}

uint32_t binary_u32(const char *bytes, bool big_endian)
{
	uint32_t first = binary_u16(bytes, big_endian), second = binary_u16(bytes + 2, big_endian);
	return big_endian ? first << 16 | second : second << 16 | first;
}

uint64_t binary_u64(const char *bytes, bool big_endian)
{
	uint64_t first = binary_u32(bytes, big_endian), second = binary_u32(bytes + 4, big_endian);
	return big_endian ? first << 32 | second : second << 32 | first;
}

uint64_t binary_word(const char *bytes, bool big_endian, unsigned size)
{
	return size == 8 ? binary_u64(bytes, big_endian) : binary_u32(bytes, big_endian);
}

/* The `size` bytes at `offset`, or NULL. */
static const char *at(span head, uint64_t offset, uint64_t size)
{
	return offset <= head.len && size <= head.len - offset ? head.ptr + offset : NULL;
}

/* ---- first bytes ------------------------------------------------------------------------------------------------- */

static bool is_elf(span head)
{
	/* EI_CLASS, EI_DATA, and e_type: executable or shared object */
	if (head.len < CLAIM_HEAD || memcmp(head.ptr, "\x7f" "ELF", 4) != 0)
		return false;
	uint16_t type = binary_u16(head.ptr + 16, head.ptr[5] == 2);
	return (head.ptr[4] == 1 || head.ptr[4] == 2) && (head.ptr[5] == 1 || head.ptr[5] == 2) && (type == 2 || type == 3);
}

static bool is_pe(span head)
{
	return head.len >= CLAIM_HEAD && memcmp(head.ptr, "MZ", 2) == 0 &&
	       binary_u32(head.ptr + 0x3c, false) < EXECUTABLE_HEAD;
}

/* The last byte of the magic is 0xce for 32 bits, 0xcf for 64; filetype: MH_EXECUTE, MH_DYLIB, MH_BUNDLE. */
static bool is_macho(span head)
{
	bool big = head.len >= 32 && memcmp(head.ptr, "\xfe\xed\xfa", 3) == 0;
	bool little = head.len >= 32 && memcmp(head.ptr + 1, "\xfa\xed\xfe", 3) == 0;
	if (!big && !little)
		return false;
	unsigned last = (unsigned char)head.ptr[big ? 3 : 0];
	uint32_t type = binary_u32(head.ptr + 12, big);
	return (last == 0xce || last == 0xcf) && (type == 2 || type == 6 || type == 8);
}

/* A file for several processors. A Java class has the same magic, and then its version, which is at least 45. */
static bool is_fat(span head)
{
	return head.len >= CLAIM_HEAD && memcmp(head.ptr, "\xca\xfe\xba\xbe", 4) == 0 &&
	       binary_u32(head.ptr + 4, true) - 1 < 30;
}

bool executable_claims(const struct claim *file)
{
	return is_elf(file->head) || is_pe(file->head) || is_macho(file->head) || is_fat(file->head);
}

/* ---- segments ---------------------------------------------------------------------------------------------------- */

static void add_segment(struct executable *executable, const struct executable_segment *segment)
{
	if (!segment->size || segment->size > UINT64_MAX - segment->offset ||
	    executable->segment_count == EXECUTABLE_SEGMENTS)
		return;
	executable->segments[executable->segment_count++] = *segment;
	if (segment->offset + segment->size > executable->loaded)
		executable->loaded = segment->offset + segment->size;
}

static const struct executable_segment *segment_at(const struct executable *executable, uint64_t offset, uint64_t size)
{
	for (size_t i = 0; i < executable->segment_count; i++) {
		const struct executable_segment *segment = &executable->segments[i];
		if (offset >= segment->offset && offset - segment->offset < segment->size &&
		    size <= segment->size - (offset - segment->offset))
			return segment;
	}
	return NULL;
}

bool executable_is_data(const struct executable *executable, uint64_t offset, uint64_t size)
{
	const struct executable_segment *segment = segment_at(executable, offset, size);
	return segment && segment->writable && !segment->executable;
}

uint64_t executable_offset(const struct executable *executable, uint64_t address, uint64_t size)
{
	for (size_t i = 0; i < executable->segment_count; i++) {
		const struct executable_segment *segment = &executable->segments[i];
		if (address >= segment->address && address - segment->address < segment->size &&
		    size <= segment->size - (address - segment->address))
			return segment->offset + (address - segment->address);
	}
	return UINT64_MAX;
}

/* ---- ELF: System V ABI, "Object Files" --------------------------------------------------------------------------- */

enum { PT_LOAD = 1, PT_NOTE = 4 };

/* A note: u32 length of its name, u32 length of its value, u32 type, name, value. Go's is named "Go". */
static bool is_go_note(span head, uint64_t offset, bool big)
{
	const char *note = at(head, offset, 16);
	return note && binary_u32(note, big) == 4 && memcmp(note + 12, "Go\0\0", 4) == 0;
}

static bool read_elf(span head, struct executable *executable)
{
	const char *elf = head.ptr;
	bool wide = elf[4] == 2, big = elf[5] == 2;
	unsigned word = wide ? 8 : 4;
	uint64_t table = binary_word(elf + (wide ? 32 : 28), big, word);
	unsigned size = binary_u16(elf + (wide ? 54 : 42), big), count = binary_u16(elf + (wide ? 56 : 44), big);
	executable->elf = true;
	executable->big_endian = big;
	executable->word = word;
	for (unsigned i = 0; i < count && size >= (wide ? 56 : 32); i++) {
		const char *entry = at(head, table + (uint64_t)i * size, size);
		if (!entry)
			break;
		uint32_t type = binary_u32(entry, big), flags = binary_u32(entry + (wide ? 4 : 24), big);
		struct executable_segment segment = {
			.offset = binary_word(entry + (wide ? 8 : 4), big, word),
			.address = binary_word(entry + (wide ? 16 : 8), big, word),
			.size = binary_word(entry + (wide ? 32 : 16), big, word),
			.executable = flags & 1,
			.writable = flags & 2,
		};
		if (type == PT_LOAD)
			add_segment(executable, &segment);
		executable->go_note = executable->go_note || (type == PT_NOTE && is_go_note(head, segment.offset, big));
	}
	return true;
}

/* ---- PE: Microsoft's "PE Format" --------------------------------------------------------------------------------- */

enum { SECTION = 40, MEMORY_EXECUTE = 0x20000000, DIRECTORY_RESOURCES = 2, DIRECTORY_CLI = 14 };
#define MEMORY_WRITE UINT32_C(0x80000000)

static void read_section(const char *section, uint64_t base, struct executable *executable)
{
	uint32_t flags = binary_u32(section + 36, false), in_memory = binary_u32(section + 8, false);
	struct executable_segment segment = {
		.address = base + binary_u32(section + 12, false),
		.size = binary_u32(section + 16, false),
		.offset = binary_u32(section + 20, false),
		.executable = flags & MEMORY_EXECUTE,
		.writable = flags & MEMORY_WRITE,
	};
	if (memcmp(section, ".dep-v0", 8) == 0) {
		executable->auditable = segment.offset;
		executable->auditable_size = in_memory && in_memory < segment.size ? in_memory : segment.size;
	}
	add_segment(executable, &segment);
}

static uint32_t count_directories(span head, uint64_t offset)
{
	const char *count = at(head, offset, 4);
	return count ? binary_u32(count, false) : 0;
}

/* `directories`: the offset of the table of data directories, each an address and a size. */
static void read_resources(span head, uint64_t directories, uint64_t base, struct executable *executable)
{
	const char *resources = at(head, directories + 8 * DIRECTORY_RESOURCES, 8);
	const char *cli = at(head, directories + 8 * DIRECTORY_CLI, 8);
	if (!resources || !cli)
		return;
	executable->cli = binary_u32(cli, false) && binary_u32(cli + 4, false);
	executable->resources_address = binary_u32(resources, false);
	executable->resources = executable_offset(executable, base + executable->resources_address, 1);
	executable->resources_size = executable->resources == UINT64_MAX ? 0 : binary_u32(resources + 4, false);
}

static bool read_pe(span head, struct executable *executable)
{
	uint64_t start = binary_u32(head.ptr + 0x3c, false);
	const char *pe = at(head, start, 56);
	if (!pe || memcmp(pe, "PE\0\0", 4) != 0)
		return false;
	unsigned count = binary_u16(pe + 6, false), optional = binary_u16(pe + 20, false), magic = binary_u16(pe + 24, false);
	executable->word = magic == 0x20b ? 8 : 4;
	uint64_t base = executable->word == 8 ? binary_u64(pe + 48, false) : binary_u32(pe + 52, false);
	for (unsigned i = 0; i < count; i++) {
		const char *section = at(head, start + 24 + optional + (uint64_t)i * SECTION, SECTION);
		if (!section)
			break;
		read_section(section, base, executable);
	}
	uint64_t directories = executable->word == 8 ? 112 : 96;
	if (optional >= directories && count_directories(head, start + 24 + directories - 4) > DIRECTORY_CLI)
		read_resources(head, start + 24 + directories, base, executable);
	return true;
}

/* ---- Mach-O: <mach-o/loader.h>, <mach-o/fat.h> ------------------------------------------------------------------- */

enum { LC_SEGMENT = 0x1, LC_SEGMENT_64 = 0x19, PROT_WRITE = 2, PROT_EXECUTE = 4 };

static void read_macho_sections(span command, uint64_t base, bool wide, struct executable *executable)
{
	bool big = executable->big_endian;
	unsigned word = executable->word, start = wide ? 72 : 56, size = wide ? 80 : 68;
	uint32_t count = binary_u32(command.ptr + (wide ? 64 : 48), big);
	for (uint32_t i = 0; i < count; i++) {
		const char *section = at(command, start + (uint64_t)i * size, size);
		if (!section)
			return;
		if (memcmp(section, ".dep-v0", 8) == 0) {
			executable->auditable = base + binary_u32(section + 32 + 2 * word, big);
			executable->auditable_size = binary_word(section + 32 + word, big, word);
		}
	}
}

static void read_command(span command, uint64_t base, struct executable *executable)
{
	bool big = executable->big_endian;
	uint32_t type = binary_u32(command.ptr, big);
	bool wide = type == LC_SEGMENT_64;
	unsigned word = wide ? 8 : 4;
	if ((!wide && type != LC_SEGMENT) || command.len < (wide ? 72 : 56) || word != executable->word)
		return;
	uint32_t protection = binary_u32(command.ptr + 24 + 4 * word + 4, big);
	struct executable_segment segment = {
		.address = binary_word(command.ptr + 24, big, word),
		.offset = base + binary_word(command.ptr + 24 + 2 * word, big, word),
		.size = binary_word(command.ptr + 24 + 3 * word, big, word),
		.executable = protection & PROT_EXECUTE,
		.writable = protection & PROT_WRITE,
	};
	add_segment(executable, &segment);
	read_macho_sections(command, base, wide, executable);
}

/* `base`: where it begins in the file. */
static bool read_macho(span head, uint64_t base, struct executable *executable)
{
	span file = span_from(head, (size_t)base);
	if (!is_macho(file))
		return false;
	bool big = (unsigned char)file.ptr[0] == 0xfe;
	executable->big_endian = big;
	executable->word = (unsigned char)file.ptr[big ? 3 : 0] == 0xcf ? 8 : 4;
	uint32_t count = binary_u32(file.ptr + 16, big);
	uint64_t place = executable->word == 8 ? 32 : 28;
	for (uint32_t i = 0; i < count; i++) {
		const char *command = at(file, place, 8);
		uint32_t size = command ? binary_u32(command + 4, big) : 0;
		if (size < 8 || !at(file, place, size))
			break;
		read_command((span){command, size}, base, executable);
		place += size;
	}
	return true;
}

/* ---- all three --------------------------------------------------------------------------------------------------- */

/* Outside ELF, Go's linker writes its build ID at the start of the code. */
static bool has_go_build_id(span head)
{
	static const char mark[] = "\xff Go build ID: \"";
	return memmem(head.ptr, head.len, mark, sizeof mark - 1);
}

bool executable_read(span head, struct executable *executable)
{
	*executable = (struct executable){.word = 8};
	if (is_elf(head))
		return read_elf(head, executable);
	executable->go_note = has_go_build_id(head);
	if (is_pe(head))
		return read_pe(head, executable);
	if (is_fat(head)) /* of the processors, the first, as Go's own tools do */
		return read_macho(head, binary_u32(head.ptr + 16, true), executable);
	return read_macho(head, 0, executable);
}
