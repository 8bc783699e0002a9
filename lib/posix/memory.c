/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory: anonymous mappings only. */
#define _GNU_SOURCE /* mremap */
#include <errno.h>
#include <rt/memory.h>
#include <string.h>
#include <sys/mman.h>

#include "calls_priv.h"

static word_t pages_of(long size)
{
    return ((word_t)size + RT_PAGE - 1) / RT_PAGE;
}

static bool is_ours(long address, long size)
{
    return address % RT_PAGE == 0 && size > 0 &&
           rt_pages_owned((void *)address, pages_of(size)) == pages_of(size);
}

/* a: address, length, protection, flags, fd, offset */
long posix_mmap(const long *a)
{
    bool none = a[2] == PROT_NONE;
    void *address;

    if (a[1] <= 0)
        return -EINVAL;
    if (!(a[3] & MAP_ANONYMOUS) || a[3] & MAP_FIXED)
        return -ENOSYS;
    if (a[2] & PROT_EXEC)
        return -EACCES; /* nothing that can be written can be executed */
    address = none ? rt_pages_reserve(pages_of(a[1])) : rt_pages_alloc(pages_of(a[1]));
    return address != NULL ? (long)address : -ENOMEM;
}

long posix_munmap(const long *a)
{
    if (!is_ours(a[0], a[1]))
        return -EINVAL;
    rt_pages_free((void *)a[0], pages_of(a[1]));
    return 0;
}

static long grow(long old, word_t had, word_t wanted)
{
    char *address = rt_pages_alloc(wanted);

    if (address == NULL)
        return -ENOMEM;
    memcpy(address, (void *)old, had * RT_PAGE);
    rt_pages_free((void *)old, had);
    return (long)address;
}

/* a: address, old size, new size, flags */
long posix_mremap(const long *a)
{
    word_t had = pages_of(a[1]), wanted = pages_of(a[2]);

    if (!is_ours(a[0], a[1]) || a[2] <= 0 || a[3] & ~MREMAP_MAYMOVE)
        return -EINVAL;
    if (wanted > had)
        return a[3] & MREMAP_MAYMOVE ? grow(a[0], had, wanted) : -ENOMEM;
    if (wanted < had)
        rt_pages_free((char *)a[0] + wanted * RT_PAGE, had - wanted);
    return a[0];
}

/* a: address, length, protection */
long posix_mprotect(const long *a)
{
    if (!is_ours(a[0], a[1]))
        return -ENOMEM;
    if (a[2] != (PROT_READ | PROT_WRITE))
        return -ENOSYS;
    return rt_pages_fill((void *)a[0], pages_of(a[1])) ? 0 : -ENOMEM;
}
