/* writes the texts of a database, packed with a dictionary that is trained on them */
#include "database/compose.h"

#include <string.h>

/* The samples for the dictionary: about a hundred times its size, taken evenly from all feeds. */
enum { SAMPLE_BYTES = 2 << 20, SAMPLE_COUNT = 4096 };

static int find_staged(struct database_writer *writer, sqlite3_stmt *select, uint32_t number, struct tarsier_error *error)
{
	sqlite3_reset(select);
	sqlite3_bind_int64(select, 1, number);
	int found = writer_step(writer, select, error);
	return found == 0 ? error_set(error, TARSIER_IO, "writing %s: advisory %u is lost", writer->path, number) : found;
}

static int take_samples(struct composing *composing, sqlite3_stmt *select, struct buffer *samples, size_t *sizes,
                        size_t *count, struct tarsier_error *error)
{
	const struct live *live = &composing->live;
	size_t step = live->count / SAMPLE_COUNT + 1;
	for (size_t i = 0; i < live->count; i += step) {
		int code = find_staged(composing->writer, select, live->items[i]->number, error);
		if (code < 0)
			return code;
		span body = column_span(select, 2);
		if (samples->length + body.len > SAMPLE_BYTES)
			break;
		if (!buffer_add(samples, body.ptr, body.len))
			return error_memory(error);
		sizes[(*count)++] = body.len;
	}
	return 0;
}

static int train(struct composing *composing, sqlite3_stmt *select, struct buffer *dictionary,
                 struct tarsier_error *error)
{
	struct arena *scratch = &composing->writer->scratch;
	struct buffer samples;
	size_t count = 0;
	arena_free(scratch);
	size_t *sizes = arena_array(scratch, SAMPLE_COUNT + 1, sizeof *sizes);
	buffer_init(&samples, NULL);
	int code = sizes ? take_samples(composing, select, &samples, sizes, &count, error) : error_memory(error);
	if (code >= 0 && !packer_train(samples.data, sizes, count, dictionary))
		code = error_memory(error);
	buffer_free(&samples);
	return code;
}

static int note_cves(struct database_writer *writer, uint32_t final, sqlite3_stmt *from, struct tarsier_error *error)
{
	struct advisory_text text;
	arena_reset(&writer->scratch);
	const char *whole = span_copy(&writer->scratch, column_span(from, 0));
	const char *id = whole ? span_copy(&writer->scratch, advisory_plain_id(whole)) : NULL;
	if (!id)
		return error_memory(error);
	int code = advisory_text_parse(&writer->scratch, id, column_span(from, 1), column_span(from, 2), &text, error);
	if (code >= 0 && !cve_table_note(&writer->cves, &text, final))
		code = error_memory(error);
	return code;
}

static int pack_text(struct database_writer *writer, struct packer *packer, const struct known_advisory *known,
                     sqlite3_stmt *from, sqlite3_stmt *to, struct tarsier_error *error)
{
	struct buffer packed;
	buffer_init(&packed, NULL);
	int code = packer_pack(packer, column_span(from, 2), &packed, error);
	if (code >= 0) {
		sqlite3_bind_int64(to, 1, known->final);
		sqlite3_bind_text(to, 2, known->id, -1, SQLITE_STATIC);
		compose_bind_span(to, 3, column_span(from, 1));
		compose_bind_span(to, 4, buffer_span(&packed));
		compose_count(writer, buffer_span(&packed));
		code = writer_step(writer, to, error);
		writer->advisories++;
	}
	buffer_free(&packed);
	return code;
}

static int pack_texts(struct composing *composing, sqlite3_stmt *from, sqlite3_stmt *to, span dictionary,
                      struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	const struct live *live = &composing->live;
	struct packer *packer = NULL;
	int code = packer_new(dictionary, &packer, error);
	for (size_t i = 0; i < live->count && code >= 0; i++) {
		code = find_staged(writer, from, live->items[i]->number, error);
		if (code >= 0 && !writer->amending) /* amend_cves notes them in the right order with others */
			code = note_cves(writer, live->items[i]->final, from, error);
		if (code >= 0)
			code = pack_text(writer, packer, live->items[i], from, to, error);
	}
	packer_free(packer);
	return code < 0 ? code : 0;
}

static int put_dictionary(struct database_writer *writer, span dictionary, struct tarsier_error *error)
{
	sqlite3_stmt *put = NULL;
	int code = writer_prepare(writer, "INSERT INTO meta VALUES('dictionary', ?1)", &put, error);
	if (code >= 0) {
		compose_bind_span(put, 1, dictionary);
		code = writer_step(writer, put, error);
	}
	sqlite3_finalize(put);
	return code;
}

static const char staged[] = "SELECT id, head, body FROM temp.staged_advisory WHERE number=?1";

int compose_note_staged(struct composing *composing, uint32_t number, uint32_t final, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	sqlite3_stmt *from = NULL;
	int code = writer_prepare(writer, staged, &from, error);
	if (code >= 0)
		code = find_staged(writer, from, number, error);
	if (code >= 0)
		code = note_cves(writer, final, from, error);
	sqlite3_finalize(from);
	return code < 0 ? code : 0;
}

int compose_texts(struct composing *composing, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	struct buffer dictionary;
	sqlite3_stmt *from = NULL, *to = NULL;
	buffer_init(&dictionary, NULL);
	int code = writer_prepare(writer, staged, &from, error);
	if (code >= 0)
		code = writer_prepare(writer, "INSERT INTO advisory VALUES(?1, ?2, ?3, ?4)", &to, error);
	if (code >= 0 && (writer->dictionary.len || writer->amending))
		code = buffer_add(&dictionary, writer->dictionary.ptr, writer->dictionary.len) ? 0 : error_memory(error);
	else if (code >= 0)
		code = train(composing, from, &dictionary, error);
	if (code >= 0)
		code = pack_texts(composing, from, to, buffer_span(&dictionary), error);
	if (code >= 0 && !writer->amending)
		code = put_dictionary(writer, buffer_span(&dictionary), error);
	sqlite3_finalize(from);
	sqlite3_finalize(to);
	buffer_free(&dictionary);
	return code;
}
