/* reads Debian's package database */
#include "inventory/dpkg_status.h"

/*
 * var/lib/dpkg/status, and the files in status.d of images without dpkg: paragraphs as in deb822(5), with
 * case-insensitive field names. These fields are used:
 *
 *	Package: openssl
 *	Status: install ok installed                  what is wanted, an error flag, what is (dpkg(1))
 *	Version: 3.0.11-1~deb12u2
 *	Architecture: amd64
 *	Source: openssl (3.0.11-1)                    if it differs from name or version
 *	Depends, Pre-Depends, Provides                what needs what; Essential, Protected, Priority: what the system needs
 *
 * The files in status.d have no Status. A package's files, one path on each line, are in info/NAME.list or
 * info/NAME:ARCHITECTURE.list, or in NAME.md5sums beside a file of status.d, with "MD5  " before each path. They count only
 * if status, or that file, has the package.
 */
enum { CHECKSUM = 32 + 2 };

/* status.d also holds other files of the package, such as those of dpkg's info folder (deb(5)). */
static bool is_beside_control(span path)
{
	static const char *const suffixes[] = {".preinst", ".postinst", ".prerm", ".postrm", ".config", ".templates",
	                                       ".conffiles", ".triggers", ".shlibs", ".symbols", ".copyright"};
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (span_ends(path, suffixes[i]))
			return true;
	return false;
}

static int read_status(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	return is_beside_control(evidence->path) ? TARSIER_OK : dpkg_status_read(evidence->content, "deb", output, error);
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	if (span_ends(evidence->path, ".list"))
		return dpkg_list_read(evidence, 0, ".list", output, error);
	if (span_ends(evidence->path, ".md5sums"))
		return dpkg_list_read(evidence, CHECKSUM, ".md5sums", output, error);
	return read_status(evidence, output, error);
}

const struct reader reader_dpkg = {
	.name = "dpkg",
	.version = 4,
	.evidence = (const char *const[]){"var/lib/dpkg/status", "var/lib/dpkg/status.d/*", "var/lib/dpkg/info/*.list", NULL},
	.limit = 96 << 20, /* all of Debian installed would take about 70 MB */
	.read = read,
};
