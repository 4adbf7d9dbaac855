#ifndef RECKON_PAGE_FILES_H
#define RECKON_PAGE_FILES_H

#include <stddef.h>

/// One file of the page at /ui/. Not NUL-terminated.
struct reckon_page_file {
    const char *name;
    const unsigned char *start;
    size_t length;
};

int reckon_page_file_count(void);
struct reckon_page_file reckon_page_file(int index);

#endif
