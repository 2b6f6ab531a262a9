/* SPDX 2 and 3 and CycloneDX in JSON, bare or in an attestation */
#include "inventory/sbom.h"

#include "format/base64.h"

#include <string.h>

enum { DEEPEST = 100 }; /* components within components: real ones have three levels */

static span text_of(const json_t *object, const char *key)
{
	return span_of(json_text(object, key));
}

/* ---- CycloneDX --------------------------------------------------------------------------------------------------- */

/* CycloneDX 1.0 to 1.7: "licenses": [{"license": {"id" or "name"}} or {"expression"}]. One is taken if it is the only one:
 * several may hold together or be a choice. */
static span cyclonedx_license(const json_t *component)
{
	const json_t *licenses = json_list(component, "licenses"), *first = json_array_get(licenses, 0);
	const json_t *license = json_member(first, "license");
	if (json_array_size(licenses) != 1)
		return SPAN("");
	if (!license)
		return text_of(first, "expression");
	return *json_text(license, "id") ? text_of(license, "id") : text_of(license, "name");
}

static const char *property(const json_t *component, const char *name)
{
	const json_t *item;
	size_t i;
	json_array_foreach(json_list(component, "properties"), i, item)
		if (strcmp(json_text(item, "name"), name) == 0)
			return json_text(item, "value");
	return "";
}

/* Trivy and Syft state sources as properties of their own. */
static bool cyclonedx_source(struct sbom *sbom, const json_t *component, struct sbom_package *package)
{
	const char *name = property(component, "aquasecurity:trivy:SrcName");
	const char *version = property(component, "aquasecurity:trivy:SrcVersion");
	const char *release = property(component, "aquasecurity:trivy:SrcRelease");
	const char *epoch = property(component, "aquasecurity:trivy:SrcEpoch");
	if (!*name) {
		package->source_name = span_of(property(component, "syft:metadata:source"));
		package->source_version = span_of(property(component, "syft:metadata:sourceVersion"));
		return true;
	}
	package->source_name = span_of(name);
	const char *whole = arena_format(&sbom->scratch, "%s%s%s%s%s", epoch, *epoch ? ":" : "", version, *release ? "-" : "", release);
	package->source_version = span_of(*version ? whole : "");
	return whole != NULL;
}

static int read_components(struct sbom *sbom, const json_t *list, int depth, struct tarsier_error *error)
{
	const json_t *component;
	size_t i;
	int code = TARSIER_OK;
	if (depth > DEEPEST)
		return error_set(error, TARSIER_LIMIT, "components are nested more than %d deep", DEEPEST);
	json_array_foreach(list, i, component) {
		struct sbom_package package = {.purl = text_of(component, "purl"), .name = text_of(component, "name"),
		                               .version = text_of(component, "version"), .license = cyclonedx_license(component)};
		bool file = strcmp(json_text(component, "type"), "file") == 0;
		package.operating_system = strcmp(json_text(component, "type"), "operating-system") == 0;
		if (!cyclonedx_source(sbom, component, &package))
			return error_memory(error);
		code = file && !package.purl.len ? TARSIER_OK : sbom_add(sbom, &package, error);
		if (code >= 0)
			code = read_components(sbom, json_list(component, "components"), depth + 1, error);
		if (code < 0)
			return code;
	}
	return TARSIER_OK;
}

/* ---- SPDX 2 ------------------------------------------------------------------------------------------------------ */

static span spdx_purl(const json_t *package)
{
	const json_t *reference;
	size_t i;
	json_array_foreach(json_list(package, "externalRefs"), i, reference)
		if (strcmp(json_text(reference, "referenceType"), "purl") == 0)
			return text_of(reference, "referenceLocator");
	return SPAN("");
}

static int read_spdx2(struct sbom *sbom, const json_t *document, struct tarsier_error *error)
{
	const json_t *item;
	size_t i;
	int code = TARSIER_OK;
	json_array_foreach(json_list(document, "packages"), i, item) {
		struct sbom_package package = {.purl = spdx_purl(item), .name = text_of(item, "name"),
		                               .version = text_of(item, "versionInfo"), .license = text_of(item, "licenseDeclared")};
		package.operating_system = !package.purl.len &&
		    (strcmp(json_text(item, "primaryPackagePurpose"), "OPERATING-SYSTEM") == 0 ||
		     strncmp(json_text(item, "SPDXID"), "SPDXRef-OperatingSystem", 23) == 0);
		sbom_take_source(text_of(item, "sourceInfo"), &package);
		code = sbom_add(sbom, &package, error);
		if (code < 0)
			break;
	}
	return code;
}

/* ---- SPDX 3 ------------------------------------------------------------------------------------------------------ */

static span spdx3_purl(const json_t *element)
{
	const json_t *identifier;
	size_t i;
	if (*json_text(element, "software_packageUrl"))
		return text_of(element, "software_packageUrl");
	json_array_foreach(json_list(element, "externalIdentifier"), i, identifier)
		if (strcmp(json_text(identifier, "externalIdentifierType"), "packageUrl") == 0)
			return text_of(identifier, "identifier");
	return SPAN("");
}

static int read_spdx3(struct sbom *sbom, const json_t *graph, struct tarsier_error *error)
{
	const json_t *element;
	size_t i;
	int code = TARSIER_OK;
	json_array_foreach(graph, i, element) {
		if (strcmp(json_text(element, "type"), "software_Package") != 0)
			continue;
		struct sbom_package package = {.purl = spdx3_purl(element), .name = text_of(element, "name"),
		                               .version = text_of(element, "software_packageVersion")};
		package.operating_system =
		    !package.purl.len && strcmp(json_text(element, "software_primaryPurpose"), "operatingSystem") == 0;
		sbom_take_source(text_of(element, "software_sourceInfo"), &package);
		code = sbom_add(sbom, &package, error);
		if (code < 0)
			break;
	}
	return code;
}

/* ---- which of them, and attestations ----------------------------------------------------------------------------- */

static int read_plain(struct sbom *sbom, const json_t *document, bool *known, struct tarsier_error *error)
{
	const json_t *graph = json_list(document, "@graph");
	*known = true;
	if (strcmp(json_text(document, "bomFormat"), "CycloneDX") == 0)
		return read_components(sbom, json_list(document, "components"), 0, error);
	if (strncmp(json_text(document, "spdxVersion"), "SPDX-2.", 7) == 0)
		return read_spdx2(sbom, document, error);
	if (graph && strstr(json_text(document, "@context"), "spdx.org/rdf/3."))
		return read_spdx3(sbom, graph, error);
	*known = false;
	return TARSIER_OK;
}

/* An in-toto statement has the document as its predicate; some tools put it one level deeper, in "Data". */
static int read_statement(struct sbom *sbom, const json_t *document, bool *known, struct tarsier_error *error)
{
	const json_t *predicate = json_member(document, "predicate");
	if (!predicate)
		return read_plain(sbom, document, known, error);
	return read_plain(sbom, json_member(predicate, "Data") ? json_member(predicate, "Data") : predicate, known, error);
}

/* DSSE: {"payloadType": "application/vnd.in-toto+json", "payload": base64, "signatures": …}. The signatures are not
 * checked: the file has no more authority than the image that holds it. */
int sbom_read_json(struct sbom *sbom, const json_t *document, bool *known, struct tarsier_error *error)
{
	span payload;
	json_t *inner;
	*known = false;
	if (strcmp(json_text(document, "payloadType"), "application/vnd.in-toto+json") != 0)
		return read_statement(sbom, document, known, error);
	if (!base64_decode(&sbom->scratch, text_of(document, "payload"), &payload))
		return error_set(error, TARSIER_FORMAT, "the payload of this attestation is not base64");
	int code = json_parse(payload, SBOM_LIMIT, "payload", &inner, error);
	if (code >= 0)
		code = read_statement(sbom, inner, known, error);
	json_decref(inner);
	return code;
}
