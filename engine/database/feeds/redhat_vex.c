#include "base/map.h"
#include "database/affected_list.h"
#include "database/record_part.h"
#include "format/cve_id.h"
#include "stream/json_read.h"

#include <string.h>

/*
 * Red Hat's VEX documents, a file for each CVE, in CSAF 2.0,
 * https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html and https://redhatproductsecurity.github.io/security-data-guidelines/csaf-vex/:
 *
 *	{ "document": { "category": "csaf_vex" },
 *	  "product_tree": { "branches": [ … { "product": { "product_id", "product_identification_helper": {cpe} } } … ],
 *	    "relationships": [ { "full_product_name": {product_id}, "product_reference", "relates_to_product_reference" } ] },
 *	  "vulnerabilities": [ { "cve", "product_status": { "fixed": [id], "known_affected", "known_not_affected",
 *	    "under_investigation" }, "remediations": [ { "category", "details", "product_ids" } ],
 *	    "threats": [ { "category": "impact", "details": "Important", "product_ids" } ],
 *	    "scores": [ { "products", "cvss_v3": {vectorString} } ] } ] }
 *
 * A status is of a component of a product: of "curl-0:7.76.1-26.el9_3.2.src" where it was fixed, of "curl" elsewhere, of
 * "nodejs:18/nodejs" in a module. The product's CPE tells the release. Of packages that were built from one source, the
 * source stands for all.
 */

enum { DOCUMENT_LIMIT = 256 << 20 };

struct vex {
	struct advisory_sink *sink;
	struct arena arena;          /* memory for the document */
	const char *name;            /* of the file */
	struct map cpes;             /* product → its CPE, or "" */
	struct map relations;        /* component of a product → struct json_node of the relationship */
	struct map remedies, words;  /* of the vulnerability: component of a product → its remediation; → its impact */
	struct affected_list list;
};

static int vex_recognise(span head)
{
	return span_contains(head, "\"csaf_vex\"") && span_contains(head, "redhat") ? 50 : 0;
}

/* ---- the product tree -------------------------------------------------------------------------------------------- */

static bool read_product(struct vex *vex, const struct json_node *product)
{
	const char *id = node_text(product, "product_id");
	const char *cpe = node_text(node_member(product, "product_identification_helper"), "cpe");
	return !*id || map_put(&vex->cpes, span_of(id), (void *)(uintptr_t)cpe);
}

/* Branches are no deeper than JSON may be. */
static bool read_branches(struct vex *vex, const struct json_node *parent)
{
	const struct json_node *branch = record_list_or_none(vex->sink, vex->name, parent, "branches");
	for (; branch; branch = branch->next)
		if (!read_product(vex, node_member(branch, "product")) || !read_branches(vex, branch))
			return false;
	return true;
}

/* Products outside of all branches. */
static bool read_products(struct vex *vex, const struct json_node *tree)
{
	const struct json_node *product = record_list_or_none(vex->sink, vex->name, tree, "full_product_names");
	for (; product; product = product->next)
		if (!read_product(vex, product))
			return false;
	return true;
}

static bool read_relations(struct vex *vex, const struct json_node *tree)
{
	const struct json_node *relation = record_list_or_none(vex->sink, vex->name, tree, "relationships");
	for (; relation; relation = relation->next) {
		const char *id = node_text(node_member(relation, "full_product_name"), "product_id");
		if (*id && !map_put(&vex->relations, span_of(id), (void *)(uintptr_t)relation))
			return false;
	}
	return true;
}

/* Notes an object under each of the products that it lists. */
static bool note(struct map *map, const struct json_node *object, const char *list)
{
	for (const struct json_node *id = node_first(node_list(object, list)); id; id = id->next)
		if (id->kind == NODE_TEXT && !map_put(map, (span){id->text, id->length}, (void *)(uintptr_t)object))
			return false;
	return true;
}

static bool read_judgements(struct vex *vex, const struct json_node *vulnerability)
{
	const struct json_node *remedies = node_list(vulnerability, "remediations");
	const struct json_node *threats = node_list(vulnerability, "threats");
	for (const struct json_node *remedy = node_first(remedies); remedy; remedy = remedy->next) {
		const char *category = node_text(remedy, "category");
		bool tells = strcmp(category, "no_fix_planned") == 0 || strcmp(category, "none_available") == 0;
		if (tells && !note(&vex->remedies, remedy, "product_ids"))
			return false;
	}
	for (const struct json_node *threat = node_first(threats); threat; threat = threat->next)
		if (strcmp(node_text(threat, "category"), "impact") == 0 && !note(&vex->words, threat, "product_ids"))
			return false;
	return true;
}

/* ---- components -------------------------------------------------------------------------------------------------- */

/* What a reference names. */
struct component { const char *name, *version, *stream; bool skip; };

/* "curl-0:7.76.1-26.el9_3.2.src" → name and version, which has its epoch if that is not 0. */
static bool read_nevra(struct vex *vex, span reference, struct component *component)
{
	ptrdiff_t arch = span_find_last(reference, '.'), release = span_find_last(reference, '-');
	span left = release > 0 ? (span){reference.ptr, (size_t)release} : SPAN("");
	ptrdiff_t version = span_find_last(left, '-');
	if (version <= 0 || arch < release)
		return true; /* a name without a version: not fixed */
	component->skip = !span_is(span_from(reference, (size_t)arch), ".src");
	span full = {reference.ptr + version + 1, (size_t)(arch - version) - 1};
	component->name = span_copy(&vex->arena, (span){reference.ptr, (size_t)version});
	component->version = span_copy(&vex->arena, span_starts(full, "0:") ? span_from(full, 2) : full);
	return component->name && component->version;
}

/* "nodejs:18:8090…:rhel8::nodejs-1:18.1-1.module+el8.src", "nodejs:18/nodejs", "openshift4/ose-cli-rhel9" (a container). */
static bool read_component(struct vex *vex, const char *reference, struct component *component)
{
	span rest = span_of(reference), module = SPAN("");
	const char *end = strstr(reference, "::");
	ptrdiff_t slash = span_find(rest, '/');
	*component = (struct component){.version = ""};
	if (end) {
		module = (span){reference, (size_t)(end - reference)};
		rest = span_from(rest, module.len + 2);
	} else if (slash > 0) {
		module = (span){reference, (size_t)slash};
		rest = span_from(rest, (size_t)slash + 1);
		component->skip = span_find(module, ':') < 0;
	}
	component->stream = module.len ? span_copy(&vex->arena, module) : NULL;
	component->name = span_copy(&vex->arena, rest);
	if (!component->name || (module.len && !component->stream) || !read_nevra(vex, rest, component))
		return false;
	component->skip = component->skip || span_starts(rest, "pkg:oci/");
	return true;
}

/* "cpe:/a:redhat:enterprise_linux:9::appstream" → "Red Hat:enterprise_linux:9::appstream", as OSV writes it. */
static const char *ecosystem_of(struct vex *vex, const char *cpe)
{
	static const char vendor[] = ":redhat:";
	const char *product = strstr(cpe, vendor);
	bool system = product && (strstr(product, ":enterprise_linux:") || strstr(product, ":rhel_"));
	return system ? arena_format(&vex->arena, "Red Hat:%s", product + strlen(vendor)) : "";
}

static enum advisory_status status_of(const struct json_node *remedy, const char *list)
{
	const char *details = node_text(remedy, "details");
	if (strcmp(list, "known_not_affected") == 0)
		return STATUS_NOT_AFFECTED;
	if (strcmp(list, "under_investigation") == 0)
		return STATUS_UNDER_INVESTIGATION;
	if (strcmp(details, "Out of support scope") == 0)
		return STATUS_END_OF_LIFE;
	if (strcmp(node_text(remedy, "category"), "no_fix_planned") == 0)
		return STATUS_WILL_NOT_FIX;
	if (strcmp(details, "Fix deferred") == 0)
		return STATUS_FIX_DEFERRED;
	return strcmp(list, "fixed") == 0 ? STATUS_UNSTATED : STATUS_AFFECTED;
}

/* The ecosystem of the product that a component is a part of; "" if it is of none, or not a component but a product. Reports
 * what is neither. */
static const char *ecosystem_around(struct vex *vex, const char *id, const struct json_node *relation)
{
	const char *around = relation ? node_text(relation, "relates_to_product_reference") : id;
	const char *cpe = map_get(&vex->cpes, span_of(around));
	if (!cpe)
		vex->sink->unreadable(vex->sink->user, id, "it is not in the document's tree of products");
	return cpe && relation ? ecosystem_of(vex, cpe) : "";
}

static bool add_product(struct vex *vex, const char *text, const char *list)
{
	struct component component;
	span id = span_of(text);
	const struct json_node *relation = map_get(&vex->relations, id);
	const char *ecosystem = ecosystem_around(vex, text, relation);
	if (!ecosystem || !read_component(vex, node_text(relation, "product_reference"), &component))
		return false;
	bool fixed = strcmp(list, "fixed") == 0, versioned = *component.version;
	if (!*ecosystem || component.skip)
		return true;
	if (fixed != versioned) { /* a build that was never affected says nothing of others */
		if (fixed || strcmp(list, "known_affected") == 0)
			vex->sink->unreadable(vex->sink->user, text, fixed ? "a fix without a version" : "a version that is not fixed");
		return true;
	}
	const struct affected affected = {
		.ecosystem = ecosystem, .name = component.name, .own = true, .stream = component.stream,
		.severity_word = node_text(map_get(&vex->words, id), "details"), .status = status_of(map_get(&vex->remedies, id), list)};
	return affected_list_add(&vex->list, &vex->arena, &affected, component.version);
}

/* ---- a document -------------------------------------------------------------------------------------------------- */

static const char *note_of(const struct json_node *vulnerability, const char *category)
{
	const struct json_node *notes = node_list(vulnerability, "notes");
	for (const struct json_node *one = node_first(notes); one; one = one->next)
		if (strcmp(node_text(one, "category"), category) == 0)
			return node_text(one, "text");
	return "";
}

static const char **vectors_of(struct vex *vex, const struct json_node *vulnerability)
{
	const struct json_node *scores = node_list(vulnerability, "scores");
	const char **vectors = arena_array(&vex->arena, node_count(scores) + 1, sizeof *vectors);
	size_t count = 0;
	for (const struct json_node *score = node_first(scores); vectors && score; score = score->next)
		if (*node_text(node_member(score, "cvss_v3"), "vectorString"))
			vectors[count++] = node_text(node_member(score, "cvss_v3"), "vectorString");
	return vectors;
}

static int give(struct vex *vex, const struct json_node *document, const struct json_node *vulnerability,
                struct tarsier_error *error)
{
	static const char *none[] = {NULL};
	const char *cve = node_text(vulnerability, "cve"), *aliases[] = {cve, NULL};
	const struct json_node *tracking = node_member(node_member(document, "document"), "tracking");
	const char *id = arena_format(&vex->arena, "REDHAT-%s", cve);
	const char *url = arena_format(&vex->arena, "https://access.redhat.com/security/cve/%s", cve);
	const char **vectors = vectors_of(vex, vulnerability);
	/* A document for each CVE, so that a later import of some documents replaces only these. */
	const char *scope = arena_format(&vex->arena, "redhat-vex %s", cve);
	if (!id || !url || !vectors || !scope)
		return error_memory(error);
	const struct advisory advisory = {
		.scope = scope, .id = id, .summary = node_text(vulnerability, "title"),
		.details = note_of(vulnerability, "description"), .url = url,
		.published = node_text(tracking, "initial_release_date"), .modified = node_text(tracking, "current_release_date"),
		.aliases = aliases, .cvss = vectors, .references = none, .affected = vex->list.items,
		.affected_count = vex->list.count};
	return vex->sink->advisory(vex->sink->user, &advisory, error);
}

static int take_vulnerability(struct vex *vex, const struct json_node *document, const struct json_node *vulnerability,
                              struct tarsier_error *error)
{
	static const char *const lists[] = {"fixed", "known_affected", "known_not_affected", "under_investigation"};
	const struct json_node *status = node_member(vulnerability, "product_status");
	const char *cve = node_text(vulnerability, "cve");
	if (!cve_number(span_of(cve))) {
		vex->sink->unreadable(vex->sink->user, vex->name, "a vulnerability without a CVE id");
		return 0;
	}
	if (!read_judgements(vex, vulnerability))
		return error_memory(error);
	if (!status)
		vex->sink->unreadable(vex->sink->user, cve, "it tells no product's status");
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		const struct json_node *id = record_list_or_none(vex->sink, cve, status, lists[i]);
		for (; id; id = id->next) {
			const char *product = record_text(vex->sink, cve, id);
			if (*product && !add_product(vex, product, lists[i]))
				return error_memory(error);
		}
	}
	return vex->list.count ? give(vex, document, vulnerability, error) : 0;
}

static int take_document(void *user, const struct cut_place *place, const struct json_node *document,
                         struct tarsier_error *error)
{
	struct vex *vex = user;
	const struct json_node *tree = node_member(document, "product_tree");
	int code = 0;
	(void)place;
	if (!read_branches(vex, tree) || !read_products(vex, tree) || !read_relations(vex, tree))
		return error_memory(error);
	const struct json_node *one = record_list(vex->sink, vex->name, document, "vulnerabilities");
	for (; one && code >= 0; one = one->next) {
		vex->list = (struct affected_list){0};
		vex->remedies = vex->words = (struct map){.arena = &vex->arena};
		code = take_vulnerability(vex, document, one, error);
	}
	return code;
}

static int vex_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct vex vex = {.sink = sink, .name = name};
	struct json_cutter cutter = {.take = take_document, .user = &vex, .what = name, .limit = DOCUMENT_LIMIT};
	arena_init(&vex.arena, NULL);
	vex.cpes.arena = vex.relations.arena = &vex.arena;
	int code = json_read(&cutter, stream, error);
	arena_free(&vex.arena);
	return code;
}

const struct feed feed_redhat_vex = {"redhat-vex", vex_recognise, vex_read};
