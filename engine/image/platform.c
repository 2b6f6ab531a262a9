/* platforms of images, "os/arch[/variant]" as OCI image-index and Go's GOARCH name them */
#include "image/image.h"

#include <string.h>

#if defined(__x86_64__)
#define THIS_ARCHITECTURE "amd64"
#elif defined(__aarch64__)
#define THIS_ARCHITECTURE "arm64"
#elif defined(__arm__)
#define THIS_ARCHITECTURE "arm"
#elif defined(__i386__)
#define THIS_ARCHITECTURE "386"
#elif defined(__riscv)
#define THIS_ARCHITECTURE "riscv64"
#elif defined(__powerpc64__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define THIS_ARCHITECTURE "ppc64le"
#elif defined(__s390x__)
#define THIS_ARCHITECTURE "s390x"
#elif defined(__loongarch64)
#define THIS_ARCHITECTURE "loong64"
#else
#define THIS_ARCHITECTURE "unknown"
#endif

static const char this_machine[] = "linux/" THIS_ARCHITECTURE;

const char *platform_of_this_machine(void)
{
	return this_machine;
}

bool platform_is_default(const char *wanted)
{
	return wanted == this_machine || !*wanted;
}

struct platform { span os, architecture, variant; };

/* uname's names, and those of images. */
static void use_go_names(struct platform *platform)
{
	static const struct { const char *machine, *architecture, *variant; } names[] = {
		{"x86_64", "amd64", ""}, {"x86-64", "amd64", ""}, {"aarch64", "arm64", ""}, {"i386", "386", ""},
		{"i686", "386", ""},     {"armhf", "arm", "v7"},  {"armel", "arm", "v6"},
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (span_is_nocase(platform->architecture, names[i].machine)) {
			platform->architecture = span_of(names[i].architecture);
			if (!platform->variant.len)
				platform->variant = span_of(names[i].variant);
			break;
		}
}

/* The variant that is implied if none is written. */
static span implied_variant(span architecture)
{
	if (span_is(architecture, "arm64"))
		return SPAN("v8");
	if (span_is(architecture, "arm"))
		return SPAN("v7");
	if (span_is(architecture, "amd64"))
		return SPAN("v1");
	return (span){"", 0};
}

/* Some images have "8" for "v8". */
static bool same_variant(span architecture, span a, span b)
{
	if (!a.len)
		a = implied_variant(architecture);
	if (!b.len)
		b = implied_variant(architecture);
	if (span_starts(a, "v"))
		a = span_from(a, 1);
	if (span_starts(b, "v"))
		b = span_from(b, 1);
	return span_equal(a, b);
}

/* Returns false unless the text is "os/arch" or "os/arch/variant". */
static bool parse(const char *text, struct platform *platform)
{
	span rest = span_of(text);
	*platform = (struct platform){.variant = {"", 0}};
	if (!span_cut(rest, '/', &platform->os, &rest))
		return false;
	bool variant = span_cut(rest, '/', &platform->architecture, &platform->variant);
	if (!platform->os.len || !platform->architecture.len || (variant && !platform->variant.len))
		return false;
	use_go_names(platform);
	return span_find(platform->variant, '/') < 0;
}

int platform_check(const char *wanted, struct tarsier_error *error)
{
	struct platform platform;
	if (!*wanted || parse(wanted, &platform))
		return TARSIER_OK;
	return error_set(error, TARSIER_USAGE, "%s: not a platform; write os/architecture[/variant], as in linux/amd64 or "
	                 "linux/arm/v7", wanted);
}

enum platform_rank platform_rank(const char *wanted, const char *os, const char *architecture, const char *variant)
{
	struct platform want, have = {span_of(os), span_of(architecture), span_of(variant)};
	if (!parse(*wanted ? wanted : this_machine, &want))
		return PLATFORM_OTHER;
	if (!have.os.len && !have.architecture.len)
		return PLATFORM_UNKNOWN;
	use_go_names(&have);
	if (!span_is_nocase(want.os, *os ? os : "linux") || !span_equal(want.architecture, have.architecture))
		return PLATFORM_OTHER;
	if (same_variant(want.architecture, want.variant, have.variant))
		return PLATFORM_SAME;
	return !want.variant.len ? PLATFORM_NEAR : PLATFORM_OTHER;
}

bool platform_matches(const char *wanted, const char *os, const char *architecture, const char *variant)
{
	return platform_rank(wanted, os, architecture, variant) >= PLATFORM_NEAR;
}
