/* well-known names of licences that are not SPDX's */
#include "format/spdx.h"

#include <stdlib.h>
#include <strings.h>

/* Sorted by name without regard to case. From Debian's copyright format 1.0, Fedora's list of good licences before its
 * change to SPDX, PyPI's classifiers, and the <name> that Maven's poms copy from each other. A name with several meanings
 * ("BSD", "Artistic", "PSF") is absent. The GNU licences are read by spdx.c. */
static const struct alias { const char *name, *identifier; } aliases[] = {
	{"AFLv2.0", "AFL-2.0"},
	{"AFLv2.1", "AFL-2.1"},
	{"AFLv3.0", "AFL-3.0"},
	{"Apache 2", "Apache-2.0"},
	{"Apache 2.0", "Apache-2.0"},
	{"Apache 2.0 License", "Apache-2.0"},
	{"Apache License 2.0", "Apache-2.0"},
	{"Apache License v2.0", "Apache-2.0"},
	{"Apache License Version 2.0", "Apache-2.0"},
	{"Apache License, 2.0", "Apache-2.0"},
	{"Apache License, v2.0", "Apache-2.0"},
	{"Apache License, Version 2.0", "Apache-2.0"},
	{"Apache v2", "Apache-2.0"},
	{"Apache-2", "Apache-2.0"},
	{"Apache2", "Apache-2.0"},
	{"Apache2.0", "Apache-2.0"},
	{"Artistic 2.0", "Artistic-2.0"},
	{"ASL 1.0", "Apache-1.0"},
	{"ASL 1.1", "Apache-1.1"},
	{"ASL 2.0", "Apache-2.0"},
	{"Boost", "BSL-1.0"},
	{"Boost Software License 1.0 (BSL-1.0)", "BSL-1.0"},
	{"BSD 2-Clause", "BSD-2-Clause"},
	{"BSD 2-Clause License", "BSD-2-Clause"},
	{"BSD 3-Clause", "BSD-3-Clause"},
	{"BSD 3-Clause License", "BSD-3-Clause"},
	{"BSD-2-clauses", "BSD-2-Clause"},
	{"BSD-3-clauses", "BSD-3-Clause"},
	{"BSD-4-clauses", "BSD-4-Clause"},
	{"CC0", "CC0-1.0"},
	{"Eclipse Public License - v 1.0", "EPL-1.0"},
	{"Eclipse Public License - v 2.0", "EPL-2.0"},
	{"Eclipse Public License 1.0", "EPL-1.0"},
	{"Eclipse Public License 2.0", "EPL-2.0"},
	{"Eclipse Public License v1.0", "EPL-1.0"},
	{"Eclipse Public License v2.0", "EPL-2.0"},
	{"Expat", "MIT"},
	{"Expat License", "MIT"},
	{"ISC License", "ISC"},
	{"ISC License (ISCL)", "ISC"},
	{"MIT License", "MIT"},
	{"Mozilla Public License 1.1 (MPL 1.1)", "MPL-1.1"},
	{"Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"},
	{"Mozilla Public License, Version 2.0", "MPL-2.0"},
	{"MPL 2.0", "MPL-2.0"},
	{"MPLv1.0", "MPL-1.0"},
	{"MPLv1.1", "MPL-1.1"},
	{"MPLv2.0", "MPL-2.0"},
	{"New BSD License", "BSD-3-Clause"},
	{"OFL", "OFL-1.1"},
	{"PSF-2", "PSF-2.0"},
	{"Python-2", "Python-2.0"},
	{"SIL-1.1", "OFL-1.1"},
	{"Simplified BSD License", "BSD-2-Clause"},
	{"The Apache License, Version 2.0", "Apache-2.0"},
	{"The Apache Software License, Version 2.0", "Apache-2.0"},
	{"The MIT License", "MIT"},
	{"The MIT License (MIT)", "MIT"},
	{"The Unlicense (Unlicense)", "Unlicense"},
	{"Universal Permissive License (UPL)", "UPL-1.0"},
	{"UPL", "UPL-1.0"},
	{"ZPLv2.0", "ZPL-2.0"},
	{"ZPLv2.1", "ZPL-2.1"},
};

static int compare(const void *key, const void *item)
{
	return strcasecmp(key, ((const struct alias *)item)->name);
}

const char *spdx_alias(const char *name)
{
	const struct alias *found = bsearch(name, aliases, sizeof aliases / sizeof *aliases, sizeof *aliases, compare);
	return found ? found->identifier : NULL;
}
