/* SPDX-License-Identifier: BSD-2-Clause */
/* Executables of the boot archive (ELF, System V ABI chapters 4 and 5), as tools/manifest writes
 * them. */
#ifndef ROOT_ELF_H
#define ROOT_ELF_H

#include "component.h"

/** Find the parts of an executable. @return NULL, or what is wrong with it */
const char *elf_parts(const char *data, word_t bytes, struct part *parts, unsigned *count,
                      word_t *entry);

#endif
