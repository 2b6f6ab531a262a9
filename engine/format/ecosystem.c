#include "format/ecosystem.h"

#include <string.h>

/* How the part after "NAME:" is reduced to what distinguishes releases. */
enum releases {
	NONE,    /* there are no releases, or they do not matter */
	ORIGIN,  /* a repository's address, which images do not contain: "Packagist:https://packages.drupal.org/8" */
	WHOLE,   /* as written: "v3.20", "24.03-LTS-SP1", "Linux Enterprise Server 15 SP6" */
	MAJOR,   /* up to the first dot: "9.3" → "9" */
	UBUNTU,  /* without ":LTS": "22.04:LTS" → "22.04", "Pro:22.04:LTS" → "Pro:22.04" */
	RED_HAT, /* the tail of a CPE: "enterprise_linux:9::baseos" → "9", "rhel_eus:9.2::appstream" → "rhel_eus:9.2" */
	NESTED,  /* another ecosystem: "Root:Debian:12", "Seal:Red Hat:7" */
};
enum kind { LANGUAGE, DISTRIBUTION };

/* https://ossf.github.io/osv-schema/#defined-ecosystems of schema 1.7.5, and others used by feeds in that format. */
static const struct ecosystem { const char *family; enum kind kind; enum releases releases; } ecosystems[] = {
	{"AlmaLinux", DISTRIBUTION, MAJOR},
	{"Alpaquita", DISTRIBUTION, WHOLE},
	{"Alpine", DISTRIBUTION, WHOLE},
	{"Amazon Linux", DISTRIBUTION, WHOLE},
	{"Android", LANGUAGE, WHOLE},
	{"Arch Linux", DISTRIBUTION, NONE},
	{"Azure Linux", DISTRIBUTION, MAJOR},
	{"BellSoft Hardened Containers", DISTRIBUTION, WHOLE},
	{"Bioconductor", LANGUAGE, WHOLE},
	{"Bitnami", LANGUAGE, NONE},
	{"CentOS", DISTRIBUTION, MAJOR},
	{"Chainguard", DISTRIBUTION, NONE},
	{"CleanStart", DISTRIBUTION, NONE},
	{"ConanCenter", LANGUAGE, NONE},
	{"CRAN", LANGUAGE, NONE},
	{"crates.io", LANGUAGE, NONE},
	{"Debian", DISTRIBUTION, MAJOR},
	{"Docker Hardened Images", DISTRIBUTION, WHOLE},
	{"Echo", DISTRIBUTION, WHOLE},
	{"Fedora", DISTRIBUTION, MAJOR},
	{"FreeBSD", LANGUAGE, WHOLE},
	{"Gentoo", DISTRIBUTION, NONE},
	{"GHC", LANGUAGE, NONE},
	{"GitHub Actions", LANGUAGE, NONE},
	{"Go", LANGUAGE, NONE},
	{"Hackage", LANGUAGE, NONE},
	{"Hex", LANGUAGE, NONE},
	{"Homebrew", LANGUAGE, NONE},
	{"Julia", LANGUAGE, NONE},
	{"Kubernetes", LANGUAGE, NONE},
	{"Linux", LANGUAGE, NONE},
	{"Mageia", DISTRIBUTION, MAJOR},
	{"Maven", LANGUAGE, ORIGIN},
	{"MinimOS", DISTRIBUTION, NONE},
	{"npm", LANGUAGE, NONE},
	{"NuGet", LANGUAGE, ORIGIN},
	{"opam", LANGUAGE, NONE},
	{"openEuler", DISTRIBUTION, WHOLE},
	{"openSUSE", DISTRIBUTION, WHOLE},
	{"Oracle Linux", DISTRIBUTION, MAJOR},
	{"OSS-Fuzz", LANGUAGE, NONE},
	{"Packagist", LANGUAGE, ORIGIN},
	{"Photon OS", DISTRIBUTION, WHOLE},
	{"Pub", LANGUAGE, NONE},
	{"PyPI", LANGUAGE, NONE},
	{"Raspbian", DISTRIBUTION, MAJOR},
	{"Red Hat", DISTRIBUTION, RED_HAT},
	{"Rocky Linux", DISTRIBUTION, MAJOR},
	{"Root", LANGUAGE, NESTED},
	{"RubyGems", LANGUAGE, NONE},
	{"Seal", LANGUAGE, NESTED},
	{"SUSE", DISTRIBUTION, WHOLE},
	{"SwiftURL", LANGUAGE, NONE},
	{"TuxCare", DISTRIBUTION, WHOLE},
	{"Ubuntu", DISTRIBUTION, UBUNTU},
	{"VSCode", LANGUAGE, ORIGIN},
	{"Wolfi", DISTRIBUTION, NONE},
};

span ecosystem_family(span ecosystem)
{
	span family, release;
	span_cut(ecosystem, ':', &family, &release);
	return family;
}

static span release_of(span ecosystem)
{
	span family, release;
	return span_cut(ecosystem, ':', &family, &release) ? release : SPAN("");
}

static const struct ecosystem *find(span ecosystem)
{
	span family = ecosystem_family(ecosystem);
	for (size_t i = 0; i < sizeof ecosystems / sizeof *ecosystems; i++)
		if (span_is(family, ecosystems[i].family))
			return &ecosystems[i];
	return NULL;
}

bool ecosystem_is_known(span ecosystem)
{
	const struct ecosystem *found = find(ecosystem);
	return found && (found->releases != NESTED || find(release_of(ecosystem)));
}

span ecosystem_base(span ecosystem)
{
	const struct ecosystem *found = find(ecosystem);
	return found && found->releases == NESTED ? release_of(ecosystem) : ecosystem;
}

bool ecosystem_is_distribution(span ecosystem)
{
	const struct ecosystem *found = find(ecosystem_base(ecosystem));
	return found && found->kind == DISTRIBUTION;
}

/* ---- releases ---------------------------------------------------------------------------------------------------- */

/* "9.3" → "9" */
static span major_of(span release)
{
	span major, rest;
	span_cut(release, '.', &major, &rest);
	return major;
}

static span without_tail(span text, const char *tail)
{
	return span_ends(text, tail) ? (span){text.ptr, text.len - strlen(tail)} : text;
}

/* "9", "9.4", "enterprise_linux:9::baseos" → "9". The name of another product is kept: "ocp_tools:4.15::el9". */
static span red_hat_release(span release)
{
	if (span_starts(release, "enterprise_linux:"))
		release = span_from(release, strlen("enterprise_linux:"));
	if (release.len && release.ptr[0] >= '0' && release.ptr[0] <= '9')
		return major_of(ecosystem_family(release));
	span product = ecosystem_family(release), version = ecosystem_family(release_of(release));
	if (!span_starts(product, "rhel_") || !version.len)
		return release;
	return (span){release.ptr, (size_t)(version.ptr + version.len - release.ptr)};
}

static span plain_release(enum releases releases, span release)
{
	switch (releases) {
	case MAJOR:
		return major_of(release);
	case UBUNTU:
		return without_tail(release, ":LTS");
	case RED_HAT:
		return red_hat_release(release);
	default:
		return release;
	}
}

span ecosystem_key(struct arena *arena, span ecosystem)
{
	const struct ecosystem *found = find(ecosystem);
	span release = release_of(ecosystem);
	if (!found || !release.len)
		return ecosystem;
	if (found->releases == ORIGIN)
		return ecosystem_family(ecosystem);
	span plain = plain_release(found->releases, release);
	if (plain.len == release.len)
		return ecosystem;
	return span_of(arena_format(arena, "%s:%.*s", found->family, SPAN_WHOLE(plain)));
}

/* "sig-cloud" of "…distro=rocky-linux-8-sig-cloud&…" */
static span special_interest_group(span purl)
{
	span part, query, name;
	span_cut(purl, '?', &part, &query);
	while (span_next(&query, '&', &part)) {
		if (!span_starts(part, "distro="))
			continue;
		for (name = part; name.len; name = span_from(name, 1))
			if (span_starts(name, "-sig-"))
				return span_from(name, 1);
	}
	return SPAN("");
}

span ecosystem_key_of(struct arena *arena, span ecosystem, span purl)
{
	span key = ecosystem_key(arena, ecosystem);
	if (!key.ptr || !span_is(ecosystem_family(key), "Rocky Linux"))
		return key;
	span group = special_interest_group(purl);
	return group.len ? span_of(arena_format(arena, "%.*s:%.*s", SPAN_WHOLE(key), SPAN_WHOLE(group))) : key;
}

/* ---- related ecosystems ------------------------------------------------------------------------------------------ */

/* "Pro:22.04" and "Pro:FIPS:22.04" are for 22.04. */
static enum ecosystem_relation ubuntu_relation(span installed, span record)
{
	ptrdiff_t colon = span_find_last(record, ':');
	bool same = colon >= 0 && span_equal(span_from(record, (size_t)colon + 1), installed);
	return same && span_starts(record, "Pro:") ? ECOSYSTEM_EXTENDED : ECOSYSTEM_UNRELATED;
}

/* "rhel_eus:9.2", also aus, e4s, els, tus: for 9. "ocp_tools:4.15::el9": for 9. */
static enum ecosystem_relation red_hat_relation(span installed, span record)
{
	if (span_starts(record, "rhel_") && span_equal(major_of(release_of(record)), installed))
		return ECOSYSTEM_EXTENDED;
	ptrdiff_t colon = span_find_last(record, ':');
	span target = colon < 0 ? SPAN("") : span_from(record, (size_t)colon + 1);
	bool same = span_starts(target, "el") && span_equal(span_from(target, 2), installed);
	return same ? ECOSYSTEM_LAYERED : ECOSYSTEM_UNRELATED;
}

/* "15 SP6" of "Linux Enterprise Module for Basesystem 15 SP6" and of "Linux Enterprise Server 15 SP6-LTSS". */
static span suse_level(span product)
{
	for (size_t i = 1; i < product.len; i++)
		if (product.ptr[i - 1] == ' ' && product.ptr[i] >= '0' && product.ptr[i] <= '9') {
			span level, rest;
			span_cut(span_from(product, i), '-', &level, &rest);
			return level;
		}
	return SPAN("");
}

static bool suse_same_level(span installed, span record)
{
	span own = suse_level(installed), other = suse_level(record);
	bool part = span_starts(record, "Package Hub ") && own.len > other.len && own.ptr[other.len] == ' ';
	return other.len && (span_equal(own, other) || (part && strncmp(own.ptr, other.ptr, other.len) == 0));
}

static enum ecosystem_relation suse_relation(span installed, span record)
{
	if (!suse_same_level(installed, record))
		return ECOSYSTEM_UNRELATED;
	if (span_contains(record, "LTSS") || span_contains(record, "ESPOS"))
		return ECOSYSTEM_EXTENDED;
	bool module = span_contains(record, " Module ") || span_contains(record, " Extension ") ||
	              span_contains(record, "Live Patching") || span_contains(record, "Package Hub");
	return module ? ECOSYSTEM_MODULE : ECOSYSTEM_LAYERED;
}

enum ecosystem_relation ecosystem_relation(span installed, span record)
{
	span family = ecosystem_family(installed), own = release_of(installed), other = release_of(record);
	if (!span_equal(family, ecosystem_family(record)))
		return ECOSYSTEM_UNRELATED;
	if (span_equal(own, other) || !other.len)
		return ECOSYSTEM_SAME;
	if (span_is(family, "Ubuntu"))
		return ubuntu_relation(own, other);
	if (span_is(family, "Red Hat"))
		return red_hat_relation(own, other);
	if (span_is(family, "SUSE"))
		return suse_relation(own, other);
	return span_equal(ecosystem_family(other), own) ? ECOSYSTEM_LAYERED : ECOSYSTEM_UNRELATED; /* "9:sig-cloud" */
}

/* ---- package names ----------------------------------------------------------------------------------------------- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* PEP 503: lower case, and each run of '-', '_' and '.' becomes one '-'. */
static void make_pep503(char *name)
{
	char *out = name;
	for (const char *in = name; *in; in++) {
		bool separator = *in == '-' || *in == '_' || *in == '.';
		if (!separator)
			*out++ = lower(*in);
		else if (out == name || out[-1] != '-')
			*out++ = '-';
	}
	*out = '\0';
}

const char *package_key(struct arena *arena, span ecosystem, span name)
{
	span family = ecosystem_family(ecosystem_base(ecosystem));
	char *copy = span_copy(arena, name);
	if (!copy)
		return NULL;
	if (span_is(family, "PyPI"))
		make_pep503(copy);
	else if (span_is(family, "NuGet") || span_is(family, "Packagist"))
		for (char *c = copy; *c; c++)
			*c = lower(*c);
	return copy;
}
