/* the questions that matching asks of the database, one row each */
#include "database/database.h"
#include "database/pages.h"

static int fail(struct connection *connection, struct tarsier_error *error)
{
	if (pages_damaged(connection->sqlite))
		return error_set(error, TARSIER_DATABASE, "the vulnerability database is damaged: build it again with "
		                 "`tarsier db import PATH…`");
	return error_set(error, TARSIER_DATABASE, "the vulnerability database cannot be read: %s; build it again with "
	                 "`tarsier db import PATH…`", sqlite3_errmsg(connection->sqlite));
}

/* Returns 1 if there is a row. */
static int step(struct connection *connection, sqlite3_stmt *statement, struct tarsier_error *error)
{
	int code = sqlite3_step(statement);
	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0 : fail(connection, error);
}

int connection_rows(struct connection *connection, int ecosystem, const char *name, span *rows,
                    struct tarsier_error *error)
{
	sqlite3_stmt *statement = connection->package;
	sqlite3_reset(statement);
	sqlite3_bind_int(statement, 1, ecosystem);
	sqlite3_bind_text(statement, 2, name, -1, SQLITE_STATIC);
	int found = step(connection, statement, error);
	if (found > 0)
		*rows = column_span(statement, 0);
	return found;
}

int connection_advisory_text(struct connection *connection, struct arena *arena, uint32_t advisory,
                             struct advisory_text *text, struct tarsier_error *error)
{
	sqlite3_stmt *statement = connection->advisory;
	sqlite3_reset(statement);
	sqlite3_bind_int64(statement, 1, advisory);
	int found = step(connection, statement, error);
	if (found < 0)
		return found;
	if (found == 0)
		return error_set(error, TARSIER_DATABASE, "the vulnerability database is damaged: advisory %u is missing; build it "
		                 "again with `tarsier db import PATH…`", advisory);
	span plain, scope;
	span_cut(column_span(statement, 0), '\n', &plain, &scope); /* write.h: the id of an own feed's record */
	char *id = span_copy(arena, plain);
	if (!id)
		return error_memory(error);
	return advisory_text_read(connection->unpacker, arena, id, column_span(statement, 1), column_span(statement, 2), text,
	                          error);
}

/* "2021-12-10 2021-12-24 ransomware": the dates added and due, and whether ransomware is known to use it. */
static bool read_kev(struct arena *arena, span text, struct cve_facts *facts)
{
	span added, due, ransomware;
	span_cut(text, ' ', &added, &text);
	span_cut(text, ' ', &due, &ransomware);
	facts->kev = true;
	facts->ransomware = ransomware.len > 0;
	facts->kev_added = span_copy(arena, added);
	facts->kev_due = span_copy(arena, due);
	return facts->kev_added && facts->kev_due;
}

static double hundred_thousandths(sqlite3_stmt *statement, int column)
{
	if (sqlite3_column_type(statement, column) != SQLITE_INTEGER)
		return -1;
	return sqlite3_column_int(statement, column) / 1e5;
}

int connection_cve(struct connection *connection, struct arena *arena, uint32_t cve, struct cve_facts *facts,
                   struct tarsier_error *error)
{
	*facts = (struct cve_facts){.epss = -1, .percentile = -1, .kev_added = "", .kev_due = "", .ratings = ""};
	sqlite3_stmt *statement = connection->cve;
	sqlite3_reset(statement);
	sqlite3_bind_int64(statement, 1, cve);
	int found = step(connection, statement, error);
	if (found <= 0)
		return found;
	facts->epss = hundred_thousandths(statement, 0);
	facts->percentile = hundred_thousandths(statement, 1);
	facts->text = (uint32_t)sqlite3_column_int64(statement, 4);
	span kev = column_span(statement, 2), ratings = column_span(statement, 3);
	if (kev.len && !read_kev(arena, kev, facts))
		return error_memory(error);
	if (ratings.len && !(facts->ratings = span_copy(arena, ratings)))
		return error_memory(error);
	return 0;
}
