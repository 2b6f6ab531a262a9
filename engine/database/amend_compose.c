/* writes the changed records into the copy of a database */
#include "database/amend.h"

/* ---- the records that go ---------------------------------------------------------------------------------------------- */

static int touch_cves(struct database_writer *writer, const struct advisory_text *text, struct tarsier_error *error)
{
	for (size_t i = 0; i < text->cve_count; i++) {
		struct cve_entry *entry = cve_table_at(&writer->cves, text->cves[i]);
		if (!entry)
			return error_memory(error);
		entry->touched = true;
	}
	return 0;
}

/* Replaced, withdrawn, or of an own feed that was read again. */
static bool is_dropped(const struct database_writer *writer, const struct known_advisory *known)
{
	return known && known->in_file && (!known->old || writer_is_replaced(writer, known));
}

/* It stays, but an older record of its id may have packages that it lacks. */
static bool may_gain(const struct known_advisory *known)
{
	return known && known->in_file && known->old && known->parts;
}

static int ask_records(struct composing *composing, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	struct amending *amending = writer->amending;
	struct advisory_text text;
	int code = 0;
	for (size_t i = 0; i < writer->known.count && code >= 0; i++) {
		struct known_advisory *known = writer->known.entries[i].value;
		bool dropped = is_dropped(writer, known);
		if (!dropped && !may_gain(known))
			continue;
		arena_reset(&writer->scratch);
		code = dropped ? connection_advisory_text(amending->connection, &writer->scratch, known->in_file, &text, error) : 0;
		if (code >= 0 && dropped)
			code = touch_cves(writer, &text, error);
		if (code >= 0 && !map_put_number(&amending->asked, known->in_file, known))
			code = error_memory(error);
	}
	return code;
}

/* ---- the packages that had them --------------------------------------------------------------------------------------- */

/* A package that has rows of records that go, one for each. */
struct finding_rows {
	struct composing *composing;
	struct known_ecosystem **by_final; /* by the number in the file */
	int last;
	struct had { struct known_ecosystem *ecosystem; const char *package; struct known_advisory *known; } *list;
	size_t count, capacity;
};

static int take_package(void *user, sqlite3_stmt *row, struct tarsier_error *error)
{
	struct finding_rows *finding = user;
	struct database_writer *writer = finding->composing->writer;
	struct package_rows rows;
	int ecosystem = sqlite3_column_int(row, 0);
	arena_reset(&writer->scratch);
	int code = package_rows_open(&rows, &writer->scratch, column_span(row, 2), error);
	while (code >= 0 && (code = package_rows_next(&rows, error)) > 0) {
		struct known_advisory *known = map_get_number(&writer->amending->asked, rows.row.advisory);
		if (!known || ecosystem < 1 || ecosystem > finding->last || !finding->by_final[ecosystem])
			continue;
		finding->list = arena_grow(&writer->arena, finding->list, finding->count, &finding->capacity, sizeof *finding->list);
		const char *package = span_copy(&writer->arena, column_span(row, 1));
		if (!finding->list || !package)
			return error_memory(error);
		finding->list[finding->count++] = (struct had){finding->by_final[ecosystem], package, known};
		known->had |= family_bit(finding->by_final[ecosystem]->family);
	}
	return code;
}

static int index_ecosystems(struct finding_rows *finding, struct tarsier_error *error)
{
	struct composing *composing = finding->composing;
	for (struct known_ecosystem **known = composing->ecosystems; *known; known++)
		finding->last = (*known)->final > finding->last ? (*known)->final : finding->last;
	composing->last_ecosystem = finding->last;
	finding->by_final = arena_array(&composing->writer->arena, (size_t)finding->last + 1, sizeof *finding->by_final);
	if (!finding->by_final)
		return error_memory(error);
	for (struct known_ecosystem **known = composing->ecosystems; *known; known++)
		if ((*known)->final > 0)
			finding->by_final[(*known)->final] = *known;
	return 0;
}

/* Records of one id without a common ecosystem are parts of one advisory. */
static bool are_parts(const struct known_advisory *known)
{
	return known->number && known->families && known->had && !(known->families & known->had);
}

bool amend_drops(const struct database_writer *writer, uint32_t number)
{
	const struct known_advisory *known = map_get_number(&writer->amending->asked, number);
	return is_dropped(writer, known) && !are_parts(known);
}

/* Subtracts a record from the count of a family, once however many packages it has. */
static int count_out(struct composing *composing, struct known_family *family, uint32_t number,
                     struct tarsier_error *error)
{
	if (!family->gone)
		family->gone = arena_alloc(&composing->writer->arena, composing->writer->amending->last / 8 + 1);
	if (!family->gone)
		return error_memory(error);
	uint8_t *byte = &family->gone[number / 8], bit = (uint8_t)(1u << number % 8);
	if (!(*byte & bit) && family->records)
		family->records--;
	*byte |= bit;
	return 0;
}

/* Stages every package that had such a record, without rows of its own, so that it is written again. */
static int drop_rows(struct finding_rows *finding, struct tarsier_error *error)
{
	struct database_writer *writer = finding->composing->writer;
	struct row_writer nothing;
	int code = 0;
	for (size_t i = 0; i < finding->count && code >= 0; i++) {
		struct had *had = &finding->list[i];
		if (!amend_drops(writer, had->known->in_file))
			continue;
		arena_reset(&writer->scratch);
		row_writer_init(&nothing, &writer->scratch);
		code = writer_stage_rows(writer, had->ecosystem->number, had->package, 0, &nothing, error);
		row_writer_free(&nothing);
		if (code >= 0)
			code = count_out(finding->composing, had->ecosystem->family, had->known->in_file, error);
	}
	return code;
}

/* Takes the packages of older records of an id if they are parts. */
static void gain_parts(struct composing *composing)
{
	const struct map *asked = &composing->writer->amending->asked;
	for (size_t i = 0; i < asked->count; i++) {
		struct known_advisory *known = asked->entries[i].value;
		if (!may_gain(known) || !are_parts(known))
			continue;
		known->final = known->in_file;
		for (const struct known_part *part = known->parts; part; part = part->next)
			composing->advisories[part->number] = known;
	}
}

static int find_rows(struct composing *composing, struct tarsier_error *error)
{
	struct finding_rows finding = {.composing = composing};
	int code = index_ecosystems(&finding, error);
	if (code >= 0 && composing->writer->amending->asked.count)
		code = amend_each(composing->writer, "SELECT ecosystem, name, rows FROM package", take_package, &finding, error);
	gain_parts(composing);
	return code < 0 ? code : drop_rows(&finding, error);
}

/* ---- other advisories about the same CVEs ----------------------------------------------------------------------------- */

static int take_head(void *user, sqlite3_stmt *row, struct tarsier_error *error)
{
	struct database_writer *writer = user;
	struct amending *amending = writer->amending;
	uint32_t number = (uint32_t)sqlite3_column_int64(row, 0);
	struct advisory_text text = {.id = ""};
	bool names = false;
	arena_reset(&writer->scratch);
	int code = advisory_text_read_head(&writer->scratch, column_span(row, 2), &text, error);
	const char *id = NULL;
	for (size_t i = 0; i < text.cve_count && code >= 0; i++) {
		uintptr_t index = (uintptr_t)map_get_number(&writer->cves.numbers, text.cves[i]);
		struct cve_entry *entry = index ? &writer->cves.items[index - 1] : NULL;
		if (!entry || is_dropped(writer, map_get_number(&amending->asked, number)))
			continue;
		if (!id && !(id = span_copy(&writer->scratch, column_span(row, 1))))
			return error_memory(error);
		entry->named = entry->named || !advisory_only_describes(id);
		names = names || entry->touched;
	}
	if (code < 0 || !names)
		return code;
	amending->witnesses = arena_grow(&writer->arena, amending->witnesses, amending->witness_count,
	                                 &amending->witness_capacity, sizeof *amending->witnesses);
	id = arena_string(&writer->arena, id);
	if (!amending->witnesses || !id)
		return error_memory(error);
	amending->witnesses[amending->witness_count++] = (struct witness){number, id};
	return 0;
}

static int find_witnesses(struct composing *composing, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	bool any = false;
	for (size_t i = 0; i < writer->cves.count; i++) {
		writer->cves.items[i].touched = writer->cves.items[i].touched || writer->cves.items[i].stated;
		any = any || writer->cves.items[i].touched;
	}
	return any ? amend_each(writer, "SELECT number, id, head FROM advisory", take_head, writer, error) : 0;
}

/* ---- texts ------------------------------------------------------------------------------------------------------------ */

/* Deletes the texts of the records that go. compose_texts writes those that are replaced. */
static int delete_texts(struct composing *composing, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	const struct map *asked = &writer->amending->asked;
	sqlite3_stmt *delete = NULL;
	int code = writer_prepare(writer, "DELETE FROM advisory WHERE number=?1", &delete, error);
	for (size_t i = 0; i < asked->count && code >= 0; i++) {
		const struct known_advisory *known = asked->entries[i].value;
		uint32_t number = known->in_file;
		if (!is_dropped(writer, known))
			continue;
		compose_count(writer, (span){(const char *)&number, sizeof number});
		sqlite3_bind_int64(delete, 1, number);
		code = writer_step(writer, delete, error);
		writer->advisories--;
	}
	sqlite3_finalize(delete);
	return code;
}

/* ---- all of it -------------------------------------------------------------------------------------------------------- */

/* The small tables are written anew. */
static int empty_tables(struct composing *composing, struct tarsier_error *error)
{
	return writer_exec(composing->writer, "DELETE FROM ecosystem; DELETE FROM feed; DELETE FROM omission;"
	                   "DELETE FROM meta WHERE key<>'dictionary';", error);
}

const compose_step amend_steps[] = {
	ask_records, find_witnesses, compose_begin, find_rows, compose_packages, delete_texts, compose_texts, amend_cves,
	empty_tables, NULL};
