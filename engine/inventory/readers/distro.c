/* collects the files that name the image's distribution */
#include "layer/reader.h"

/* distro_detect reads them together when all layers are known. */
static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	(void)evidence, (void)output, (void)error;
	return TARSIER_OK;
}

const struct reader reader_distro = {
	.name = "distro",
	.version = 1,
	.evidence = (const char *const[]){"etc/os-release", "usr/lib/os-release", "etc/lsb-release", "etc/alpine-release",
	                                  "etc/debian_version", "etc/almalinux-release", "etc/rocky-release",
	                                  "etc/centos-release", "etc/oracle-release", "etc/fedora-release",
	                                  "etc/redhat-release", "etc/system-release", "etc/SuSE-release", NULL},
	.limit = 64 << 10, /* they have less than 1 KB */
	.keep = true,
	.read = read,
};
