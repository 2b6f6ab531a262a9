/* Three versions of one scheme: nothing crashes, and where all are valid the order is one. */
#include "format/version.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct version_scheme *scheme, const span v[3])
{
	int ab = scheme->compare(v[0], v[1]), bc = scheme->compare(v[1], v[2]), ac = scheme->compare(v[0], v[2]);
	if (scheme->compare(v[1], v[0]) != -ab || scheme->compare(v[0], v[0]) != 0 || ab < -1 || ab > 1)
		abort();
	bool valid = scheme->valid(v[0]);
	valid = scheme->valid(v[1]) && valid;
	valid = scheme->valid(v[2]) && valid;
	if (valid && !scheme->circular && ab <= 0 && bc <= 0 && (ac > 0 || (ac == 0 && (ab < 0 || bc < 0))))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	span rest = {(const char *)data, size}, part;
	span v[3] = {SPAN(""), SPAN(""), SPAN("")};
	for (int i = 0; i < 3 && span_next(&rest, '\n', &part); i++)
		v[i] = part;
	for (const char *const *name = tarsier_schemes(); *name; name++)
		check(version_scheme(*name), v);
	return 0;
}
