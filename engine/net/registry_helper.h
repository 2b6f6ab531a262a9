/* programs that keep log-ins: docker-credential-secretservice, -ecr-login, -gcloud, … */
#ifndef TARSIER_NET_REGISTRY_HELPER_H
#define TARSIER_NET_REGISTRY_HELPER_H

#include "net/registry_login.h"

/* Asks `docker-credential-NAME get`, found on PATH and started without a shell, who we are at `address`. It gets the
 * address on standard input, answers {"Username", "Secret"} on standard output, and may talk to the user on standard
 * error. *login is all "" where it knows nobody; the user may be "<token>". A helper that has not ended after `timeout`
 * milliseconds is killed, it alone: programs that it started have to see to themselves.
 *
 * UNSUPPORTED where it is missing or cannot be run here, FORMAT for a bad name or answer, LIMIT for a long one, IO for
 * one that fails or takes too long. Touches no signal handling of the process, waits for its own child only, and never
 * raises SIGPIPE. No message shows anything of an answer. */
int registry_helper_ask(struct arena *arena, const char *name, const char *address, unsigned timeout,
                        struct registry_login *login, struct tarsier_error *error);

#endif
