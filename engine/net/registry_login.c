#include "net/registry_login.h"

#include "format/base64.h"
#include "format/json.h"
#include "net/registry_helper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*	file    = {"auths": {key: entry, …}, "credHelpers": {key: NAME, …}, "credsStore": NAME, …}
 *	key     = domain ["/" part of a path …]  |  ["http://" | "https://"] domain ["/v1/" | "/v2/" | …]
 *	entry   = {"auth": base64 of user ":" password, "identitytoken": …, "registrytoken": …, "username": …,
 *	           "password": …}
 *
 * containers-auth.json(5), and the configuration file of the docker command */

enum {
	FILE_LIMIT = 1 << 20,    /* bytes; a file with credentials for every registry of a large company has some 20 KiB */
	HELPER_TIMEOUT = 60000, /* milliseconds: it may have to ask for a pass phrase */
};

#define HUB_KEY "https://index.docker.io/v1/" /* docker's key for Docker Hub */

struct login_search {
	struct arena *arena;
	const char *domain;
	const char *name;   /* "domain/path", or the domain alone */
	const char *source; /* the file or variable that is being read, for messages */
	struct registry_login *login;
	struct tarsier_error *error;
};

static bool is_found(const struct login_search *search)
{
	const struct registry_login *login = search->login;
	return *login->user || *login->identity_token || *login->registry_token;
}

static int fail(const struct login_search *search, const char *what)
{
	return error_set(search->error, TARSIER_FORMAT, "%s: the log-in for %s: %s", search->source, search->domain, what);
}

/* ---- one entry --------------------------------------------------------------------------------------------------- */

static bool is_absent(const json_t *json)
{
	return !json || json_is_null(json);
}

static int read_text(const struct login_search *search, const json_t *entry, const char *key, const char **text)
{
	const json_t *json = json_object_get(entry, key);
	*text = "";
	if (is_absent(json))
		return TARSIER_OK;
	if (!json_is_string(json))
		return fail(search, "a field of it is not a text");
	*text = arena_string(search->arena, json_string_value(json));
	return *text ? TARSIER_OK : error_memory(search->error);
}

/* Some programs write base64 with line ends, which Go, and so docker, accepts. */
static int decode(const struct login_search *search, const char *auth, span *bytes)
{
	char *text = arena_alloc(search->arena, strlen(auth) + 1);
	size_t length = 0;
	if (!text)
		return error_memory(search->error);
	for (; *auth; auth++)
		if (*auth != '\r' && *auth != '\n')
			text[length++] = *auth;
	if (!base64_decode(search->arena, (span){text, length}, bytes))
		return fail(search, "its \"auth\" is not base64");
	while (bytes->len && bytes->ptr[bytes->len - 1] == '\0') /* docker once padded with them */
		bytes->len--;
	return TARSIER_OK;
}

static int read_auth(const struct login_search *search, const char *auth)
{
	span bytes, user, password;
	int code = decode(search, auth, &bytes);
	if (code < 0)
		return code;
	if (!span_cut(bytes, ':', &user, &password) || (user.len == 0 && password.len > 0))
		return fail(search, "its \"auth\" is not the base64 of user:password");
	if (span_find(bytes, '\0') >= 0)
		return fail(search, "its \"auth\" has a NUL in user or password");
	search->login->user = span_copy(search->arena, user);
	search->login->password = span_copy(search->arena, password);
	return search->login->user && search->login->password ? TARSIER_OK : error_memory(search->error);
}

static bool has_control(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7f)
			return true;
	return false;
}

/* The user "<token>" means that the password is an identity token. */
static int settle(const struct login_search *search)
{
	struct registry_login *login = search->login;
	if (strcmp(login->user, "<token>") == 0) {
		login->identity_token = login->password;
		login->user = login->password = "";
	}
	if (!*login->user)
		login->password = "";
	if (has_control(login->identity_token) || has_control(login->registry_token))
		return fail(search, "its token has control bytes");
	return TARSIER_OK;
}

static int read_fields(const struct login_search *search, const json_t *entry)
{
	struct registry_login *login = search->login;
	const char *auth;
	int code = read_text(search, entry, "auth", &auth);
	if (code >= 0)
		code = read_text(search, entry, "identitytoken", &login->identity_token);
	if (code >= 0)
		code = read_text(search, entry, "registrytoken", &login->registry_token);
	if (code < 0 || *auth)
		return code < 0 ? code : read_auth(search, auth);
	code = read_text(search, entry, "username", &login->user);
	return code < 0 ? code : read_text(search, entry, "password", &login->password);
}

/* docker leaves an empty entry if a helper has the credentials. */
static int read_entry(const struct login_search *search, const json_t *entry)
{
	if (is_absent(entry))
		return TARSIER_OK;
	if (!json_is_object(entry))
		return fail(search, "it is not an object");
	int code = read_fields(search, entry);
	return code < 0 ? code : settle(search);
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

/* Docker Hub has three names for the same log-in. */
static span hub_or(span host)
{
	bool is_hub = span_is(host, "index.docker.io") || span_is(host, "registry-1.docker.io");
	return is_hub ? SPAN("docker.io") : host;
}

/* The registry of a key: the host of an address, otherwise the whole key, so that a key with a path is for that path
 * only. */
static span key_host(const char *key)
{
	span host = span_of(key), path;
	bool is_address = span_starts(host, "http://") || span_starts(host, "https://");
	if (is_address)
		host = span_from(host, span_starts(host, "https://") ? 8 : 7);
	ptrdiff_t slash = span_find(host, '/');
	path = slash < 0 ? SPAN("") : span_from(host, (size_t)slash);
	if (is_address || span_is(path, "/") || span_is(path, "/v1/") || span_is(path, "/v2/"))
		host.len -= path.len;
	return hub_or(host);
}

/* The member of an object whose key is for the registry; *key is the key as written. docker's own key for its Hub has
 * precedence: other keys such as "https://index.docker.io/v1/access-token" may exist. */
static const json_t *find_host(const struct login_search *search, const json_t *object, const char **key)
{
	span wanted = hub_or(span_of(search->domain));
	const char *exact[] = {search->domain, span_is(wanted, "docker.io") ? HUB_KEY : search->domain};
	for (size_t i = 0; i < 2; i++)
		if (json_object_get(object, exact[i]))
			return *key = exact[i], json_object_get(object, exact[i]);
	const char *each;
	json_t *value;
	json_object_foreach((json_t *)object, each, value)
		if (span_equal(key_host(each), wanted))
			return *key = each, value;
	return NULL;
}

/* From "domain/a/b" up to "domain", then the addresses. */
static int look_in_auths(const struct login_search *search, const json_t *auths)
{
	const char *key;
	int code = TARSIER_OK;
	char *name = arena_string(search->arena, search->name);
	if (!name)
		return error_memory(search->error);
	for (char *slash = name; slash && code >= 0 && !is_found(search);) {
		code = read_entry(search, json_object_get(auths, name));
		slash = strrchr(name, '/');
		if (slash)
			*slash = '\0';
	}
	if (code < 0 || is_found(search))
		return code;
	return read_entry(search, find_host(search, auths, &key));
}

/* ---- one file ---------------------------------------------------------------------------------------------------- */

static int ask_helper(const struct login_search *search, const char *name, const char *address)
{
	int code = registry_helper_ask(search->arena, name, address, HELPER_TIMEOUT, search->login, search->error);
	if (code < 0 && code != TARSIER_MEMORY)
		error_prefix(search->error, "%s", search->source);
	return code < 0 ? code : settle(search);
}

/* A helper for this registry has precedence in its file (containers-auth.json(5)). The name "" disables the store for all
 * registries. If the store has no credentials, the file's own entries are used. */
static int look_in_file(const struct login_search *search, const json_t *auths, const json_t *helpers, const char *store)
{
	const char *key = search->domain;
	const json_t *helper = find_host(search, helpers, &key);
	if (!is_absent(helper) && !json_is_string(helper))
		return fail(search, "its credHelpers has no name of a program");
	if (json_string_length(helper) > 0)
		return ask_helper(search, json_string_value(helper), key);
	bool is_hub = span_is(hub_or(span_of(search->domain)), "docker.io");
	int code = TARSIER_OK;
	if (is_absent(helper) && *store)
		code = ask_helper(search, store, is_hub ? HUB_KEY : search->domain);
	return code < 0 || is_found(search) ? code : look_in_auths(search, auths);
}

static int read_member(const struct login_search *search, const json_t *object, const char *key, const json_t **member)
{
	*member = json_object_get(object, key);
	if (is_absent(*member))
		*member = NULL;
	else if (!json_is_object(*member))
		return error_set(search->error, TARSIER_FORMAT, "%s: \"%s\" is not an object", search->source, key);
	return TARSIER_OK;
}

static int look_in_json(const struct login_search *search, const json_t *file)
{
	const json_t *auths = NULL, *helpers = NULL, *store = json_object_get(file, "credsStore");
	if (!json_is_object(file))
		return error_set(search->error, TARSIER_FORMAT, "%s: not a JSON object", search->source);
	if (!is_absent(store) && !json_is_string(store))
		return error_set(search->error, TARSIER_FORMAT, "%s: \"credsStore\" is not a text", search->source);
	int code = read_member(search, file, "auths", &auths);
	if (code >= 0)
		code = read_member(search, file, "credHelpers", &helpers);
	return code < 0 ? code : look_in_file(search, auths, helpers, json_text(file, "credsStore"));
}

static int look_in_text(const struct login_search *search, span text)
{
	json_t *json;
	if (span_trim(text).len == 0)
		return TARSIER_OK;
	int code = json_parse_secret(text, FILE_LIMIT, search->source, &json, search->error);
	if (code < 0)
		return code;
	code = look_in_json(search, json);
	json_decref(json);
	return code;
}

/* ---- where they are ---------------------------------------------------------------------------------------------- */

static int read_all(const struct login_search *search, int fd, struct buffer *content)
{
	char bytes[8192];
	for (;;) {
		ssize_t got = read(fd, bytes, sizeof bytes);
		if (got == 0)
			return TARSIER_OK;
		if (got < 0 && errno != EINTR)
			return error_errno(search->error, errno, "read %s, for log-ins", search->source);
		if (got > 0 && content->length + (size_t)got > FILE_LIMIT)
			return error_set(search->error, TARSIER_LIMIT, "%s: more than the limit of %d bytes for a file of log-ins",
			                 search->source, FILE_LIMIT);
		if (got > 0 && !buffer_add(content, bytes, (size_t)got))
			return error_memory(search->error);
	}
}

/* open(2) of a named pipe without a writer would block for ever; with O_NONBLOCK it reads as empty. If it has a writer,
 * we wait for the data: shells make such pipes for $REGISTRY_AUTH_FILE=<(command). */
static int look_at_path(struct login_search *search, const char *path, bool must_exist)
{
	struct buffer content;
	search->source = path;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 && !must_exist && (errno == ENOENT || errno == ENOTDIR))
		return TARSIER_OK;
	if (fd < 0)
		return error_errno(search->error, errno, "open %s, for log-ins", path);
	buffer_init(&content, &search->arena->allocator);
	fcntl(fd, F_SETFL, 0);
	int code = read_all(search, fd, &content);
	close(fd);
	if (code >= 0)
		code = look_in_text(search, buffer_span(&content));
	buffer_free(&content);
	return code;
}

static const struct login_file {
	const char *variable; /* names the folder */
	const char *at_home;  /* the folder below $HOME where it does not; NULL: one of the system's */
	const char *file;
} login_files[] = {
	{"XDG_RUNTIME_DIR", NULL, "containers/auth.json"},
	{"XDG_CONFIG_HOME", ".config", "containers/auth.json"},
	{"DOCKER_CONFIG", ".docker", "config.json"},
};

/* Returns "" if the file does not exist, NULL if memory ran out. */
static const char *path_of(struct arena *arena, const struct login_file *file)
{
	const char *folder = getenv(file->variable), *home = getenv("HOME");
	if (folder && *folder)
		return arena_format(arena, "%s/%s", folder, file->file);
	if (!file->at_home) /* podman's place for a user without a session */
		return arena_format(arena, "/run/containers/%u/auth.json", (unsigned)getuid());
	return home && *home ? arena_format(arena, "%s/%s/%s", home, file->at_home, file->file) : "";
}

static int look_at_files(struct login_search *search)
{
	int code = TARSIER_OK;
	for (size_t i = 0; i < sizeof login_files / sizeof *login_files && code >= 0 && !is_found(search); i++) {
		const char *path = path_of(search->arena, &login_files[i]);
		if (!path)
			return error_memory(search->error);
		if (*path)
			code = look_at_path(search, path, false);
	}
	return code;
}

static int look_at_variable(struct login_search *search)
{
	search->source = "$DOCKER_AUTH_CONFIG, the content of a config.json";
	return look_in_text(search, span_of(getenv("DOCKER_AUTH_CONFIG")));
}

static int look_everywhere(struct login_search *search)
{
	const char *named = getenv("REGISTRY_AUTH_FILE");
	int code = look_at_variable(search);
	if (code < 0 || is_found(search))
		return code;
	if (!named || !*named)
		return look_at_files(search);
	code = look_at_path(search, named, true);
	if (code < 0 && code != TARSIER_MEMORY)
		error_prefix(search->error, "$REGISTRY_AUTH_FILE");
	return code;
}

int registry_login_find(struct arena *arena, const char *domain, const char *path, struct registry_login *login,
                        struct tarsier_error *error)
{
	*login = (struct registry_login){"", "", "", ""};
	struct login_search search = {.arena = arena, .domain = domain, .name = domain, .login = login, .error = error};
	if (*path)
		search.name = arena_format(arena, "%s/%s", domain, path);
	if (!search.name)
		return error_memory(error);
	int code = look_everywhere(&search);
	if (code < 0)
		*login = (struct registry_login){"", "", "", ""};
	return code;
}
