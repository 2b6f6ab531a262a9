/* reads Swift packages that a build checked out */
#include "format/json.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

#include <stdio.h>

/*
 * The Swift package manager records in PROJECT/.build/workspace-state.json what it has checked out:
 *
 *	{"object": {"dependencies": [{"packageRef": {"identity": …, "location": "https://github.com/apple/swift-nio.git"},
 *	                              "state": {"checkoutState": {"revision": …, "version": "2.41.0"}}}, …]}}
 *
 * Before version 4 of this format "location" was called "path". OSV's SwiftURL names a package by its address without
 * scheme and ".git": "github.com/apple/swift-nio". A dependency on a branch has no version, and one in a folder of this
 * machine no address: both are left out.
 */
enum { FILE_LIMIT = 4 << 20 };

/* "https://host/owner/name.git", "git@host:owner/name" → "host/owner/name"; "" for any other text */
static span address(struct arena *arena, span location)
{
	span before, after;
	if (span_starts(location, "git@") && span_cut(span_from(location, 4), ':', &before, &after))
		location = span_of(arena_format(arena, "%.*s/%.*s", SPAN_WHOLE(before), SPAN_WHOLE(after)));
	else if (span_starts(location, "https://"))
		location = span_from(location, sizeof "https://" - 1);
	else
		return SPAN("");
	if (span_ends(location, ".git"))
		location.len -= sizeof ".git" - 1;
	return location;
}

static int add_dependency(struct arena *scratch, const json_t *entry, struct reader_output *output,
                          struct tarsier_error *error)
{
	const json_t *reference = json_member(entry, "packageRef");
	const json_t *checkout = json_member(json_member(entry, "state"), "checkoutState");
	span location = span_of(json_text(reference, "location"));
	if (!location.len)
		location = span_of(json_text(reference, "path"));
	const struct package_spans package = {.type = "swift", .ecosystem = "SwiftURL", .name = address(scratch, location),
	                                      .version = span_of(json_text(checkout, "version"))};
	if (!package.name.len || !package.version.len)
		return TARSIER_OK;
	int code = reader_add(output, &package, error);
	return code == TARSIER_FORMAT ? reader_output_note(output, true, error ? error->message : "broken", error) : code;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	json_t *file;
	const json_t *entry;
	size_t i;
	struct arena scratch;
	arena_init(&scratch, &output->arena->allocator);
	int code = json_parse(evidence->content, FILE_LIMIT, "workspace-state.json", &file, error);
	json_array_foreach(json_list(json_member(file, "object"), "dependencies"), i, entry) {
		code = add_dependency(&scratch, entry, output, error);
		if (code < 0)
			break;
	}
	json_decref(file);
	arena_free(&scratch);
	return reader_skip_file(output, code, error);
}

const struct reader reader_swift = {
	.name = "swift",
	.version = 2,
	.evidence = (const char *const[]){"**/.build/workspace-state.json", NULL},
	.limit = FILE_LIMIT,
	.read = read,
};
