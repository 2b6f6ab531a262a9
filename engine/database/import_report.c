/* how an import tells what it took and what it left out */
#include "database/import.h"

#include <stdio.h>

#define X(name) extern const struct feed feed_##name;
#include "feeds.def"
#undef X

const struct feed *const feeds_all[] = {
#define X(name) &feed_##name,
#include "feeds.def"
#undef X
	NULL};

/* Names and reasons come out of files that anybody may have written: control bytes must not reach a terminal. */
static void copy_printable(char *copy, size_t size, const char *text)
{
	snprintf(copy, size, "%s", text);
	for (unsigned char *c = (unsigned char *)copy; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			*c = '?';
}

static void report(struct importing *importing, const char *input, const char *feed, uint64_t records,
                   const char *message)
{
	char name[1024], reason[1024];
	if (!importing->options->on_input)
		return;
	copy_printable(name, sizeof name, input);
	copy_printable(reason, sizeof reason, message ? message : "");
	importing->options->on_input(importing->options->user, name, feed, records, message ? reason : NULL);
}

void import_complain(struct importing *importing, const char *name, const char *feed, const char *why)
{
	if (importing->container->complaints++ < COMPLAINTS_MOST)
		report(importing, name, feed, 0, why);
}

void import_container_done(struct importing *importing, struct container *container)
{
	char message[64];
	for (size_t i = 0; feeds_all[i]; i++)
		if (container->records[i])
			report(importing, container->name, feeds_all[i]->name, container->records[i], NULL);
	if (container->complaints <= COMPLAINTS_MOST)
		return;
	snprintf(message, sizeof message, "%llu more were left out",
	         (unsigned long long)container->complaints - COMPLAINTS_MOST);
	report(importing, container->name, "", 0, message);
}
