#include "inventory/jar_identity.h"

#include "format/version.h"

#include <string.h>

/* Too general to be the group of anything, but written as such: org.apache by the first commons libraries. */
static const char *const no_groups[] = {"org.apache", "com.sun", "com.oracle", "org.eclipse", "com.ibm", NULL};

bool jar_is_id(span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!version_is_letter(text.ptr[i]) && !version_is_digit(text.ptr[i]) && !strchr("._-", text.ptr[i]))
			return false;
	return text.len > 0;
}

bool jar_is_version(span text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f || strchr("${}\"'<>", text.ptr[i]))
			return false;
	return text.len > 0;
}

/* ---- file names -------------------------------------------------------------------------------------------------- */

static bool begins_with_digit(span word)
{
	return word.len > 0 && version_is_digit(word.ptr[0]);
}

/* Is it a part of a version, between two numbers: "1.0-beta-2"? */
static bool is_qualifier(span word)
{
	static const char *const words[] = {"alpha", "beta", "rc", "cr", "m", "b", "build", "pre", "preview", "ea", NULL};
	for (const char *const *known = words; *known; known++)
		if (span_is_nocase(word, *known))
			return true;
	return false;
}

/* Where the last hyphen before `end` is that a digit follows; -1 without one. */
static ptrdiff_t last_number(span base, size_t end)
{
	for (size_t at = end; at-- > 1;)
		if (base.ptr[at] == '-' && at + 1 < base.len && version_is_digit(base.ptr[at + 1]))
			return (ptrdiff_t)at;
	return -1;
}

static span word_before(span base, size_t at)
{
	span before = {base.ptr, at};
	return span_from(before, (size_t)(span_find_last(before, '-') + 1));
}

/* The version begins at the last number, but at an earlier one if only a qualifier stands between:
 * "log4j-1.2-api-2.17.1" and "x-1.0-beta-2". */
void jar_split_name(span base, span *artifact, span *version)
{
	ptrdiff_t at = last_number(base, base.len);
	*artifact = base;
	*version = SPAN("");
	while (at > 0) {
		*artifact = (span){base.ptr, (size_t)at};
		*version = span_from(base, (size_t)at + 1);
		span word = word_before(base, (size_t)at);
		size_t start = (size_t)(word.ptr - base.ptr);
		if (begins_with_digit(word) && start > 1)
			at = (ptrdiff_t)start - 1;
		else if (is_qualifier(word) && start > 1 && begins_with_digit(word_before(base, start - 1)))
			at = last_number(base, start - 1);
		else
			break;
	}
}

/* ---- the parts --------------------------------------------------------------------------------------------------- */

static span first_version(const struct jar_manifest *manifest)
{
	const char *const candidates[] = {manifest->version, manifest->plugin_version, manifest->bundle_version,
	                                  manifest->specification_version};
	for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
		if (jar_is_version(span_of(candidates[i])))
			return span_of(candidates[i]);
	return SPAN("");
}

/* A file's version may have a classifier behind it, which the manifest's has not: "4.1.77.Final-linux-x86_64". */
static span choose_version(const struct jar_manifest *manifest, span named)
{
	span stated = first_version(manifest);
	if (!named.len)
		return stated;
	bool shorter = stated.len && stated.len < named.len && span_starts(named, stated.ptr);
	return shorter && named.ptr[stated.len] == '-' ? stated : named;
}

static span choose_artifact(const struct jar_manifest *manifest, span artifact, bool versioned)
{
	if (*manifest->plugin_version && jar_is_id(span_of(manifest->short_name)))
		return span_of(manifest->short_name);
	if (!versioned && jar_is_id(span_of(manifest->title)))
		return span_of(manifest->title);
	return jar_is_id(artifact) ? artifact : SPAN("");
}

static bool is_group(span text)
{
	for (const char *const *general = no_groups; *general; general++)
		if (span_is(text, *general))
			return false;
	return jar_is_id(text) && span_find(text, '.') > 0 && text.ptr[text.len - 1] != '.';
}

static size_t count_parts(span group)
{
	size_t parts = 1;
	for (size_t i = 0; i < group.len; i++)
		parts += group.ptr[i] == '.';
	return parts;
}

/* "com.fasterxml.jackson.core.jackson-databind" of jackson-databind; "org.apache.commons.lang3" of commons-lang3, where
 * what group and artifact have in common is written once. */
static span group_of_bundle(span name, span artifact)
{
	ptrdiff_t dot = span_find_last(name, '.');
	if (dot < 0)
		return SPAN("");
	span group = {name.ptr, (size_t)dot}, last = span_from(name, (size_t)dot + 1);
	span common = span_from(group, (size_t)(span_find_last(group, '.') + 1));
	bool same = span_equal(last, artifact);
	bool joined = artifact.len == common.len + 1 + last.len && artifact.ptr[common.len] == '-' &&
	              span_equal((span){artifact.ptr, common.len}, common) &&
	              span_equal(span_from(artifact, common.len + 1), last);
	return (same || joined) && count_parts(group) >= 3 ? group : SPAN("");
}

static span choose_group(const struct jar_manifest *manifest, span artifact, const char *family)
{
	if (is_group(span_of(manifest->group_id)))
		return span_of(manifest->group_id);
	if (*family)
		return span_of(family);
	if (is_group(span_of(manifest->vendor_id)))
		return span_of(manifest->vendor_id);
	span group = group_of_bundle(span_of(manifest->symbolic_name), artifact);
	return is_group(group) ? group : SPAN("");
}

struct jar_identity jar_identify(const struct jar_manifest *manifest, span base, const char *family)
{
	struct jar_identity identity;
	span artifact, version;
	jar_split_name(base, &artifact, &version);
	identity.version = choose_version(manifest, version);
	identity.artifact = choose_artifact(manifest, artifact, version.len > 0);
	identity.group = choose_group(manifest, identity.artifact, family);
	return identity;
}
