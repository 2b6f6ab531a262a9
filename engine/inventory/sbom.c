#include "inventory/sbom.h"

#include "format/purl.h"
#include "inventory/reader_add.h"
#include "inventory/rpm_header.h"
#include "inventory/system_check.h"

#include <stdio.h>
#include <string.h>

/* ---- one package ------------------------------------------------------------------------------------------------- */

/* How a purl's type names its packages, https://github.com/package-url/purl-spec, and whose advisories apply to them. The
 * namespace of a system's package is its distribution. */
static const struct purl_type { const char *type, *ecosystem, *separator; } purl_types[] = {
	{"cargo", "crates.io", NULL}, {"composer", "Packagist", "/"}, {"cran", "CRAN", NULL},       {"gem", "RubyGems", NULL},
	{"golang", "Go", "/"},        {"hackage", "Hackage", NULL},   {"hex", "Hex", "/"},          {"julia", "Julia", NULL},
	{"maven", "Maven", ":"},      {"npm", "npm", "/"},            {"nuget", "NuGet", NULL},     {"opam", "opam", NULL},
	{"pub", "Pub", NULL},         {"pypi", "PyPI", NULL},         {"swift", "SwiftURL", "/"},   {"bitnami", "Bitnami", NULL},
	{"brew", "Homebrew", NULL},
	{"ebuild", NULL, "/"},
};

static const struct purl_type *find_type(const char *type)
{
	for (size_t i = 0; i < sizeof purl_types / sizeof *purl_types; i++)
		if (strcmp(purl_types[i].type, type) == 0)
			return &purl_types[i];
	return NULL;
}

static const char *name_of(struct arena *arena, const struct purl *purl, const struct purl_type *type)
{
	bool ours = *purl->name_space && !type_is_system(purl->type);
	const char *separator = type ? type->separator : ours ? "/" : NULL;
	return separator && *purl->name_space ? arena_format(arena, "%s%s%s", purl->name_space, separator, purl->name) : purl->name;
}

/* Syft states a system package's source as a qualifier: "openssl", "openssl@3.0" or "openssl-3.0-1.el9.src.rpm". */
static void find_source(struct sbom *sbom, const struct purl *purl, struct sbom_package *package)
{
	span upstream = span_of(purl_qualifier(&sbom->scratch, purl, "upstream"));
	if (package->source_name.len || !upstream.len)
		return;
	if (!rpm_source_split(upstream, &package->source_name, &package->source_version))
		span_cut(upstream, '@', &package->source_name, &package->source_version);
}

/* "distro=debian-12" tells the operating system, where the document has no package for it. */
static void find_distro(struct sbom *sbom, const struct purl *purl)
{
	span distro = span_of(purl_qualifier(&sbom->scratch, purl, "distro")), id = distro;
	if (sbom->distro || !distro.len || !type_is_system(purl->type))
		return;
	for (size_t i = 1; i + 1 < distro.len; i++) /* opensuse-leap-15.6 */
		if (distro.ptr[i] == '-' && distro.ptr[i + 1] >= '0' && distro.ptr[i + 1] <= '9') {
			id.len = i;
			break;
		}
	sbom->distro = span_copy(&sbom->scratch, id);
	sbom->release = span_copy(&sbom->scratch, span_from(distro, id.len + (id.len < distro.len)));
}

void sbom_take_source(span info, struct sbom_package *package)
{
	static const char prefix[] = "built package from: ";
	if (span_starts(info, prefix))
		span_cut(span_from(info, sizeof prefix - 1), ' ', &package->source_name, &package->source_version);
}

static int take_operating_system(struct sbom *sbom, const struct sbom_package *package, struct tarsier_error *error)
{
	sbom->distro = span_copy(&sbom->scratch, package->name);
	sbom->release = span_copy(&sbom->scratch, package->version);
	return sbom->distro && sbom->release ? TARSIER_OK : error_memory(error);
}

/* A version whose epoch is a qualifier, as rpm's purl has it. By default rpmbuild gives a package the epoch of its source. */
static const char *version_of(struct sbom *sbom, const struct purl *purl, const char *version)
{
	const char *epoch = purl_qualifier(&sbom->scratch, purl, "epoch");
	bool has_own = strchr(version, ':') != NULL;
	return *version && *epoch && !has_own ? arena_format(&sbom->scratch, "%s:%s", epoch, version) : version;
}

static int add_parsed(struct sbom *sbom, struct purl *purl, struct sbom_package *package, struct tarsier_error *error)
{
	if (strcmp(purl->type, "alpine") == 0)
		purl->type = "apk"; /* Syft, before purl-spec had a name for it */
	const struct purl_type *type = find_type(purl->type);
	const char *name = name_of(&sbom->scratch, purl, type);
	const char *version = *purl->version ? purl->version : span_copy(&sbom->scratch, package->version);
	find_source(sbom, purl, package);
	find_distro(sbom, purl);
	const char *source_version = span_copy(&sbom->scratch, package->source_version);
	version = version ? version_of(sbom, purl, version) : NULL;
	source_version = source_version ? version_of(sbom, purl, source_version) : NULL;
	if (!name || !version || !source_version)
		return error_memory(error);
	bool stated = package->license.len && !span_is(package->license, "NOASSERTION") && !span_is(package->license, "NONE");
	const struct package_spans spans = {
		.type = purl->type, .ecosystem = type ? type->ecosystem : NULL, .found_by = "sbom", .name = span_of(name),
		.version = span_of(version), .architecture = span_of(purl_qualifier(&sbom->scratch, purl, "arch")),
		.source_name = package->source_name, .source_version = span_of(source_version),
		.license = stated ? package->license : SPAN("")};
	int code = *version ? reader_add(sbom->output, &spans, error) : TARSIER_OK;
	return code == TARSIER_FORMAT ? reader_output_note(sbom->output, true, error ? error->message : "", error) : code;
}

/* Types of purls that do not name packages in an image: the image itself, files, source repositories. */
static bool is_elsewhere(const char *type)
{
	return strcmp(type, "oci") == 0 || strcmp(type, "docker") == 0 || strcmp(type, "generic") == 0 ||
	       strcmp(type, "github") == 0;
}

int sbom_add(struct sbom *sbom, const struct sbom_package *package, struct tarsier_error *error)
{
	struct purl purl;
	struct sbom_package own = *package;
	if (package->operating_system)
		return take_operating_system(sbom, package, error);
	if (!package->purl.len) {
		sbom->unnamed++;
		return TARSIER_OK;
	}
	if (!purl_parse(&sbom->scratch, package->purl, &purl)) {
		char text[256];
		snprintf(text, sizeof text, "not a purl: \"%.*s\"", (int)(package->purl.len > 200 ? 200 : package->purl.len),
		         package->purl.ptr);
		return reader_output_note(sbom->output, true, text, error);
	}
	return is_elsewhere(purl.type) ? TARSIER_OK : add_parsed(sbom, &purl, &own, error);
}

/* ---- one document ------------------------------------------------------------------------------------------------ */

static int read_document(struct sbom *sbom, span text, struct tarsier_error *error)
{
	json_t *document;
	bool known = false;
	int code = TARSIER_OK;
	span start = span_trim(span_starts(text, "\xef\xbb\xbf") ? span_from(text, 3) : text);
	if (span_starts(start, "{")) {
		code = json_parse(text, SBOM_LIMIT, "bill of materials", &document, error);
		if (code >= 0)
			code = sbom_read_json(sbom, document, &known, error);
		json_decref(document);
	} else if (span_starts(start, "<")) {
		code = sbom_read_xml(sbom, start, &known, error);
	} else {
		code = sbom_read_tags(sbom, text, &known, error);
	}
	if (code >= 0 && !known)
		return error_set(error, TARSIER_FORMAT, "not a bill of materials: neither SPDX nor CycloneDX");
	return code;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == '"' || *text == '\\' || *text == 0x7f)
			return true;
	return false;
}

static int set_release(struct sbom *sbom, struct tarsier_error *error)
{
	if (!sbom->distro || has_control(sbom->distro) || has_control(sbom->release ? sbom->release : ""))
		return TARSIER_OK;
	sbom->output->release = arena_format(sbom->output->arena, "ID=\"%s\"\nVERSION_ID=\"%s\"\n", sbom->distro,
	                                     sbom->release ? sbom->release : "");
	return sbom->output->release ? TARSIER_OK : error_memory(error);
}

int sbom_read(span text, struct reader_output *output, struct tarsier_error *error)
{
	struct sbom sbom = {.output = output};
	char note[96];
	arena_init(&sbom.scratch, &output->arena->allocator);
	int code = read_document(&sbom, text, error);
	if (code >= 0)
		code = set_release(&sbom, error);
	if (code >= 0 && sbom.unnamed) {
		snprintf(note, sizeof note, "%zu of its packages have no purl and were not read", sbom.unnamed);
		code = reader_output_note(output, false, note, error);
	}
	arena_free(&sbom.scratch);
	return code;
}
