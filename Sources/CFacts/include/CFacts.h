#ifndef RECKON_CFACTS_H
#define RECKON_CFACTS_H

#include <stddef.h>

/// The table of every built-in kind, as tools/facts writes it (the format is described there). Not NUL-terminated.
extern const size_t reckon_schema_table_length;
const unsigned char *reckon_schema_table_start(void);

#endif
