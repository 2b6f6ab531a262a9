#include "layer/reader_output.h"

#include "layer/layer.h"

#include <string.h>

enum { OWNED_PATH_LIMIT = 4096 }; /* PATH_MAX: no file with a longer path can be unpacked */

static bool is_missing(const char *string)
{
	return !string || !*string;
}

/* Copies the strings; the package then borrows nothing of the reader's. False when the arena ran out. */
static bool copy_strings(struct arena *arena, struct package *package)
{
	const char **const fields[] = {
		&package->type,        &package->name,           &package->version,   &package->architecture,
		&package->source_name, &package->source_version, &package->ecosystem, &package->module,
		&package->vendor,      &package->licenses,     &package->inner, &package->found_by,
		&package->requires,    &package->provides,
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (is_missing(*fields[i]))
			*fields[i] = "";
		else if (!(*fields[i] = arena_string(arena, *fields[i])))
			return false;
	}
	return true;
}

/* Most files hold one package, and an image may have 50,000 of them: room for more comes with the second. */
static struct package *make_room(struct reader_output *output)
{
	if (output->capacity)
		return arena_grow(output->arena, output->packages, output->count, &output->capacity, sizeof *output->packages);
	output->capacity = 1;
	return arena_array(output->arena, 1, sizeof *output->packages);
}

int reader_output_add(struct reader_output *output, const struct package *package, struct tarsier_error *error)
{
	if (is_missing(package->name) || is_missing(package->version))
		return reader_output_disown(output), TARSIER_OK;
	if (output->count >= READER_OUTPUT_LIMIT)
		return error_set(error, TARSIER_LIMIT, "more than %d packages in one file", READER_OUTPUT_LIMIT);
	struct package own = *package;
	struct package *packages = make_room(output);
	if (!packages)
		return error_memory(error);
	output->packages = packages;
	if (!copy_strings(output->arena, &own))
		return error_memory(error);
	own.owned = (uint32_t)(output->owned_count - output->owned_given);
	output->owned_given = output->owned_count;
	packages[output->count++] = own;
	return TARSIER_OK;
}

/* Folder and name joined, without leading slashes and "./"; empty if the path is too long or names nothing. */
static span join_path(char room[OWNED_PATH_LIMIT], span folder, span name)
{
	if (folder.len + name.len + 1 >= OWNED_PATH_LIMIT)
		return SPAN("");
	if (folder.len)
		memcpy(room, folder.ptr, folder.len);
	room[folder.len] = '/';
	if (name.len)
		memcpy(room + folder.len + 1, name.ptr, name.len);
	span path = {room, folder.len + 1 + name.len};
	while (span_starts(path, "/") || span_starts(path, "./"))
		path = span_from(path, 1);
	return path;
}

int reader_output_own(struct reader_output *output, span folder, span name, struct tarsier_error *error)
{
	char room[OWNED_PATH_LIMIT];
	span path = join_path(room, folder, name);
	if (!path.len)
		return TARSIER_OK;
	if (output->owned_count >= READER_OWNED_LIMIT)
		return error_set(error, TARSIER_LIMIT, "packages in one file own more than %d files", READER_OWNED_LIMIT);
	uint64_t *owned = arena_grow(output->arena, output->owned, output->owned_count, &output->owned_capacity,
	                             sizeof *owned);
	if (!owned)
		return error_memory(error);
	output->owned = owned;
	owned[output->owned_count++] = path_hash(path, false);
	return TARSIER_OK;
}

void reader_output_disown(struct reader_output *output)
{
	output->owned_count = output->owned_given;
}

int reader_output_set_owner(struct reader_output *output, span owner, struct tarsier_error *error)
{
	output->owner = span_copy(output->arena, owner);
	return output->owner ? TARSIER_OK : error_memory(error);
}

int reader_output_note(struct reader_output *output, bool unreadable, const char *text, struct tarsier_error *error)
{
	if (output->note_count >= READER_NOTES_LIMIT) {
		output->notes[READER_NOTES_LIMIT - 1].unreadable |= unreadable; /* or the scan would pass */
		return TARSIER_OK;
	}
	if (output->note_count == READER_NOTES_LIMIT - 1)
		text = "there are more such entries; only the first are reported";
	struct reader_note *notes = arena_grow(output->arena, output->notes, output->note_count, &output->note_capacity,
	                                       sizeof *notes);
	const char *copy = arena_string(output->arena, text);
	if (!notes || !copy)
		return error_memory(error);
	output->notes = notes;
	notes[output->note_count++] = (struct reader_note){unreadable, copy};
	return TARSIER_OK;
}
