/* lines of "key = value", as TOML, Lua and Ruby write them */
#ifndef TARSIER_FORMAT_ASSIGNMENT_H
#define TARSIER_FORMAT_ASSIGNMENT_H

#include "base/span.h"

/* Takes lines off the front of *rest up to one with "key = value", both trimmed. Lines that begin with '#' or "--" are
 * comments. Returns false at the end of the text. */
bool assignment_next(span *rest, span *key, span *value);

/* Takes the next quoted text off the front of a value: "…", '…', or Ruby's %q{…}, %q<…>, %q(…), %q[…]. It is returned as
 * written, without resolving escapes. Returns false if there is none. */
bool assignment_quoted(span *value, span *text);

#endif
