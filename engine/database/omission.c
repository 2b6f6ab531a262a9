#include "database/omission.h"

static const struct { const char *text; bool fault; } omissions[OMISSIONS] = {
	[OMIT_UNREADABLE] = {"records, or parts of them, that could not be read", true},
	[OMIT_NEWS] = {"records of bug fixes and enhancements that name no CVE", false},
	[OMIT_NOTHING_AFFECTED] = {"records that name nothing as affected", false},
	[OMIT_NAMELESS] = {"packages without an ecosystem and a name, of source code only", false},
	[OMIT_ECOSYSTEM] = {"packages of an ecosystem that is not known", false},
	[OMIT_COMMITS] = {"packages whose affected commits are named, but no versions", false},
	[OMIT_NO_VERSIONS] = {"packages without affected versions", true},
	[OMIT_TOO_LARGE] = {"packages with more events or versions than an advisory can have", true},
	[OMIT_BOUND] = {"ranges with a bound that is not a version", true},
	[OMIT_NO_ORDER] = {"ranges in ecosystems whose order of versions is not known", false},
	[OMIT_VECTOR] = {"CVSS vectors that are not valid", true},
	[OMIT_NAME] = {"packages whose name, release or version is missing, too long or has several lines", true},
};

const char *omission_text(enum omission omission)
{
	return omissions[omission].text;
}

bool omission_is_fault(enum omission omission)
{
	return omissions[omission].fault;
}
