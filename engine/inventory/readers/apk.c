/* reads Alpine's package database */
#include "inventory/dependencies.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

/*
 * lib/apk/db/installed: blocks of "K:value" lines, where K is a case-sensitive letter, and an empty line after each
 * block (apk-tools, apk-package(5) and the index format). These lines are used:
 *
 *	P:libcrypto3       name
 *	V:3.3.2-r0         version
 *	A:x86_64           architecture
 *	o:openssl          origin: the source package, of the same version
 *	L:Apache-2.0       licences, most often an SPDX expression
 *	D:so:libc.musl-x86_64.so.1 busybox>=1.36      what it needs
 *	p:so:libcrypto.so.3=3 cmd:openssl=3.3.2-r0    what it provides besides its name
 *	F:usr/lib          a folder with files of the package
 *	R:libcrypto.so.3   a file in the folder named last
 */
struct block {
	const char *start; /* its first line; NULL between blocks */
	span name, version, architecture, origin, license, folder, depends, provides;
};

static void take_field(struct block *block, span line)
{
	span value = span_from(line, 2);
	switch (line.ptr[0]) {
	case 'P': block->name = value; break;
	case 'V': block->version = value; break;
	case 'A': block->architecture = value; break;
	case 'o': block->origin = value; break;
	case 'L': block->license = value; break;
	case 'D': block->depends = value; break;
	case 'p': block->provides = value; break;
	case 'F': block->folder = value; break;
	}
}

static int add_block(struct reader_output *output, const struct block *block, span requires, span provides,
                     struct tarsier_error *error)
{
	return reader_add(output,
	                       &(struct package_spans){.type = "apk",
	                                       .name = block->name,
	                                       .version = block->version,
	                                       .architecture = block->architecture,
	                                       .source_name = block->origin,
	                                       .license = block->license,
	                                       .requires = requires,
	                                       .provides = provides},
	                       error);
}

static int add(struct reader_output *output, const struct block *block, struct tarsier_error *error)
{
	struct buffer requires, provides;
	buffer_init(&requires, &output->arena->allocator);
	buffer_init(&provides, &output->arena->allocator);
	bool ok = dependencies_begin(&requires, false) && dependencies_add_words(&requires, block->depends) &&
	          dependencies_add_words(&provides, block->provides);
	int code = ok ? add_block(output, block, buffer_span(&requires), buffer_span(&provides), error) : error_memory(error);
	buffer_free(&requires);
	buffer_free(&provides);
	return code;
}

static int take_line(span line, struct block *block, struct reader_output *output, struct tarsier_error *error)
{
	if (line.len < 2 || line.ptr[1] != ':')
		return error_set(error, TARSIER_FORMAT, "package \"%.*s\": not a line of the form \"K:value\"", SPAN_ARG(block->name));
	if (line.ptr[0] == 'R')
		return reader_output_own(output, block->folder, span_from(line, 2), error);
	take_field(block, line);
	return TARSIER_OK;
}

/* Takes one block and the empty line after it. An invalid block does not affect the next one. */
static int read_block(span *rest, struct block *block, struct reader_output *output, struct tarsier_error *error)
{
	span line;
	int code = TARSIER_OK;
	*block = (struct block){0};
	while (span_next(rest, '\n', &line)) {
		if (line.len && line.ptr[line.len - 1] == '\r')
			line.len--;
		if (!line.len && block->start)
			break;
		if (line.len && !block->start)
			block->start = line.ptr;
		if (line.len && code >= 0)
			code = take_line(line, block, output, error);
	}
	return code >= 0 && block->start ? add(output, block, error) : code;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	struct block block;
	span rest = evidence->content;
	int code = TARSIER_OK;
	while (code >= 0 && rest.ptr) {
		code = read_block(&rest, &block, output, error);
		if (code < 0)
			code = reader_skip_entry(output, evidence->content, block.start, code, error);
	}
	return code;
}

const struct reader reader_apk = {
	.name = "apk",
	.version = 5,
	.evidence = (const char *const[]){"lib/apk/db/installed", "usr/lib/apk/db/installed", NULL},
	.limit = 96 << 20, /* it lists every file: 20 MB in a large image */
	.read = read,
};
