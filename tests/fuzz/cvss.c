/* A vector is an error with a message, or a score of one decimal. */
#include "format/cvss.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	span text = {(const char *)data, size};
	struct cvss cvss;
	struct tarsier_error error = {0, ""};
	severity_of_word(text);
	if (cvss_score(text, &cvss, &error) < 0) {
		if (error.code >= 0 || !error.message[0])
			abort();
	} else if (cvss.score < 0 || cvss.score > 10 || fabs(cvss.score * 10 - round(cvss.score * 10)) > 1e-9) {
		abort();
	}
	return 0;
}
