/* OpenLDAP */
#include "inventory/program.h"

const struct program program_openldap = {
	.name = "openldap",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"ldapsearch", "slapd", NULL},
	.patterns = (const char *const[]){"$OpenLDAP: ldapsearch %v", "$OpenLDAP: slapd %v", NULL},
};
