#include <zlib.h>

// deflateInit2 is a macro, which Swift does not see. 31: a window of 32 KiB with gzip's head and checksum.
static inline int gzip_begin(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
}
