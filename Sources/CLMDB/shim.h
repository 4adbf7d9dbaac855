#include <errno.h>
#include <lmdb.h>
#include <sys/types.h>

// Linux's own call, which glibc's headers show only to those who ask for GNU extensions.
extern int fallocate(int file, int mode, off_t offset, off_t length);

/// Takes disk space for the first `bytes` bytes of a file without changing its length; 0 or the system's error code.
static inline int reserve_space(int file, off_t bytes) {
    const int keep_size = 1;
    return fallocate(file, keep_size, 0, bytes) == 0 ? 0 : errno;
}
