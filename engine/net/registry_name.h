/* names of images in registries */
#ifndef TARSIER_NET_REGISTRY_NAME_H
#define TARSIER_NET_REGISTRY_NAME_H

#include "format/digest.h"

/*	name   = [domain "/"] path [":" tag] ["@" digest]
 *	domain = host [":" port]; the first component is one where it has a "." or a ":" or is "localhost"
 *
 * The grammar of github.com/distribution/reference, whose defaults are Docker's: no domain is docker.io, where a path of one
 * component lies in "library/"; neither tag nor digest is the tag "latest". */
struct registry_name {
	const char *domain;   /* as people write it: "docker.io", "registry.example:5000" */
	const char *host;     /* where it answers, with port: "registry-1.docker.io" */
	const char *path;     /* "library/alpine" */
	const char *tag;      /* "" where only a digest is named */
	struct digest digest; /* empty where none is */
	const char *familiar; /* as docker shows it: "alpine:3.20", "registry.example:5000/team/app@sha256:…" */
	bool loopback;        /* the host is this machine by its very name */
};

/* Strings lie in the arena. USAGE says what is wrong with the name. */
int registry_name_parse(struct arena *arena, span text, struct registry_name *name, struct tarsier_error *error);

/* Does this good name say by itself which registry it is in? One that does not may be an image of a container engine, or
 * anybody's on Docker Hub. */
bool registry_name_has_domain(span text);

#endif
