/* the header of an executable or shared object: ELF, PE or Mach-O */
#ifndef TARSIER_INVENTORY_EXECUTABLE_H
#define TARSIER_INVENTORY_EXECUTABLE_H

#include "layer/reader.h"

enum {
	EXECUTABLE_SEGMENTS = 40,       /* that are remembered; real files have at most 20 */
	EXECUTABLE_HEAD = 64 * 1024,    /* bytes in which the tables of a header must end: real ones take some KiB */
};

struct executable_segment {
	uint64_t address, offset, size; /* in memory and in the file; size: in the file */
	bool writable, executable;
};

struct executable {
	bool big_endian;
	unsigned word;                  /* bytes of a pointer: 4 or 8 */
	struct executable_segment segments[EXECUTABLE_SEGMENTS];
	size_t segment_count;
	uint64_t loaded;                /* the offset at which the last segment ends */
	bool elf;
	bool go_note;                   /* the linker of Go has left its mark near the start */
	bool cli;                       /* a .NET assembly */
	uint64_t resources, resources_address, resources_size; /* of a PE file: their offset, their address in the image; size 0: none */
	uint64_t auditable, auditable_size; /* the section of cargo-auditable, if the header names it; else size 0 */
};

/* Do these first bytes begin an ELF executable or shared object, a PE image or a Mach-O executable, library or bundle? */
bool executable_claims(const struct claim *file);
/* Reads the header at the start of a file, of which `head` is the first EXECUTABLE_HEAD bytes or all. Tables that lead
 * outside of them are ignored. False if it is none of the three formats. */
bool executable_read(span head, struct executable *executable);
/* The offset of `size` bytes at an address of memory; UINT64_MAX if the file does not hold all of them in one segment. */
uint64_t executable_offset(const struct executable *executable, uint64_t address, uint64_t size);
/* True if all bytes from this offset lie in one segment that is writable and not executable. */
bool executable_is_data(const struct executable *executable, uint64_t offset, uint64_t size);

/* Numbers in either byte order. */
uint16_t binary_u16(const char *bytes, bool big_endian);
uint32_t binary_u32(const char *bytes, bool big_endian);
uint64_t binary_u64(const char *bytes, bool big_endian);
uint64_t binary_word(const char *bytes, bool big_endian, unsigned size); /* of 4 or 8 bytes */

#endif
