#include "CFacts.h"

#if defined(__clang__)
#pragma clang diagnostic ignored "-Wc23-extensions"
#endif

const unsigned char reckon_schema_table[] = {
#embed "schema.txt"
};
const size_t reckon_schema_table_length = sizeof reckon_schema_table;

const unsigned char *reckon_schema_table_start(void) { return reckon_schema_table; }
