/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls about memory: mmap and its relatives, brk. */
#include "core_priv.h"
#include "space_priv.h"

#include "file.h"
#include "fsabi.h"
#include "handlers.h"

#define MAP_SHARED          1u
#define MAP_PRIVATE         2u
#define MAP_SHARED_VALIDATE 3u
#define MAP_TYPE            15u
#define MAP_FIXED           0x10u
#define MAP_ANONYMOUS       0x20u
#define MAP_FIXED_NOREPLACE 0x100000u
#define MAP_GROWSDOWN       0x100u

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

static word_t round_up(word_t bytes)
{
    return (bytes + PAGE - 1) / PAGE * PAGE;
}

/* Memory is promised beyond what there is, but not without any sense. */
static bool fits(const struct space *s, const struct process *p, word_t bytes, unsigned prot)
{
    word_t limit = p->limit[RLIMIT_AS].soft;

    if (limit != ~0ul && s->size * PAGE + bytes > limit)
        return false;
    return prot == 0 || bytes <= 16 * pages_total() * PAGE + (1ul << 32);
}

/* What of a file is mapped. @return 0 or an error */
static long file_source(struct task *t, const word_t *arg, struct area_source *source)
{
    struct file *f = file_of(t, arg[4]);
    unsigned access;

    if (f == NULL || f->flags & O_PATH)
        return -EBADF;
    access = f->flags & O_ACCMODE;
    if (access == O_WRONLY)
        return -EACCES;
    source->shared = (arg[3] & MAP_TYPE) != MAP_PRIVATE;
    if (source->shared && arg[2] & PROT_WRITE && access != O_RDWR)
        return -EACCES;
    if (f->inode == NULL || f->inode->ops->page == NULL)
        return -ENODEV;
    source->read_only = source->shared && access != O_RDWR;
    if (source->shared && access == O_RDWR && f->inode->seals & F_SEAL_WRITE)
        return -EPERM;
    if (source->shared && f->inode->seals & F_SEAL_FUTURE_WRITE) {
        if (arg[2] & PROT_WRITE)
            return -EPERM;
        source->read_only = true;
    }
    source->inode = f->inode;
    source->offset = arg[5];
    source->file_bytes = ~0ul;
    return 0;
}

/* Where the mapping goes. @return below 0: an error */
static long place(struct space *s, word_t at, word_t bytes, unsigned flags)
{
    word_t found;

    if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
        if (at % PAGE != 0)
            return -EINVAL;
        if (at < SPACE_BOTTOM)
            return -EPERM;
        if (at >= SPACE_TOP || bytes > SPACE_TOP - at)
            return -ENOMEM;
        return flags & MAP_FIXED_NOREPLACE && !space_is_free(s, at, bytes) ? -EEXIST : (long)at;
    }
    at = at / PAGE * PAGE;
    if (at >= SPACE_BOTTOM && at < SPACE_TOP && bytes <= SPACE_TOP - at &&
        space_is_free(s, at, bytes))
        return (long)at;
    found = space_find(s, bytes);
    return found == 0 ? -ENOMEM : (long)found;
}

long shared_memory(word_t bytes, struct area_source *source)
{
    struct inode *i = tmpfs_new(mounts, S_IFREG | 0600);

    if (i == NULL)
        return -ENOMEM;
    i->links = 0;
    i->size = bytes;
    *source = (struct area_source){.inode = i, .file_bytes = ~0ul, .shared = true};
    return 0;
}

long sys_mmap(struct task *t, const word_t *arg)
{
    word_t bytes = round_up(arg[1]);
    unsigned flags = (unsigned)arg[3], prot = (unsigned)arg[2] & PROT_ALL;
    struct file *f = flags & MAP_ANONYMOUS ? NULL : file_of(t, arg[4]);
    struct area_source source = {0};
    long at, e = 0;

    if (f != NULL && f->inode != NULL && device_is_zero(f->inode))
        flags |= MAP_ANONYMOUS;

    if (arg[5] % PAGE != 0 || arg[1] == 0 || (flags & MAP_TYPE) < MAP_SHARED ||
        (flags & MAP_TYPE) > MAP_SHARED_VALIDATE)
        return -EINVAL;
    if (bytes < arg[1] || bytes > SPACE_TOP || !fits(t->space, t->process, bytes, prot))
        return -ENOMEM;
    if (!(flags & MAP_ANONYMOUS)) {
        if (arg[5] + bytes < arg[5])
            return -EOVERFLOW;
        e = file_source(t, arg, &source);
    } else if ((flags & MAP_TYPE) != MAP_PRIVATE) {
        e = shared_memory(bytes, &source);
    }
    if (e != 0)
        return e;
    at = place(t->space, arg[0], bytes, flags);
    if (at >= 0)
        e = space_map(t->space, (word_t)at, bytes, prot, source.inode != NULL ? &source : NULL);
    if (flags & MAP_ANONYMOUS && source.inode != NULL)
        inode_put(source.inode);
    return at < 0 ? at : e != 0 ? e : at;
}

long sys_munmap(struct task *t, const word_t *arg)
{
    word_t bytes = round_up(arg[1]);

    if (bytes < arg[1])
        return -EINVAL;
    return space_unmap(t->space, arg[0], bytes);
}

long sys_mprotect(struct task *t, const word_t *arg)
{
    word_t bytes = round_up(arg[1]);

    if (arg[0] % PAGE != 0 || arg[2] & ~(word_t)(PROT_ALL | 0x03000000))
        return -EINVAL;
    if (bytes < arg[1])
        return -ENOMEM;
    return bytes == 0 ? 0 : space_protect(t->space, arg[0], bytes, (unsigned)arg[2] & PROT_ALL);
}

long sys_brk(struct task *t, const word_t *arg)
{
    struct space *s = t->space;
    word_t to = arg[0], old = round_up(s->brk), new = round_up(to);
    word_t limit = t->process->limit[RLIMIT_DATA].soft;

    if (to < s->brk_start || to >= s->map_top || (limit != ~0ul && to - s->brk_start > limit))
        return (long)s->brk;
    if (new > old) {
        if (!space_is_free(s, old, new - old) || (new - old) / PAGE > pages_free() ||
            space_map(s, old, new - old, PROT_READ | PROT_WRITE, NULL) != 0)
            return (long)s->brk;
    } else if (new < old && space_unmap(s, new, old - new) != 0) {
        return (long)s->brk;
    }
    s->brk = to;
    return (long)to;
}

#define MREMAP_MAYMOVE   1u
#define MREMAP_FIXED     2u
#define MREMAP_DONTUNMAP 4u

/* A part of an area grows in place, if nothing is behind it. */
static bool grow_in_place(struct space *s, struct area *a, word_t old_end, word_t more)
{
    struct area_source source = a->source;

    if (a->end != old_end || more > SPACE_TOP - old_end || !space_is_free(s, old_end, more))
        return false;
    source.offset += old_end - a->start;
    return space_map(s, old_end, more, a->prot, source.inode != NULL ? &source : NULL) == 0;
}

static long move(struct task *t, struct area *a, const word_t *arg, word_t old, word_t new)
{
    struct space *s = t->space;
    struct area_source source = a->source;
    unsigned prot = a->prot;
    word_t kept = old < new ? old : new;
    long to = arg[3] & MREMAP_FIXED ? place(s, arg[4], new, MAP_FIXED) : place(s, 0, new, 0), e;

    if (to < 0)
        return to;
    source.offset += arg[0] - a->start;
    e = space_map(s, (word_t)to, new, prot, source.inode != NULL ? &source : NULL);
    if (e == 0)
        e = table_move(s, arg[0], (word_t)to, kept);
    if (e != 0)
        return e;
    if (arg[3] & MREMAP_DONTUNMAP)
        return to;
    e = space_unmap(s, arg[0], old);
    return e != 0 ? e : to;
}

long sys_mremap(struct task *t, const word_t *arg)
{
    word_t old = round_up(arg[1]), new = round_up(arg[2]), flags = arg[3];
    struct area *a;

    if (arg[0] % PAGE != 0 || new == 0 || new < arg[2] || old < arg[1] || new > SPACE_TOP ||
        flags > 7 || (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP) && !(flags & MREMAP_MAYMOVE)) ||
        (flags & MREMAP_DONTUNMAP && old != new))
        return -EINVAL;
    if (flags & MREMAP_FIXED &&
        (arg[4] % PAGE != 0 || arg[4] >= SPACE_TOP || new > SPACE_TOP - arg[4] ||
         (arg[4] < arg[0] + old && arg[0] < arg[4] + new)))
        return -EINVAL;
    a = area_at(t->space, arg[0]);
    if (a == NULL || old > a->end - arg[0])
        return -EFAULT;
    if (old == 0)
        return a->source.shared ? -ENOSYS : -EINVAL;
    if (!(flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))) {
        if (new <= old) {
            long e = new < old ? space_unmap(t->space, arg[0] + new, old - new) : 0;

            return e != 0 ? e : (long)arg[0];
        }
        if (!fits(t->space, t->process, new - old, a->prot))
            return -ENOMEM;
        if (grow_in_place(t->space, a, arg[0] + old, new - old))
            return (long)arg[0];
    }
    return flags & MREMAP_MAYMOVE ? move(t, area_at(t->space, arg[0]), arg, old, new) : -ENOMEM;
}

/* Is all of a range mapped? */
static bool is_mapped(struct space *s, word_t start, word_t bytes)
{
    for (word_t at = start; at < start + bytes;) {
        struct area *a = area_at(s, at);

        if (a == NULL)
            return false;
        at = a->end;
    }
    return true;
}

enum { MADV_DONTNEED = 4, MADV_FREE = 8, MADV_REMOVE = 9, MADV_DONTFORK = 10, MADV_DOFORK = 11,
       MADV_WIPEONFORK = 18, MADV_KEEPONFORK = 19, MADV_LAST = 25 };

long sys_madvise(struct task *t, const word_t *arg)
{
    word_t bytes = round_up(arg[1]), advice = arg[2];

    if (arg[0] % PAGE != 0 || bytes < arg[1] || arg[0] > SPACE_TOP || bytes > SPACE_TOP - arg[0] ||
        (advice > MADV_LAST && advice != 100 && advice != 101))
        return -EINVAL;
    if (bytes == 0)
        return 0;
    if (!is_mapped(t->space, arg[0], bytes))
        return -ENOMEM;
    if (advice == MADV_DONTNEED || advice == MADV_FREE)
        table_drop(t->space, arg[0], arg[0] + bytes);
    switch (advice) {
    case MADV_DONTFORK:
        return space_set_fork(t->space, arg[0], bytes, AREA_LEFT_OUT, 0);
    case MADV_DOFORK:
        return space_set_fork(t->space, arg[0], bytes, 0, AREA_LEFT_OUT);
    case MADV_WIPEONFORK:
        return space_set_fork(t->space, arg[0], bytes, AREA_CLEARED, 0);
    case MADV_KEEPONFORK:
        return space_set_fork(t->space, arg[0], bytes, 0, AREA_CLEARED);
    default:
        return advice == MADV_REMOVE ? -EOPNOTSUPP : 0;
    }
}

long sys_mincore(struct task *t, const word_t *arg)
{
    word_t bytes = round_up(arg[1]);

    if (arg[0] % PAGE != 0)
        return -EINVAL;
    if (bytes < arg[1] || arg[0] > SPACE_TOP || bytes > SPACE_TOP - arg[0] ||
        !is_mapped(t->space, arg[0], bytes))
        return -ENOMEM;
    for (word_t i = 0; i < bytes / PAGE; i++) {
        entry_t *entry = table_entry(t->space, arg[0] + i * PAGE, false);
        uint8_t is_there = entry != NULL && *entry != 0;
        long e = user_write(t, arg[2] + i, &is_there, 1);

        if (e != 0)
            return e;
    }
    return 0;
}

/* Shared pages are the file's own, and nothing is ever swapped: these have only to check. */
long sys_msync(struct task *t, const word_t *arg)
{
    word_t bytes = round_up(arg[1]);

    if (arg[0] % PAGE != 0 || arg[2] & ~7ul || (arg[2] & 5) == 5)
        return -EINVAL;
    if (bytes < arg[1] || arg[0] > SPACE_TOP || bytes > SPACE_TOP - arg[0] ||
        !is_mapped(t->space, arg[0], bytes))
        return -ENOMEM;
    return 0;
}

long sys_mlock(struct task *t, const word_t *arg)
{
    word_t start = arg[0] / PAGE * PAGE, bytes = round_up(arg[1] + arg[0] % PAGE);

    if (start > SPACE_TOP || bytes > SPACE_TOP - start || !is_mapped(t->space, start, bytes))
        return -ENOMEM;
    return 0;
}

long sys_munlock(struct task *t, const word_t *arg)
{
    return sys_mlock(t, arg);
}

long sys_mlock2(struct task *t, const word_t *arg)
{
    return arg[2] & ~1ul ? -EINVAL : sys_mlock(t, arg);
}

long sys_mlockall(struct task *t, const word_t *arg)
{
    (void)t;
    return arg[0] == 0 || arg[0] & ~7ul ? -EINVAL : 0;
}

long sys_munlockall(struct task *t, const word_t *arg)
{
    (void)t;
    (void)arg;
    return 0;
}
