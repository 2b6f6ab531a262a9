/* names of images in registries */
#ifndef TARSIER_NET_REGISTRY_NAME_H
#define TARSIER_NET_REGISTRY_NAME_H

#include "format/digest.h"

/*	name   = [domain "/"] path [":" tag] ["@" digest]
 *	domain = host [":" port]; the first component is a domain if it contains "." or ":" or is "localhost"
 *
 * The grammar of github.com/distribution/reference, with Docker's defaults: the domain is docker.io, where a path of one
 * component gets the prefix "library/"; the tag is "latest" if there is neither a tag nor a digest. */
struct registry_name {
	const char *domain;   /* as written: "docker.io", "registry.example:5000" */
	const char *host;     /* where requests go, with port: "registry-1.docker.io" */
	const char *path;     /* "library/alpine" */
	const char *tag;      /* "" if the name has only a digest */
	struct digest digest; /* empty if the name has none */
	const char *familiar; /* as docker shows it: "alpine:3.20", "registry.example:5000/team/app@sha256:…" */
	bool loopback;        /* the host is a loopback address or localhost */
};

/* Strings are allocated in the arena. Fails with USAGE if the name is invalid. */
int registry_name_parse(struct arena *arena, span text, struct registry_name *name, struct tarsier_error *error);

/* Does this valid name include a registry? A name without one may be an image of a container engine, or a public one on
 * Docker Hub. */
bool registry_name_has_domain(span text);

#endif
