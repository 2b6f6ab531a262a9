/* a layer index as bytes, and back */
#ifndef TARSIER_LAYER_INDEX_FILE_H
#define TARSIER_LAYER_INDEX_FILE_H

#include "layer/layer.h"

/*	"tarsier layer index 17\n\0"       24 bytes
 *	u32 CRC-32 of all that follows; u32 zero
 *	text blob, diff_id; u64 blob_size, tar_size, entries
 *	u64 count, then u64 hashes         (taken)
 *	u64 count, then u64 hashes         (folders)
 *	u64 count, then u64 hashes         (repeated)
 *	u64 count, then {u64 opaque, u64 used, u64 sequence, text path}
 *	u64 count, then {u64 hard, u64 gone, u64 used, u64 sequence, text path, text target}
 *	u64 count, then {u64 directory, u64 sequence, text path} (others)
 *	u64 count, then {u64 size, u64 mode << 8 | type, text path} (listing)
 *	u64 count, then {u64 offset, text kind, text path} (secrets)
 *	u64 count, then {u64 gone, u64 sequence, text path, text reader, optional problem, u64 missing, u64 directory,
 *	                 text content, optional owner, optional licenses, optional release, optional sha512,
 *	                 u64 count, then u64 hashes (owned), u64 count, then u32 (functions) up to a multiple of 8 bytes,
 *	                 u64 count, then {u64 unreadable, text} (notes),
 *	                 u64 packages, then {text type, name, version, architecture, source_name, source_version,
 *	                 ecosystem, module, vendor, licenses, inner, found_by, requires, provides, u64 owned}}
 * Numbers are little-endian. A text is a u64 length, its bytes, a NUL, and zeros up to a multiple of 8, so that an index
 * that was read points into the file's bytes and nothing is copied. An optional text is a u64, 0
 * or 1, and then the text. */

/* False when memory ran out. */
bool index_write(const struct layer_index *index, struct buffer *file);

/* `bytes` must lie in index->arena, aligned to 8; the index then borrows from them. False on anything that is not what
 * index_write writes, and for a reader that is not in `readers`. */
bool index_read(span bytes, const struct reader *const *readers, struct layer_index *index);

enum { INDEX_FILE_LIMIT = 256 * 1024 * 1024 }; /* more than layer_read ever keeps */

#endif
