/* the names of severities */
#include "tarsier.h"

const char *tarsier_severity_name(enum tarsier_severity severity)
{
	static const char *const names[] = {"Unknown", "Negligible", "Low", "Medium", "High", "Critical", "Defcon1"};
	return (unsigned)severity < sizeof names / sizeof *names ? names[severity] : names[0];
}
