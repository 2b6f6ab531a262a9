/* SPDX 2 as tag-value text */
#include "inventory/sbom.h"

#include <string.h>

/*
 * SPDX 2.3, "Tag-value format": lines of "Tag: value"; "#" begins a comment; a value between <text> and </text> may have
 * several lines. A package begins with PackageName, and ends where another element begins:
 *
 *	PackageName: openssl-libs
 *	PackageVersion: 3.0.7
 *	ExternalRef: PACKAGE-MANAGER purl pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?arch=x86_64
 */
static bool take_tag(span *rest, span *tag, span *value)
{
	span line;
	while (span_next(rest, '\n', &line)) {
		if (span_starts(line, "#") || !span_cut(line, ':', tag, value))
			continue;
		*value = span_trim(*value);
		if (span_starts(*value, "<text>") && !span_ends(*value, "</text>")) {
			const char *end = rest->len ? memmem(rest->ptr, rest->len, "</text>", 7) : NULL;
			*rest = end ? span_from(*rest, (size_t)(end - rest->ptr) + 7) : SPAN("");
		}
		return true;
	}
	return false;
}

static void take_reference(span value, struct sbom_package *package)
{
	span category, type, locator, rest;
	span_cut(value, ' ', &category, &rest);
	span_cut(span_trim(rest), ' ', &type, &locator);
	if (span_is(type, "purl") && !package->purl.len)
		package->purl = span_trim(locator);
}

static void take_package_tag(span tag, span value, struct sbom_package *package)
{
	if (span_is(tag, "PackageVersion"))
		package->version = value;
	else if (span_is(tag, "PackageLicenseDeclared"))
		package->license = value;
	else if (span_is(tag, "ExternalRef"))
		take_reference(value, package);
	else if (span_is(tag, "SPDXID"))
		package->operating_system = span_starts(value, "SPDXRef-OperatingSystem");
	else if (span_is(tag, "PrimaryPackagePurpose") && span_is(value, "OPERATING-SYSTEM"))
		package->operating_system = true;
	else if (span_is(tag, "PackageSourceInfo"))
		sbom_take_source(value, package);
}

static bool ends_package(span tag)
{
	static const char *const tags[] = {"PackageName", "FileName", "SnippetSPDXID", "LicenseID", "Relationship"};
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (span_is(tag, tags[i]))
			return true;
	return false;
}

static int end_package(struct sbom *sbom, struct sbom_package *package, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	package->operating_system = package->operating_system && !package->purl.len;
	if (package->name.len)
		code = sbom_add(sbom, package, error);
	*package = (struct sbom_package){.name = {0}};
	return code;
}

int sbom_read_tags(struct sbom *sbom, span text, bool *known, struct tarsier_error *error)
{
	struct sbom_package package = {.name = {0}};
	span tag, value;
	int code = TARSIER_OK;
	*known = false;
	while (code >= 0 && take_tag(&text, &tag, &value)) {
		if (!*known && !(span_is(tag, "SPDXVersion") && span_starts(value, "SPDX-2.")))
			return TARSIER_OK; /* the first tag of a document is its version */
		*known = true;
		if (ends_package(tag))
			code = end_package(sbom, &package, error);
		if (span_is(tag, "PackageName"))
			package.name = value;
		else if (package.name.len)
			take_package_tag(tag, value, &package);
	}
	return code < 0 ? code : end_package(sbom, &package, error);
}
