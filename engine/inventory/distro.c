#include "inventory/distro.h"

#include <string.h>

/* ---- strings ----------------------------------------------------------------------------------------------------- */

/* Returns a copy in which control bytes are "?", because a name must not contain them. Returns NULL if memory ran
 * out. */
static char *clean_copy(struct arena *arena, span text)
{
	char *copy = span_copy(arena, text);
	for (size_t i = 0; copy && i < text.len; i++)
		if ((unsigned char)copy[i] < 0x20 || copy[i] == 0x7f)
			copy[i] = '?';
	return copy;
}

/* os-release(5) requires a lower-case ID, but openEuler's has an upper-case letter, and those of lsb-release begin with
 * one. */
static const char *lower(char *text)
{
	for (char *c = text; c && *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return text;
}

static const char *clean_lower(struct arena *arena, span text)
{
	return lower(clean_copy(arena, text));
}

/* ---- os-release(5) and lsb-release ------------------------------------------------------------------------------- */

/*
 *	line  ::= "#" anything | NAME "=" value
 *	value ::= "'" literal "'" | '"' quoted '"' | plain
 *
 * A backslash quotes the next character: any character in plain text, only `"$\ and backtick in double quotes. The text
 * behind a closing quote is dropped; a quote that is not closed ends with the line. Variables are not expanded.
 */
static char *unquote(struct arena *arena, span value)
{
	char quote = value.len && (value.ptr[0] == '"' || value.ptr[0] == '\'') ? value.ptr[0] : '\0';
	char *text = arena_alloc(arena, value.len + 1);
	size_t length = 0;
	for (size_t i = quote != '\0'; text && i < value.len && (!quote || value.ptr[i] != quote); i++) {
		bool escape = value.ptr[i] == '\\' && quote != '\'' && i + 1 < value.len;
		if (escape && (!quote || strchr("\"$\\`", value.ptr[i + 1])))
			i++;
		text[length++] = value.ptr[i];
	}
	return text ? clean_copy(arena, (span){text, length}) : NULL;
}

/* Returns the last assignment of `name` in the text, as in a shell; "" if there is none; NULL if memory ran out. */
static char *assigned(struct arena *arena, span text, const char *name)
{
	span line, key, value, found = {0};
	while (span_next(&text, '\n', &line))
		if (span_cut(span_trim(line), '=', &key, &value) && span_is(key, name))
			found = value;
	return unquote(arena, found);
}

static bool complete(const struct distro *distro)
{
	return distro->id && distro->version && distro->codename && distro->name && distro->id_like;
}

/* Reads one file and sets the fields that it has. Returns false if memory ran out. */
static bool read_os_release(struct arena *arena, span text, struct distro *distro)
{
	distro->id = lower(assigned(arena, text, "ID"));
	distro->version = assigned(arena, text, "VERSION_ID");
	distro->codename = assigned(arena, text, "VERSION_CODENAME");
	distro->name = assigned(arena, text, "PRETTY_NAME");
	distro->id_like = assigned(arena, text, "ID_LIKE");
	return complete(distro);
}

static bool read_lsb_release(struct arena *arena, span text, struct distro *distro)
{
	distro->id = lower(assigned(arena, text, "DISTRIB_ID"));
	distro->version = assigned(arena, text, "DISTRIB_RELEASE");
	distro->codename = assigned(arena, text, "DISTRIB_CODENAME");
	distro->name = assigned(arena, text, "DISTRIB_DESCRIPTION");
	return complete(distro);
}

/* ---- files of one line, and SuSE-release ------------------------------------------------------------------------- */

static span first_line(span text)
{
	span line, rest;
	span_cut(text, '\n', &line, &rest);
	return span_trim(line);
}

/* "3.20.3" */
static bool read_alpine_release(struct arena *arena, span text, struct distro *distro)
{
	span version = first_line(text);
	if (!version.len)
		return true;
	distro->id = "alpine";
	distro->version = clean_copy(arena, version);
	distro->name = distro->version ? arena_format(arena, "Alpine Linux %s", distro->version) : NULL;
	return complete(distro);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "12.5"; "trixie/sid" in testing and in unstable, which share base-files: it is treated as testing. */
static bool read_debian_version(struct arena *arena, span text, struct distro *distro)
{
	span line = first_line(text), head, rest;
	if (!line.len)
		return true;
	bool numbered = is_digit(line.ptr[0]);
	span_cut(line, numbered ? '.' : '/', &head, &rest);
	distro->id = "debian";
	if (numbered)
		distro->version = clean_copy(arena, head);
	else
		distro->codename = clean_lower(arena, head);
	char *shown = clean_copy(arena, line);
	distro->name = shown ? arena_format(arena, "Debian GNU/Linux %s", shown) : NULL;
	return complete(distro);
}

/* "CentOS Linux release 7.9.2009 (Core)": NAME " release " VERSION [" (" CODENAME ")"] */
static bool read_release(struct arena *arena, span text, struct distro *distro)
{
	static const struct { const char *name, *id; } names[] = {
		{"AlmaLinux", "almalinux"}, {"Amazon Linux", "amzn"}, {"CentOS", "centos"}, {"Fedora", "fedora"},
		{"Oracle Linux", "ol"}, {"Red Hat Enterprise Linux", "rhel"}, {"Rocky Linux", "rocky"},
	};
	static const char word[] = " release ";
	span line = first_line(text), version, codename, rest;
	const char *at = line.len ? memmem(line.ptr, line.len, word, sizeof word - 1) : NULL;
	for (size_t i = 0; at && !distro->id[0] && i < sizeof names / sizeof *names; i++)
		if (span_starts(line, names[i].name))
			distro->id = names[i].id;
	if (!distro->id[0])
		return true;
	span_cut(span_from(line, (size_t)(at - line.ptr) + sizeof word - 1), ' ', &version, &rest);
	span_cut(rest, '(', &codename, &rest);
	span_cut(rest, ')', &codename, &rest);
	distro->version = clean_copy(arena, version);
	distro->codename = clean_copy(arena, codename);
	distro->name = clean_copy(arena, line);
	return complete(distro);
}

static span value_of(span text, const char *name)
{
	span line, key, value;
	while (span_next(&text, '\n', &line))
		if (span_cut(line, '=', &key, &value) && span_is(span_trim(key), name))
			return span_trim(value);
	return (span){"", 0};
}

/* "SUSE Linux Enterprise Server 11 (x86_64)", then "VERSION = 11" and "PATCHLEVEL = 4"; or "openSUSE 13.2 (x86_64)".
 * The name is written as later os-release files have it: "SUSE Linux Enterprise Server 11 SP4". */
static bool read_suse_release(struct arena *arena, span text, struct distro *distro)
{
	span name, rest, version = value_of(text, "VERSION"), patch = value_of(text, "PATCHLEVEL");
	span_cut(first_line(text), '(', &name, &rest);
	name = span_trim(name);
	bool open = span_starts(name, "openSUSE"), service_pack = !open && patch.len && !span_is(patch, "0");
	if (!open && !span_starts(name, "SUSE Linux Enterprise"))
		return true;
	char *parts[] = {clean_copy(arena, name), clean_copy(arena, version), clean_copy(arena, patch)};
	if (!parts[0] || !parts[1] || !parts[2])
		return false;
	distro->id = open ? "opensuse" : "sles";
	distro->version = service_pack ? arena_format(arena, "%s.%s", parts[1], parts[2]) : parts[1];
	distro->name = service_pack ? arena_format(arena, "%s SP%s", parts[0], parts[2]) : parts[0];
	return complete(distro);
}

/* ---- all files --------------------------------------------------------------------------------------------------- */

/* Returns an empty span if the image does not have the file or it could not be read. */
static span content_of(const struct overlay *overlay, const char *path)
{
	const struct overlay_file *found = overlay_find(overlay, path);
	return found && !found->file->problem ? found->file->content : (span){"", 0};
}

/* Debian's testing has a codename and no number: advisories already use its future number. */
static bool number_debian(struct arena *arena, const struct overlay *overlay, struct distro *distro)
{
	static const struct { const char *codename, *version; } releases[] = {
		{"buster", "10"}, {"bullseye", "11"}, {"bookworm", "12"}, {"trixie", "13"}, {"forky", "14"}, {"duke", "15"},
	};
	if (strcmp(distro->id, "debian") != 0 || distro->version[0])
		return true;
	if (!distro->codename[0]) {
		struct distro other = DISTRO_UNKNOWN;
		if (!read_debian_version(arena, content_of(overlay, "etc/debian_version"), &other))
			return false;
		distro->version = other.version;
		distro->codename = other.codename;
	}
	for (size_t i = 0; !distro->version[0] && i < sizeof releases / sizeof *releases; i++)
		if (strcmp(distro->codename, releases[i].codename) == 0)
			distro->version = releases[i].version;
	return true;
}

/* In the order of trial; the first one that names a distribution is used. redhat-release and system-release are often
 * links to a distribution's own file, so they come after those. */
static const struct release_file {
	const char *path;
	bool (*read)(struct arena *arena, span text, struct distro *distro);
} release_files[] = {
	{"etc/os-release", read_os_release},       {"usr/lib/os-release", read_os_release},
	{"etc/lsb-release", read_lsb_release},     {"etc/alpine-release", read_alpine_release},
	{"etc/debian_version", read_debian_version}, {"etc/almalinux-release", read_release},
	{"etc/rocky-release", read_release},       {"etc/centos-release", read_release},
	{"etc/oracle-release", read_release},      {"etc/fedora-release", read_release},
	{"etc/redhat-release", read_release},      {"etc/system-release", read_release},
	{"etc/SuSE-release", read_suse_release},
};

/* An image without a release file, or a bill of materials without an image: what the document says. */
static int detect_in_sbom(struct arena *arena, const struct overlay *overlay, struct distro *distro,
                          struct tarsier_error *error)
{
	for (size_t i = 0; i < overlay->file_count; i++) {
		struct distro found = DISTRO_UNKNOWN;
		const struct layer_file *file = overlay->files[i]->file;
		if (!file->release)
			continue;
		found.evidence = arena_string(arena, overlay->files[i]->path);
		if (!found.evidence || !read_os_release(arena, span_of(file->release), &found) || !distro_settle(arena, &found))
			return error_memory(error);
		if (!found.id[0])
			continue;
		*distro = found;
		return TARSIER_OK;
	}
	return TARSIER_OK;
}

int distro_detect(struct arena *arena, const struct overlay *overlay, struct distro *distro,
                  struct tarsier_error *error)
{
	static const struct distro unknown = DISTRO_UNKNOWN;
	*distro = unknown;
	for (size_t i = 0; i < sizeof release_files / sizeof *release_files; i++) {
		struct distro found = unknown;
		span text = content_of(overlay, release_files[i].path);
		if (!release_files[i].read(arena, text, &found))
			return error_memory(error);
		if (!found.id[0])
			continue;
		found.evidence = release_files[i].path;
		if (!number_debian(arena, overlay, &found))
			return error_memory(error);
		if (!distro_settle(arena, &found))
			return error_memory(error);
		*distro = found;
		return TARSIER_OK;
	}
	return detect_in_sbom(arena, overlay, distro, error);
}
