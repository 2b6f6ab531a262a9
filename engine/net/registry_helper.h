/* credential helpers: docker-credential-secretservice, -ecr-login, -gcloud, … */
#ifndef TARSIER_NET_REGISTRY_HELPER_H
#define TARSIER_NET_REGISTRY_HELPER_H

#include "net/registry_login.h"

/* Runs `docker-credential-NAME get`, found on PATH and started without a shell, for the credentials of `address`. The
 * helper gets the address on standard input, answers {"Username", "Secret"} on standard output, and may talk to the user
 * on standard error. All fields of *login are "" if it has no credentials; the user may be "<token>". A helper that runs
 * longer than `timeout` milliseconds is killed; programs that it started are not.
 *
 * Fails with UNSUPPORTED if the helper is missing or cannot be run, with FORMAT for an invalid name or answer, with LIMIT
 * for a long answer, with IO if the helper fails or takes too long. Does not change the process's signal handling, waits
 * only for its own child, and never raises SIGPIPE. Messages never quote an answer. */
int registry_helper_ask(struct arena *arena, const char *name, const char *address, unsigned timeout,
                        struct registry_login *login, struct tarsier_error *error);

#endif
