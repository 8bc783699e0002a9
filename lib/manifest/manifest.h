/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a compiled manifest (<abi/manifest.h>) and tables of symbols. manifest_check goes through
 * all of it once; the other functions may then be used on it, and never read outside it.
 */
#ifndef MANIFEST_MANIFEST_H
#define MANIFEST_MANIFEST_H

#include <abi/manifest.h>

/**
 * Is this a manifest, with every index, string and number within its range?
 * @param data aligned to 8 bytes
 * @return NULL if it is, else what is wrong
 */
const char *manifest_check(const void *data, word_t bytes);

/** First element of a section of a checked manifest. */
const void *manifest_section(const struct manifest_header *m, enum manifest_section_index section);

/** Component `index`. @param index below the count of the section */
const struct manifest_component *manifest_component(const struct manifest_header *m,
                                                    uint32_t index);

/** A string of a checked manifest. */
const char *manifest_string(const struct manifest_header *m, uint32_t offset);

/** Is this a table of symbols, in order, with every name inside it? @param data aligned to 8 bytes
 */
int symbols_check(const void *data, word_t bytes);

/** The function that holds an address. @return NULL if none does; else *offset is the distance from
 * its start */
const char *symbols_find(const struct symbol_table *table, word_t address, word_t *offset);

#endif
