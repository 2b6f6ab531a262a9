/* who we are at a registry, as the log-ins of docker, podman and skopeo have it */
#ifndef TARSIER_NET_REGISTRY_LOGIN_H
#define TARSIER_NET_REGISTRY_LOGIN_H

#include "base/arena.h"
#include "base/error.h"

/* All "" where nothing is known: the registry is then asked as anybody. */
struct registry_login {
	const char *user, *password;
	const char *identity_token; /* in place of a password, also where there is one: an OAuth 2 refresh token */
	const char *registry_token; /* a bearer token for the registry itself; goes before all others */
};

/* Looks for the log-in of `domain` ("docker.io", "registry.example:5000") and, more closely, of `domain`/`path`, in the
 * places where docker, podman and skopeo keep them; the first that has one decides:
 *
 *	$DOCKER_AUTH_CONFIG                   the content of such a file, as GitLab gives it to jobs
 *	$REGISTRY_AUTH_FILE                   where it is set, no file but this one is read, and it must be there
 *	$XDG_RUNTIME_DIR/containers/auth.json /run/containers/UID/auth.json where that is not set
 *	$XDG_CONFIG_HOME/containers/auth.json ~/.config
 *	$DOCKER_CONFIG/config.json            ~/.docker
 *
 * No such file, or an empty one, is no log-in. A file may name programs that keep the log-ins: registry_helper.h.
 * Tokens hold no control bytes, so that they may go into a header. Everything lies in the arena. FORMAT and LIMIT for a
 * file that is broken, IO for one that cannot be read, UNSUPPORTED for one whose program is missing. Messages name the
 * file or the variable and never what is secret in it. */
int registry_login_find(struct arena *arena, const char *domain, const char *path, struct registry_login *login,
                        struct tarsier_error *error);

#endif
