/* credentials for a registry, from the log-ins of docker, podman and skopeo */
#ifndef TARSIER_NET_REGISTRY_LOGIN_H
#define TARSIER_NET_REGISTRY_LOGIN_H

#include "base/arena.h"
#include "base/error.h"

/* All fields are "" if there are no credentials: requests are then anonymous. */
struct registry_login {
	const char *user, *password;
	const char *identity_token; /* an OAuth 2 refresh token, used instead of a password */
	const char *registry_token; /* a bearer token for the registry itself; used before all others */
};

/* Looks for the credentials of `domain` ("docker.io", "registry.example:5000"), or the more specific ones of
 * `domain`/`path`, in the places where docker, podman and skopeo keep them. The first place that has some wins:
 *
 *	$DOCKER_AUTH_CONFIG                   the content of such a file, as GitLab gives it to jobs
 *	$REGISTRY_AUTH_FILE                   if it is set, no other file is read, and this one must exist
 *	$XDG_RUNTIME_DIR/containers/auth.json /run/containers/UID/auth.json if that is not set
 *	$XDG_CONFIG_HOME/containers/auth.json ~/.config
 *	$DOCKER_CONFIG/config.json            ~/.docker
 *
 * A missing or empty file has no credentials. A file may name credential helpers: registry_helper.h. Tokens contain no
 * control bytes, so that they are safe in a header. Everything is allocated in the arena. Fails with FORMAT and LIMIT for
 * an invalid file, with IO for an unreadable one, with UNSUPPORTED if a helper is missing. Messages name the file or the
 * variable, never a secret. */
int registry_login_find(struct arena *arena, const char *domain, const char *path, struct registry_login *login,
                        struct tarsier_error *error);

#endif
