/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes and text for components without a C library. */
#ifndef RT_BYTES_H
#define RT_BYTES_H

#include <stdbool.h>
#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int value, size_t size);
void *memmove(void *to, const void *from, size_t size);
int memcmp(const void *left, const void *right, size_t size);

/** Bytes of a text without its NUL. */
size_t rt_length(const char *text);

/** Are the two texts the same? */
bool rt_same(const char *left, const char *right);

#endif
