/* reads Java archives: jars, wars and the like, and those within them */
#include "format/spdx.h"
#include "inventory/jar_identity.h"
#include "inventory/pom.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"
#include "stream/unzip.h"

#include <stdio.h>
#include <string.h>

enum {
	DEPTH = 8,               /* archives within archives; an ear with a war with a jar has 3 */
	TEXT_LIMIT = 256 * 1024, /* of a pom or a manifest's main section: the largest poms have 200 KiB */
	INNER_LIMIT = 1024,      /* bytes of a path inside of the evidence */
	WORK_LIMIT = 7 << 20,    /* DEPTH archives of some 300 KiB, and a text */
	UNKNOWN_LIMIT = 200,     /* bytes of names in the note about archives without group id */
};

static const char *const endings[] = {".jar", ".war", ".ear", ".par", ".hpi", ".jpi", ".kar", NULL};

enum member { NOTHING, PROPERTIES, POM, MANIFEST, ARCHIVE };

struct jar;

struct jar_level {
	struct jar *jar;
	struct unzip *unzip;
	struct unzip_sink sink;
	unsigned depth;
	char inner[INNER_LIMIT + 1]; /* the path inside of the evidence: "" or "lib/x.jar!/y.jar" */
	char name[INNER_LIMIT + 1];  /* the file's name without folder and ending */
	span base;                   /* … without control bytes: what it is named by */
	enum member member;          /* what is read at the moment */
	size_t member_number;        /* of texts */
	bool own;                    /* a pom.properties is that of the archive itself */
	bool code;                   /* it has classes */
	size_t poms;
	struct jar_manifest manifest;
	struct jar_families families;
	size_t licensed_folder;      /* length of the folder of the pom.xml that has stated these licences */
	char folder[INNER_LIMIT + 1], licenses[SPDX_LIST_LIMIT + 1];
};

struct jar {
	struct evidence_stream *file;
	struct unzip_budget budget;
	struct jar_level *levels[DEPTH];
	size_t unknown;              /* archives that have no group id */
	char unknown_names[UNKNOWN_LIMIT + 1];
	size_t length;               /* of the text at hand */
	bool too_long;
	char text[TEXT_LIMIT];       /* not zeroed */
};

/* ---- packages ---------------------------------------------------------------------------------------------------- */

/* Adds what was read; what cannot be a package becomes a note. */
static int add(struct jar_level *level, struct jar_identity identity, span licenses, span license,
               struct tarsier_error *error)
{
	struct reader_output *output = level->jar->file->output;
	char name[2 * INNER_LIMIT];
	if (identity.group.len + identity.artifact.len + 2 > sizeof name)
		return TARSIER_OK; /* reader_add takes no such name */
	int length = snprintf(name, sizeof name, "%.*s%s%.*s", SPAN_WHOLE(identity.group), identity.group.len ? ":" : "",
	                      SPAN_WHOLE(identity.artifact));
	struct package_spans package = {.type = "maven", .ecosystem = "Maven", .name = {name, (size_t)length},
	                                .version = identity.version, .inner = span_of(level->inner), .licenses = licenses,
	                                .license = license};
	return reader_skip_file(output, reader_add(output, &package, error), error);
}

static int note(struct jar_level *level, bool unreadable, const char *what, struct tarsier_error *error)
{
	char text[INNER_LIMIT + sizeof error->message + 8];
	snprintf(text, sizeof text, "%s%s%.*s", level->inner, *level->inner ? ": " : "", (int)sizeof error->message, what);
	return reader_output_note(level->jar->file->output, unreadable, text, error);
}

/* Is the archive named after this artifact: "x.jar", "x-1.0.jar", "x-1.0-linux.jar"? */
static bool is_named_after(span base, span artifact)
{
	if (base.len < artifact.len || memcmp(base.ptr, artifact.ptr, artifact.len) != 0)
		return false;
	span rest = span_from(base, artifact.len);
	return !rest.len || (rest.len > 1 && rest.ptr[0] == '-' && rest.ptr[1] >= '0' && rest.ptr[1] <= '9');
}

static int take_properties(struct jar_level *level, span text, struct tarsier_error *error)
{
	struct pom pom;
	if (!pom_read_properties(text, &pom))
		return note(level, false, "a pom.properties states no group id, artifact id and version", error);
	level->poms++;
	level->own = level->own || is_named_after(level->base, pom.artifact) || span_is(pom.artifact, level->manifest.title);
	bool licensed = level->licensed_folder > 0;
	level->licensed_folder = 0;
	return add(level, (struct jar_identity){pom.group, pom.artifact, pom.version},
	           licensed ? span_of(level->licenses) : SPAN(""), SPAN(""), error);
}

/* Keeps the licences of a pom.xml for the pom.properties in the same folder, which Maven writes after it. */
static int take_pom(struct jar_level *level, span text, struct tarsier_error *error)
{
	struct buffer licenses;
	buffer_init(&licenses, &level->jar->file->output->arena->allocator);
	bool ok = pom_add_licenses(text, &licenses);
	bool fits = licenses.length > 0 && licenses.length < sizeof level->licenses;
	if (fits)
		memcpy(level->licenses, licenses.data, licenses.length);
	level->licenses[fits ? licenses.length : 0] = '\0';
	if (!fits)
		level->licensed_folder = 0;
	buffer_free(&licenses);
	return ok ? TARSIER_OK : error_memory(error);
}

static void count_unknown(struct jar_level *level, span artifact)
{
	struct jar *jar = level->jar;
	size_t length = strlen(jar->unknown_names);
	jar->unknown++;
	if (length + artifact.len + 2 < sizeof jar->unknown_names)
		snprintf(jar->unknown_names + length, sizeof jar->unknown_names - length, "%s%.*s", length ? ", " : "",
		         SPAN_WHOLE(artifact));
}

/* The archive ended: what is it itself? A single pom.properties is its own if the name of the file has no version. */
static int take_identity(struct jar_level *level, struct tarsier_error *error)
{
	span artifact, version;
	jar_split_name(level->base, &artifact, &version);
	if (level->own || (level->poms == 1 && !version.len))
		return TARSIER_OK;
	struct jar_identity identity = jar_identify(&level->manifest, level->base, jar_family_group(&level->families));
	if (!identity.artifact.len || !identity.version.len)
		return level->code && !level->poms ? note(level, false, "the archive states no version of itself", error)
		                                   : TARSIER_OK;
	if (!identity.group.len)
		count_unknown(level, identity.artifact);
	return add(level, identity, SPAN(""), span_of(level->manifest.bundle_license), error);
}

/* ---- archives ---------------------------------------------------------------------------------------------------- */

static int on_member(void *user, const struct unzip_member *member, struct tarsier_error *error);
static int on_data(void *user, span piece, struct tarsier_error *error);
static int on_done(void *user, const struct tarsier_error *failure, struct tarsier_error *error);

static bool is_archive(span path)
{
	for (const char *const *ending = endings; *ending; ending++)
		if (path.len > strlen(*ending) &&
		    span_is_nocase(span_from(path, path.len - strlen(*ending)), *ending))
			return true;
	return false;
}

static int level_new(struct jar *jar, unsigned depth, struct jar_level **level, struct tarsier_error *error)
{
	struct jar_level *made = arena_alloc(jar->file->work, sizeof *made);
	if (!made)
		return error_memory(error);
	made->jar = jar;
	made->depth = depth;
	made->sink = (struct unzip_sink){on_member, on_data, on_done, made};
	*level = jar->levels[depth] = made;
	return unzip_new(jar->file->work, &made->sink, &jar->budget, depth > 0, &made->unzip, error);
}

/* `inner` is the path in the evidence, `path` the last file's. */
static void level_begin(struct jar_level *level, span path)
{
	span name = span_from(path, (size_t)(span_find_last(path, '/') + 1));
	ptrdiff_t dot = span_find_last(name, '.');
	name.len = dot > 0 ? (size_t)dot : name.len;
	level->base = (span){level->name, name.len < INNER_LIMIT ? name.len : INNER_LIMIT};
	memcpy(level->name, name.ptr, level->base.len);
	level->member = NOTHING;
	level->own = level->code = false;
	level->poms = level->licensed_folder = 0;
	level->manifest = (struct jar_manifest){0};
	span artifact, version;
	jar_split_name(level->base, &artifact, &version);
	jar_family_find(artifact, &level->families);
	unzip_reset(level->unzip, &level->sink);
}

static int level_end(struct jar_level *level, struct tarsier_error *error)
{
	int code = unzip_finish(level->unzip, error);
	if (code >= 0 && !unzip_agrees(level->unzip))
		code = note(level, true, "its central directory lists other members than stand in the archive: some may be hidden",
		            error);
	return code < 0 ? code : take_identity(level, error);
}

/* A broken archive does not affect the others. A file that is not an archive is identified by its name only. */
static int forgive(struct jar_level *level, int code, struct tarsier_error *error)
{
	if (code == TARSIER_NOT_FOUND)
		return note(level, false, error->message, error);
	return code == TARSIER_FORMAT ? note(level, true, error->message, error) : code;
}

static int begin_inner(struct jar_level *level, span path, struct tarsier_error *error)
{
	struct jar *jar = level->jar;
	int code = TARSIER_OK;
	size_t length = strlen(level->inner) + 2 + path.len;
	if (level->depth + 1 == DEPTH)
		return note(level, true, "archives in it are nested too deeply, and were not read", error);
	if (length > INNER_LIMIT)
		return note(level, true, "an archive in it has too long a path, and was not read", error);
	struct jar_level *inner = jar->levels[level->depth + 1];
	if (!inner && (code = level_new(jar, level->depth + 1, &inner, error)) < 0)
		return code;
	char *end = stpcpy(stpcpy(inner->inner, level->inner), *level->inner ? "!/" : "");
	memcpy(end, path.ptr, path.len);
	end[path.len] = '\0';
	for (char *c = inner->inner; *c; c++)
		*c = (unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c;
	level_begin(inner, path);
	level->member = ARCHIVE;
	return 1;
}

/* ---- members ----------------------------------------------------------------------------------------------------- */

static span folder_of(span path)
{
	return (span){path.ptr, (size_t)(span_find_last(path, '/') + 1)};
}

static enum member kind_of(span path)
{
	span name = span_from(path, folder_of(path).len);
	if (span_is_nocase(path, "META-INF/MANIFEST.MF"))
		return MANIFEST;
	if (is_archive(path))
		return ARCHIVE;
	if (span_contains(folder_of(path), "META-INF/maven/"))
		return span_is(name, "pom.properties") ? PROPERTIES : span_is(name, "pom.xml") ? POM : NOTHING;
	return NOTHING;
}

/* Licences hold for the pom.properties in the folder of their pom.xml. */
static void enter_folder(struct jar_level *level, enum member kind, span folder)
{
	bool same = level->licensed_folder == folder.len && memcmp(level->folder, folder.ptr, folder.len) == 0;
	if (kind == PROPERTIES && !same)
		level->licensed_folder = 0;
	if (kind != POM)
		return;
	level->licensed_folder = folder.len < INNER_LIMIT ? folder.len : 0;
	memcpy(level->folder, folder.ptr, level->licensed_folder);
}

static int on_member(void *user, const struct unzip_member *member, struct tarsier_error *error)
{
	struct jar_level *level = user;
	enum member kind = kind_of(member->path);
	level->member = NOTHING;
	if (span_ends(member->path, ".class")) {
		level->code = true;
		jar_family_see(&level->families, member->path);
	}
	if (kind == NOTHING)
		return 0;
	if (!member->readable)
		return note(level, true, "a member is encrypted, or compressed by a method that is not supported", error);
	if (kind == ARCHIVE)
		return begin_inner(level, member->path, error);
	enter_folder(level, kind, folder_of(member->path));
	level->member = kind;
	level->jar->length = 0;
	level->jar->too_long = false;
	return 1;
}

static int add_text(struct jar *jar, span piece)
{
	size_t room = TEXT_LIMIT - jar->length;
	jar->too_long = jar->too_long || piece.len > room;
	memcpy(jar->text + jar->length, piece.ptr, piece.len < room ? piece.len : room);
	jar->length += piece.len < room ? piece.len : room;
	return TARSIER_OK;
}

static int on_data(void *user, span piece, struct tarsier_error *error)
{
	struct jar_level *level = user;
	if (level->member != ARCHIVE)
		return add_text(level->jar, piece);
	struct jar_level *inner = level->jar->levels[level->depth + 1];
	int code = unzip_push(inner->unzip, piece, error);
	if (code == TARSIER_FORMAT)
		code = note(inner, true, error->message, error) < 0 ? TARSIER_MEMORY : 1;
	return code;
}

static int take_text(struct jar_level *level, struct tarsier_error *error)
{
	struct jar *jar = level->jar;
	span text = {jar->text, jar->length};
	if (level->member == MANIFEST) {
		jar_manifest_read(text, &level->manifest); /* its main section is at the beginning */
		return TARSIER_OK;
	}
	if (jar->too_long)
		return note(level, true, "a pom is longer than 256 KiB", error);
	return level->member == PROPERTIES ? take_properties(level, text, error) : take_pom(level, text, error);
}

static int on_done(void *user, const struct tarsier_error *failure, struct tarsier_error *error)
{
	struct jar_level *level = user;
	struct jar_level *inner = level->member == ARCHIVE ? level->jar->levels[level->depth + 1] : NULL;
	if (failure)
		return note(inner ? inner : level, true, failure->message, error);
	return inner ? forgive(inner, level_end(inner, error), error) : take_text(level, error);
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

/* What was found before an archive broke or went too far stays. */
static int stop(struct jar *jar, int code, struct tarsier_error *error)
{
	if (code != TARSIER_FORMAT && code != TARSIER_LIMIT)
		return code;
	jar->levels[0]->member = NOTHING;
	jar->levels[0]->unzip = NULL;
	code = reader_output_note(jar->file->output, true, error->message, error);
	return code < 0 ? code : 1;
}

static int too_much(struct tarsier_error *error)
{
	return error_set(error, TARSIER_LIMIT, "the archives of this layer become too large; the rest of them is not read");
}

static int begin(struct evidence_stream *file, struct tarsier_error *error)
{
	struct jar *jar = arena_room(file->work, sizeof *jar);
	struct jar_level *level;
	if (!jar)
		return error_memory(error);
	memset(jar, 0, offsetof(struct jar, text));
	jar->file = file;
	file->state = jar;
	int code = level_new(jar, 0, &level, error);
	if (code < 0)
		return code;
	level_begin(level, file->path);
	code = *file->unpackable ? TARSIER_OK : stop(jar, too_much(error), error);
	return code < 0 ? code : TARSIER_OK;
}

static int feed(struct evidence_stream *file, span piece, struct tarsier_error *error)
{
	struct jar *jar = file->state;
	uint64_t before = jar->budget.output;
	if (!jar->levels[0]->unzip)
		return 1;
	int code = unzip_push(jar->levels[0]->unzip, piece, error);
	uint64_t unpacked = jar->budget.output - before;
	if (code >= 0 && unpacked >= *file->unpackable)
		code = too_much(error);
	*file->unpackable -= unpacked < *file->unpackable ? unpacked : *file->unpackable;
	return code < 0 ? stop(jar, code, error) : code;
}

static int end(struct evidence_stream *file, struct tarsier_error *error)
{
	struct jar *jar = file->state;
	char text[UNKNOWN_LIMIT + 128];
	if (!jar->levels[0]->unzip)
		return TARSIER_OK;
	int code = forgive(jar->levels[0], level_end(jar->levels[0], error), error);
	if (code < 0 || !jar->unknown)
		return code;
	snprintf(text, sizeof text, "%zu %s no group id, so that no advisory can be matched: %s", jar->unknown,
	         jar->unknown == 1 ? "archive states" : "archives state", jar->unknown_names);
	return reader_output_note(file->output, false, text, error);
}

const struct reader reader_java = {
	.name = "java",
	.version = 1,
	.evidence = (const char *const[]){"**/*.jar", "**/*.war", "**/*.ear", "**/*.par", "**/*.hpi", "**/*.jpi", "**/*.kar",
	                                  NULL},
	.limit = SIZE_MAX,
	.component = true,
	.work = WORK_LIMIT,
	.begin = begin,
	.feed = feed,
	.end = end,
};
