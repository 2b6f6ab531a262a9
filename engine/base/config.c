#include "base/config.h"

#include "base/error.h"

#include <stdbool.h>
#include <string.h>

static bool is_zero(const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return false;
	return true;
}

int config_take(void *own, size_t own_size, const void *given, const char *name, struct tarsier_error *error)
{
	size_t given_size;
	config_clear(own, own_size);
	if (!given)
		return TARSIER_OK;
	memcpy(&given_size, given, sizeof given_size);
	if (given_size < sizeof given_size)
		return error_set(error, TARSIER_USAGE, "%s: call %s_init on it first", name, name);
	if (given_size > own_size && !is_zero((const unsigned char *)given + own_size, given_size - own_size))
		return error_set(error, TARSIER_USAGE, "%s: has options that this library (%s) does not know: update the library", name,
		                 tarsier_version());
	memcpy(own, given, given_size < own_size ? given_size : own_size);
	memcpy(own, &own_size, sizeof own_size);
	return TARSIER_OK;
}

void config_clear(void *config, size_t size)
{
	memset(config, 0, size);
	memcpy(config, &size, sizeof size);
}
