/* lists the plug-ins of this build */
#include "database/advisory.h"
#include "image/image.h"

#include <string.h>

const char *tarsier_platform(void)
{
	return platform_of_this_machine();
}

static int source_at(size_t index, struct tarsier_plugin *plugin)
{
	size_t count = 0;
	while (sources_all[count])
		count++;
	if (index < count)
		*plugin = (struct tarsier_plugin){.name = sources_all[index]->name, .summary = sources_all[index]->summary};
	return index < count;
}

static int reader_at(size_t index, struct tarsier_plugin *plugin)
{
	size_t count = 0;
	while (readers_all[count])
		count++;
	if (index < count)
		*plugin = (struct tarsier_plugin){
			.name = readers_all[index]->name, .summary = "", .version = readers_all[index]->version};
	return index < count;
}

static int feed_at(size_t index, struct tarsier_plugin *plugin)
{
	size_t count = 0;
	while (feeds_all[count])
		count++;
	if (index < count)
		*plugin = (struct tarsier_plugin){.name = feeds_all[index]->name, .summary = ""};
	return index < count;
}

int tarsier_plugin_at(const char *kind, size_t index, struct tarsier_plugin *plugin)
{
	if (strcmp(kind, "source") == 0)
		return source_at(index, plugin);
	if (strcmp(kind, "reader") == 0)
		return reader_at(index, plugin);
	return strcmp(kind, "feed") == 0 && feed_at(index, plugin);
}
