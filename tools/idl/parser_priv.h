/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the scanner (idl.l) and the parser (idl.y) share. Both are reentrant:
 * --compare holds two files at once.
 */
#ifndef IDL_PARSER_PRIV_H
#define IDL_PARSER_PRIV_H

#include "tree.h"

typedef struct place_range {
    int first_line, first_column, last_line, last_column;
} place_range_t;

/* Parse source->text into source->protocol; false after a syntax error. */
bool parser_run(struct source *source);

#endif
