/* floor 2: who we are at a registry, as the log-ins of docker, podman and skopeo have it */
#ifndef TARSIER_REGISTRY_LOGIN_H
#define TARSIER_REGISTRY_LOGIN_H

#include "arena.h"
#include "error.h"

/* All "" where nothing is known: the registry is then asked as anybody. */
struct registry_login {
	const char *user, *password;
	const char *identity_token; /* in place of a password: an OAuth 2 refresh token */
	const char *registry_token; /* a bearer token for the registry itself */
};

/* Looks for the log-in of `domain` ("docker.io", "registry.example:5000") and, more closely, of `domain`/`path`, in the
 * files that docker, podman and skopeo keep. No such file is no log-in. Everything lies in the arena. FORMAT for a file that
 * is broken, UNSUPPORTED, IO. Messages name the file and never what is secret in it. */
int registry_login_find(struct arena *arena, const char *domain, const char *path, struct registry_login *login,
                        struct tarsier_error *error);

#endif
