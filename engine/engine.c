#include "error.h"

const char *tarsier_version(void)
{
	return TARSIER_VERSION;
}
