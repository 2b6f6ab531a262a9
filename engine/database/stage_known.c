/* selects which of several records of one id is valid */
#include "database/amend.h"
#include "database/checksum.h"
#include "format/cve_id.h"
#include "format/date.h"
#include "format/ecosystem.h"

#include <string.h>

static uint64_t sum_text(uint64_t sum, const char *text)
{
	return text ? checksum(sum, text, strlen(text)) : checksum(sum, "", 1);
}

static uint64_t sum_list(uint64_t sum, const char **list)
{
	for (; list && *list; list++)
		sum = sum_text(sum, *list);
	return sum_text(sum, NULL);
}

static uint64_t sum_affected(uint64_t sum, const struct affected *affected)
{
	sum = sum_text(sum_text(sum, affected->ecosystem), affected->name);
	sum = sum_text(sum_text(sum + affected->status, affected->severity_word), affected->stream);
	sum = sum_list(sum_list(sum, affected->versions), affected->cvss);
	for (size_t i = 0; i < affected->range_count; i++)
		for (size_t j = 0; j < affected->ranges[i].count; j++)
			sum = sum_text(sum + affected->ranges[i].events[j].kind + (j == 0), affected->ranges[i].events[j].version);
	return sum;
}

/* Distinguishes records with the same id and time of modification, so that their order does not matter. */
static uint64_t sum_advisory(const struct advisory *advisory)
{
	uint64_t sum = sum_text(sum_text(0, advisory->summary), advisory->details);
	sum = sum_text(sum_text(sum, advisory->url), advisory->published);
	sum = sum_list(sum_list(sum, advisory->aliases), advisory->cvss);
	sum = sum_list(sum_text(sum, advisory->severity_word), advisory->references);
	for (size_t i = 0; i < advisory->affected_count; i++)
		sum = sum_affected(sum, &advisory->affected[i]);
	return sum;
}

/* The newer record wins; of two equally new ones that of these inputs, then the withdrawn one, then always the same
 * one. */
static bool beats(const struct known_advisory *one, const struct known_advisory *other)
{
	int order = date_compare(one->modified, other->modified);
	if (order == 0)
		order = other->old - one->old;
	if (order == 0)
		order = one->withdrawn - other->withdrawn;
	return order ? order > 0 : one->content > other->content;
}

uint64_t family_bit(const struct known_family *family)
{
	return (uint64_t)1 << (family->number < 63 ? family->number : 63);
}

/* The families of a record's packages. Returns false if memory ran out. */
static bool find_families(struct database_writer *writer, const struct advisory *advisory, uint64_t *families)
{
	*families = 0;
	for (size_t i = 0; i < advisory->affected_count; i++) {
		const struct affected *affected = &advisory->affected[i];
		span key = ecosystem_key_of(&writer->scratch, span_of(affected->ecosystem), span_of(affected->purl));
		if (!key.ptr)
			return false;
		if (!ecosystem_is_known(key))
			continue;
		const struct known_family *family = writer_family(writer, ecosystem_family(key));
		if (!family)
			return false;
		*families |= family_bit(family);
	}
	return true;
}

/* A newer record takes the packages that the known one lacks along if they have no ecosystem in common: a new version of
 * a whole record has some. Returns false if memory ran out. */
static bool are_parts(struct database_writer *writer, const struct known_advisory *known,
                      const struct advisory *advisory, bool *parts)
{
	uint64_t families;
	*parts = false;
	if (!known || !known->number || !known->families || advisory->withdrawn || !advisory->affected_count)
		return true;
	if (!find_families(writer, advisory, &families))
		return false;
	*parts = families && !(families & known->families);
	return true;
}

static bool add_part(struct database_writer *writer, struct known_part **parts, uint32_t number)
{
	struct known_part *part = arena_alloc(&writer->arena, sizeof *part);
	if (part)
		*part = (struct known_part){number, *parts};
	if (part)
		*parts = part;
	return part;
}

static struct known_advisory *add_known(struct database_writer *writer, const char *id)
{
	struct known_advisory *known = arena_alloc(&writer->arena, sizeof *known);
	const char *copy = arena_string(&writer->arena, id);
	if (!known || !copy || !map_put(&writer->known, span_of(copy), known))
		return NULL;
	*known = (struct known_advisory){.id = copy};
	return known;
}

/* Makes the new record the winner. As a part of the one before, it keeps that one's packages. */
static bool replace_known(struct database_writer *writer, struct known_advisory *known, const struct known_advisory *by,
                          bool part)
{
	struct known_advisory before = *known;
	*known = *by;
	known->id = before.id;
	known->in_file = before.in_file;
	known->modified = arena_string(&writer->arena, by->modified);
	known->parts = part ? before.parts : NULL;
	known->families = part ? before.families : 0;
	if (!known->modified || (part && !add_part(writer, &known->parts, before.number)))
		return false;
	if (date_compare(known->modified, writer->newest) > 0)
		writer->newest = known->modified;
	return true;
}

/* Sets *result to the record of that id, or to NULL. */
static int find_known(struct database_writer *writer, const char *id, struct known_advisory **result,
                      struct tarsier_error *error)
{
	*result = map_get(&writer->known, span_of(id));
	return *result || !writer->amending ? 0 : amend_find(writer, id, result, error);
}

int writer_note_known(struct database_writer *writer, const struct advisory *advisory, const char *id,
                      struct known_advisory **result, uint32_t *number, struct tarsier_error *error)
{
	struct known_advisory *known;
	struct known_advisory one = {.withdrawn = advisory->withdrawn != NULL, .content = sum_advisory(advisory),
	                             .modified = date_begins(advisory->modified) ? advisory->modified : ""};
	bool part;
	*result = NULL;
	int code = find_known(writer, id, &known, error);
	if (code >= 0 && !are_parts(writer, known, advisory, &part))
		code = error_memory(error);
	if (code < 0)
		return code;
	bool wins = !known || beats(&one, known);
	/* Its packages are looked up later, in amend_compose.c. */
	if (!wins && known->old && known->in_file && !one.withdrawn)
		part = true;
	if (!wins && !part)
		return 0;
	if (!known && !(known = add_known(writer, id)))
		return error_memory(error);
	*number = one.number = one.withdrawn ? 0 : ++writer->last_number;
	if (!(wins ? replace_known(writer, known, &one, part) : add_part(writer, &known->parts, one.number)))
		return error_memory(error);
	*result = known;
	return 0;
}

/* ---- records of own feeds ---------------------------------------------------------------------------------------- */

span advisory_plain_id(const char *id)
{
	span plain, scope;
	span_cut(span_of(id), '\n', &plain, &scope);
	return plain;
}

bool advisory_only_describes(const char *id)
{
	span plain = advisory_plain_id(id);
	return plain.len < strlen(id) && cve_number(plain);
}

bool writer_is_replaced(const struct database_writer *writer, const struct known_advisory *known)
{
	span plain, scope;
	return known->old && span_cut(span_of(known->id), '\n', &plain, &scope) && map_get(&writer->scopes, scope);
}

static int note_scope(struct database_writer *writer, const char *scope, struct tarsier_error *error)
{
	if (map_get(&writer->scopes, span_of(scope)))
		return 0;
	const char *copy = arena_string(&writer->arena, scope);
	if (!copy || !map_put(&writer->scopes, span_of(copy), writer))
		return error_memory(error);
	return writer->amending ? amend_scope(writer, scope, error) : 0;
}

int writer_note_part(struct database_writer *writer, const struct advisory *advisory, const char *id,
                     struct known_advisory **result, bool *fresh, struct tarsier_error *error)
{
	char *key = arena_format(&writer->scratch, "%s\n%s", id, advisory->scope);
	int code = key ? note_scope(writer, advisory->scope, error) : error_memory(error);
	if (code < 0)
		return code;
	struct known_advisory *known = *result = map_get(&writer->known, span_of(key));
	*fresh = !known || known->old;
	if (!*fresh)
		return 0;
	if (!known) {
		known = *result = arena_alloc(&writer->arena, sizeof *known);
		char *own = arena_string(&writer->arena, key);
		if (!known || !own || !map_put(&writer->known, span_of(own), known))
			return error_memory(error);
		known->id = own;
	}
	const char *modified = date_begins(advisory->modified) ? arena_string(&writer->arena, advisory->modified) : "";
	*known = (struct known_advisory){.id = known->id, .modified = modified, .number = ++writer->last_number,
	                                 .in_file = known->in_file};
	if (modified && date_compare(modified, writer->newest) > 0)
		writer->newest = modified;
	return modified ? 0 : error_memory(error);
}
