/* licence statements as SPDX expressions */
#ifndef TARSIER_FORMAT_SPDX_H
#define TARSIER_FORMAT_SPDX_H

#include "base/span.h"

enum { SPDX_LIMIT = 1024 }; /* bytes of a statement: the longest of Fedora's 20,000 packages have 900 */

/* Writes the SPDX expression (version 2.3 of the specification, annex D) that a package's statement means, in the list's
 * spelling. A statement is a list of terms with "and", "or", "with", parentheses, Debian's ", and" and the "/" of old
 * Rust and npm packages ("or"). A term is an identifier of the list, "LicenseRef-…", or another well-known name that
 * has exactly one meaning: "GPLv2+", "GPL-2+", "ASL 2.0", "Expat", "Apache License, Version 2.0". Returns false if one of
 * the terms has no identifier, such as "BSD" and "public-domain", or the statement is too long. */
bool spdx_expression(span statement, char expression[SPDX_LIMIT]);

/* Return an identifier in the list's spelling, or NULL. Case does not matter. Static. */
const char *spdx_license(const char *name);
const char *spdx_exception(const char *name);

/* Returns the identifier that another well-known name of a licence stands for, or NULL. Case does not matter. Static. */
const char *spdx_alias(const char *name);

/* Adds to `list`, a text with a statement in each line, the statement: as an SPDX expression if it has one, else as it is
 * written, with control bytes and white space as single spaces. A statement that is empty, longer than SPDX_LIMIT, or
 * in the list already is not added, and none is added beyond SPDX_LIST_LIMIT bytes. Returns false if memory ran out. */
enum { SPDX_LIST_LIMIT = 4096 }; /* what is kept for a package: Chromium's copyright file has 40 licences */
bool licenses_add(struct buffer *list, span statement);

#endif
