/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The four functions that a compiler may call by itself. Weak: a component with a C library takes
 * that one's.
 */
#include <stddef.h>

#include "bytes.h"

#define WEAK __attribute__((weak))

WEAK void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *at = to;

    __asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
    return to;
}

WEAK void *memset(void *to, int value, size_t size)
{
    void *at = to;

    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
    return to;
}

WEAK void *memmove(void *to, const void *from, size_t size)
{
    unsigned char *t = to;
    const unsigned char *f = from;

    if ((size_t)t - (size_t)f >= size)
        return memcpy(to, from, size);
    while (size-- > 0)
        t[size] = f[size];
    return to;
}

WEAK int memcmp(const void *left, const void *right, size_t size)
{
    const unsigned char *l = left, *r = right;

    for (size_t i = 0; i < size; i++)
        if (l[i] != r[i])
            return l[i] < r[i] ? -1 : 1;
    return 0;
}

size_t rt_length(const char *text)
{
    size_t size = 0;

    while (text[size] != 0)
        size++;
    return size;
}

bool rt_same(const char *left, const char *right)
{
    size_t i = 0;

    while (left[i] != 0 && left[i] == right[i])
        i++;
    return left[i] == right[i];
}
