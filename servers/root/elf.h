/* SPDX-License-Identifier: BSD-2-Clause */
/* Executables (ELF, System V ABI chapters 4 and 5): of the boot archive, as tools/manifest writes
 * them, and those that somebody brought. */
#ifndef ROOT_ELF_H
#define ROOT_ELF_H

#include "component.h"

/** Find the parts of an executable. @return NULL, or what is wrong with it */
const char *elf_parts(const char *data, word_t bytes, struct part *parts, unsigned *count,
                      word_t *entry);

/**
 * The function of an address, by the image's own table of symbols. Those of the boot archive have
 * none: theirs is a file of its own.
 * @param offset set to where in the function
 * @return NULL: it has no such table, or no such function
 */
const char *elf_function(const char *data, word_t bytes, word_t address, word_t *offset);

#endif
