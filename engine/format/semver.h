/* the grammar and order of Semantic Versioning, which several schemes of versions/ share */
#ifndef TARSIER_FORMAT_SEMVER_H
#define TARSIER_FORMAT_SEMVER_H

#include "format/version.h"

/*
 *	version  ::= ["v" | "V" | "="] number ("." number)* ["-" release | "."? letter …release] ["+" build]
 *	release  ::= word ("." word)*    word, build ::= [0-9A-Za-z_-]+ (build: dots too)
 *
 * Semantic Versioning 2.0.0 allows exactly three numbers. Published versions may have fewer or more: absent numbers are
 * 0. Leading zeros are allowed. A letter after the numbers begins a pre-release as a hyphen does (1.0.0rc1, 4.0.0.Beta2),
 * so 1.2.3.Final is before 1.2.3.
 */
struct semver {
	span numbers, release, build; /* "1.2.3", "rc.1", "20240101"; release and build are "" if absent */
	bool hyphen;                  /* a hyphen precedes the release */
	bool valid;
};

struct semver semver_split(span text);
/* Returns true for words of [0-9A-Za-z_-], separated by dots. */
bool semver_valid_words(span text);
/* Section 11.4: words that are numbers compare by value and are less than others, which compare as bytes. If one list
 * begins the other, the longer one is greater. */
int semver_compare_words(span a, span b);
/* The same, but "" is greater than all: a version is greater than its pre-releases. */
int semver_compare_releases(span a, span b);

#endif
