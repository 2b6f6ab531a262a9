/* the records of a pax header */
#ifndef TARSIER_STREAM_PAX_H
#define TARSIER_STREAM_PAX_H

#include "stream/tar_sparse.h"

struct pax { /* spans are borrowed from the records; ptr NULL where absent */
	span path, link, size;
	span major, minor, sparse_name, sparse_size, real_size;
	bool has_map; /* its pieces are in the sparse map */
};
/* FORMAT if the bytes are not pax records or a value holds a NUL. */
int pax_read(span records, struct pax *pax, struct sparse *sparse, struct tarsier_error *error);

#endif
