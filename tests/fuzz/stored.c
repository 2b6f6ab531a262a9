/* stored JSON reports */
#include "tarsier_share.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tarsier_report *report;
	struct tarsier_error error;
	if (tarsier_report_read((const char *)data, size, &report, &error) >= 0)
		for (size_t i = 0; i < tarsier_package_count(report); i++)
			(void)tarsier_package_at(report, i)->name;
	tarsier_report_free(report);
	return 0;
}
