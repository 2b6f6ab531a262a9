#include "database/rating.h"

#include "base/suggest.h"

#include <string.h>

/* Prefixes of advisory ids, each followed by "-". https://ossf.github.io/osv-schema/#id-modified-fields lists most. */
static const struct publisher { const char *prefix, *source; bool scores; } publishers[] = {
	{"AL", "amazon", true}, {"ALAS", "amazon", true}, {"ALAS2", "amazon", true}, {"ALAS2023", "amazon", true},
	{"ALBA", "almalinux", true}, {"ALEA", "almalinux", true}, {"ALSA", "almalinux", true},
	{"ALPAQUITA", "alpaquita", false}, {"ALPINE", "alpine", false}, {"AMAZON", "amazon", true}, {"ARCH", "arch", false},
	{"ASA", "arch", false}, {"AVG", "arch", false}, {"AZL", "azure", false}, {"BELL", "bellsoft", false},
	{"BIT", "bitnami", true}, {"CGA", "chainguard", false}, {"CHAINGUARD", "chainguard", false}, {"CLEANSTART",
	"cleanstart", false}, {"CURL", "curl", true}, {"CVE", "nvd", true}, {"DEBIAN", "debian", false},
	{"DHI", "docker", false}, {"DLA", "debian", false}, {"DRUPAL", "drupal", true}, {"DSA", "debian", false},
	{"ECHO", "echo", false}, {"EEF", "eef", true}, {"ELSA", "oracle", true}, {"ELBA", "oracle", true},
	{"EUVD", "euvd", true}, {"FEDORA", "fedora", false}, {"GCVE", "gcve", true}, {"GHSA", "ghsa", true},
	{"GLAD", "gitlab", true}, {"GO", "go", true}, {"HSEC", "haskell", true}, {"JLSEC", "julia", true}, {"LSN", "ubuntu",
	false}, {"MAL", "openssf", true}, {"MGASA", "mageia", false}, {"MINI", "minimos", false}, {"MINIMOS", "minimos", false},
	{"OESA", "openeuler", true}, {"OLAMSA", "oracle", true}, {"OLOSSA", "oracle", true}, {"OVMSA", "oracle", true},
	{"OSEC", "ocaml", true}, {"OSV", "ossfuzz", true}, {"PHOTON", "photon", true},
	{"PHSA", "photon", true}, {"PSF", "psf", true}, {"PYSEC", "pypa", true}, {"REDHAT", "redhat", true},
	{"RHBA", "redhat", true}, {"RHEA", "redhat", true}, {"RHSA", "redhat", true}, {"RLBA", "rocky", true},
	{"RLSA", "rocky", true}, {"ROOT", "root", false}, {"RSEC", "r", true}, {"RUSTSEC", "rustsec", true},
	{"RXSA", "rocky", true}, {"SEAL", "seal", false}, {"SUSE", "suse", true}, {"UBUNTU", "ubuntu", false},
	{"USN", "ubuntu", false}, {"WOLFI", "wolfi", false}, {"openSUSE", "suse", true},
	/* ratings of CVEs, which are not stored as advisories */
	{"", "cisa", true}, {"", "cna", true},
};
enum { PUBLISHERS = sizeof publishers / sizeof *publishers };

static const char *const classes[RATING_CLASSES] = {"distribution", "vendor", "nvd", "cisa", "other"};

const char *rating_class_name(enum rating_class class)
{
	return (unsigned)class < RATING_CLASSES ? classes[class] : "";
}

static const struct publisher *find(const char *id)
{
	span prefix, rest;
	if (!span_cut(span_of(id), '-', &prefix, &rest) || !prefix.len)
		return NULL;
	for (size_t i = 0; i < PUBLISHERS; i++)
		if (span_is(prefix, publishers[i].prefix))
			return &publishers[i];
	return NULL;
}

const char *rating_source(const char *id)
{
	const struct publisher *publisher = find(id);
	return publisher ? publisher->source : "other";
}

const char *rating_vector_source(const char *id)
{
	const struct publisher *publisher = find(id);
	return publisher && !publisher->scores ? "nvd" : rating_source(id);
}

enum rating_class rating_class_of(const char *source, bool own)
{
	if (strcmp(source, "nvd") == 0)
		return RATING_NVD;
	if (strcmp(source, "cisa") == 0)
		return RATING_CISA;
	return own || strcmp(source, "ghsa") == 0 || strcmp(source, "cna") == 0 ? RATING_VENDOR : RATING_OTHER;
}

static bool is_known(span word, struct suggestion *suggestion)
{
	bool known = false;
	for (size_t i = 0; i < RATING_CLASSES; i++) {
		known = known || span_is(word, classes[i]);
		suggestion_offer(suggestion, span_of(classes[i]));
	}
	for (size_t i = 0; i < PUBLISHERS; i++) {
		known = known || span_is(word, publishers[i].source);
		suggestion_offer(suggestion, span_of(publishers[i].source));
	}
	return known;
}

int rating_check_order(const char *order, struct tarsier_error *error)
{
	span rest = span_of(order), word;
	while (span_next(&rest, ',', &word)) {
		word = span_trim(word);
		struct suggestion suggestion = {.typed = word};
		if (is_known(word, &suggestion))
			continue;
		return error_set(error, TARSIER_USAGE, "severity sources: unknown source '%.*s'%s%.*s%s", SPAN_ARG(word),
		                 suggestion.word.len ? "; did you mean '" : "", SPAN_ARG(suggestion.word),
		                 suggestion.word.len ? "'?" : "");
	}
	return 0;
}
