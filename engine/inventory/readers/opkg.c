/* reads the package database of OpenWrt and other small systems */
#include "inventory/dpkg_status.h"

/*
 * opkg keeps "status" and info/NAME.list as dpkg does (opkg(1)), in usr/lib/opkg (OpenWrt) or var/lib/opkg (Yocto). A status is
 * "install user installed" or the like, so that its third word means the same; a list may have the size and the mode of
 * a file behind a tab.
 */
static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	if (span_ends(evidence->path, ".list"))
		return dpkg_list_read(evidence, 0, ".list", output, error);
	return dpkg_status_read(evidence->content, "opkg", output, error);
}

const struct reader reader_opkg = {
	.name = "opkg",
	.version = 2,
	.evidence = (const char *const[]){"usr/lib/opkg/status", "var/lib/opkg/status", "usr/lib/opkg/info/*.list",
	                                  "var/lib/opkg/info/*.list", NULL},
	.limit = 16 << 20, /* such systems have some hundred packages */
	.read = read,
};
