/* reads installed Haskell packages */
#include "format/stanza.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

/*
 * ghc-pkg's databases: a folder with a file for each package, NAME-VERSION-HASH.conf ("GHC User's Guide", "Package
 * databases"; Cabal's InstalledPackageInfo). GHC's own is package.conf.d, cabal-install's package.db, and stack's pkgdb.
 *
 *	name:                 aeson
 *	version:              2.1.2.1
 *	package-name:         aeson            only if the file is about a library inside the package
 */
enum { HEAD = 256 << 10 };

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	enum { NAME, VERSION, PACKAGE, LICENSE, FIELDS };
	static const char *const keys[FIELDS] = {"name", "version", "package-name", "license"};
	span values[FIELDS];
	stanza_find(evidence->content, STANZA_FIRST, keys, values, FIELDS);
	const struct package_spans package = {.type = "hackage", .ecosystem = "Hackage", .version = values[VERSION],
	                                      .name = values[values[PACKAGE].len ? PACKAGE : NAME], .license = values[LICENSE]};
	return reader_skip_file(output, reader_add(output, &package, error), error);
}

const struct reader reader_haskell = {
	.name = "haskell",
	.version = 1,
	.evidence = (const char *const[]){"**/package.conf.d/*.conf", "**/package.db/*.conf", "**/pkgdb/*.conf", NULL},
	.limit = HEAD,
	.head = true,
	.read = read,
};
