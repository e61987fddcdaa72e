#pragma once
#include <zlib.h>

// The init function is a macro that adds the version and the size of the struct, which Swift does not import.

/// 15: the largest window; 16: with gzip header and trailer.
static inline int czlib_gzip_deflate_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
