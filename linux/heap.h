/* SPDX-License-Identifier: BSD-2-Clause */
/* Small things of the linux component's own, out of the sandbox's pages. */
#ifndef LINUX_HEAP_H
#define LINUX_HEAP_H

#include <stddef.h>

#define HEAP_MAX 4096u

/** Clear memory, 16-byte aligned. @param bytes at most HEAP_MAX @return NULL: none is left */
void *heap_alloc(size_t bytes);
/** Give it back. @param p NULL does nothing; bytes as for heap_alloc */
void heap_free(void *p, size_t bytes);
/** A copy of a text. @return NULL: no memory; give back length + 1 bytes */
char *heap_text(const char *text, size_t length);

#endif
