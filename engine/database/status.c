#include "database/advisory.h"

const char *status_name(enum advisory_status status)
{
	static const char *const names[STATUSES] = {
		[STATUS_UNSTATED] = "", [STATUS_AFFECTED] = "affected", [STATUS_NOT_AFFECTED] = "not_affected",
		[STATUS_WILL_NOT_FIX] = "will_not_fix", [STATUS_FIX_DEFERRED] = "fix_deferred",
		[STATUS_END_OF_LIFE] = "end_of_life", [STATUS_UNDER_INVESTIGATION] = "under_investigation",
		[STATUS_UNIMPORTANT] = "unimportant",
	};
	return (unsigned)status < STATUSES ? names[status] : "";
}

/* Debian's tracker, and OSV's copy of it, write these two in place of an urgency. */
enum advisory_status status_of_word(const char *word)
{
	span rating = span_trim(span_of(word));
	while (span_ends(rating, "*")) /* unconfirmed */
		rating.len--;
	if (span_is_nocase(rating, "unimportant"))
		return STATUS_UNIMPORTANT;
	return span_is_nocase(rating, "end-of-life") ? STATUS_END_OF_LIFE : STATUS_UNSTATED;
}
