/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc/PID: what is said of a process's memory, and the memory itself (maps, smaps, auxv, mem). */
#include "proc.h"

#include "core_priv.h"
#include "ptrace.h"
#include "space_priv.h"

static struct space *space_of(const struct subject *s)
{
    return s->process->zombie || s->task == NULL ? NULL : s->task->space;
}

/* --- maps, smaps ---------------------------------------------------------------------------- */

/* What an area is that shows no file. */
static const char *role(const struct space *s, word_t start, word_t end)
{
    if (start == s->vdso)
        return "[vdso]";
    if (end == s->vdso)
        return "[vvar]";
    if (end == s->stack_top)
        return "[stack]";
    return s->brk > s->brk_start && start < s->brk && end > s->brk_start ? "[heap]" : "";
}

static void add_area(struct text *x, const struct subject *s, word_t start, word_t end,
                     unsigned prot, const struct area_source *source)
{
    static char name[PATH_LENGTH];
    const struct inode *i = source->inode;
    long n = i == NULL ? 0 : proc_inode_name(s->task, source->inode, name, sizeof name - 1);
    const char *what = i == NULL ? role(s->task->space, start, end) : name;

    if (i != NULL)
        name[n > 0 ? n : 0] = 0;
    text_add(x, "%08lx-%08lx %c%c%c%c %08lx 00:%02x %lu", start, end,
             prot & PROT_READ ? 'r' : '-', prot & PROT_WRITE ? 'w' : '-',
             prot & PROT_EXEC ? 'x' : '-', source->shared ? 's' : 'p', source->offset,
             i == NULL || i->mount == NULL ? 0 : i->mount->device, i == NULL ? 0 : i->number);
    if (what[0] != 0) {
        text_add(x, "                     ");
        text_bytes(x, what, rt_length(what));
    }
    text_add(x, "\n");
}

void proc_maps(struct text *x, const struct subject *s)
{
    struct space *space = space_of(s);
    word_t start = 0, end;
    struct area_source source;
    unsigned prot;

    while (space != NULL && space_area(space, &start, &end, &prot, &source)) {
        add_area(x, s, start, end, prot, &source);
        start = end;
    }
}

struct count {
    word_t resident, shared,
        own; /* pages; of those: that others have too, that are not the file's */
};

static void count_pages(struct space *s, word_t start, word_t end, struct count *c)
{
    *c = (struct count){0};
    for (word_t at = start; (at = table_next(s, at, end)) < end; at += PAGE) {
        const entry_t *entry = table_entry(s, at, false);

        if (entry == NULL || *entry == 0)
            continue;
        c->resident++;
        if (page_shared(entry_page(*entry)))
            c->shared++;
        else
            c->own++;
    }
}

void proc_smaps(struct text *x, const struct subject *s)
{
    struct space *space = space_of(s);
    word_t start = 0, end;
    struct area_source source;
    struct count c;
    unsigned prot;

    for (; space != NULL && space_area(space, &start, &end, &prot, &source); start = end) {
        add_area(x, s, start, end, prot, &source);
        count_pages(space, start, end, &c);
        text_add(
            x,
            "Size:           %8lu kB\nKernelPageSize:        4 kB\nMMUPageSize:           4 kB\n"
            "Rss:            %8lu kB\n",
            (end - start) / 1024, c.resident * 4);
        text_add(
            x,
            "Shared_Clean:   %8lu kB\nShared_Dirty:          0 kB\nPrivate_Clean:         0 kB\n"
            "Private_Dirty:  %8lu kB\nReferenced:     %8lu kB\nAnonymous:      %8lu kB\n",
            c.shared * 4, c.own * 4, c.resident * 4, source.shared ? 0 : c.own * 4);
        text_add(x, "Swap:                  0 kB\nLocked:                0 kB\nVmFlags:%s%s%s%s\n",
                 prot & PROT_READ ? " rd" : "", prot & PROT_WRITE ? " wr" : "",
                 prot & PROT_EXEC ? " ex" : "", source.shared ? " sh" : "");
    }
}

/* --- auxv ----------------------------------------------------------------------------------- */

void proc_auxv(struct text *x, const struct subject *s)
{
    struct space *space = space_of(s);
    word_t pair[2];

    for (word_t at = space == NULL ? 0 : space->auxv; at != 0; at += sizeof pair) {
        if (space_read_forced(space, pair, at, sizeof pair) != 0)
            return;
        text_bytes(x, pair, sizeof pair);
        if (pair[0] == 0)
            return;
    }
}

/* --- mem ------------------------------------------------------------------------------------ */

/* One page at a time. @return bytes; -EIO: nothing is there */
static long move(struct file *f, struct transfer *x, word_t at, bool write)
{
    static uint8_t bytes[PAGE];
    struct subject s;
    long done = 0;

    if (proc_subject(f->inode, &s) != 0 || space_of(&s) == NULL)
        return 0;
    while (x->left > 0) {
        struct space *space = space_of(&s);
        size_t n = PAGE - at % PAGE < x->left ? PAGE - at % PAGE : x->left;
        long e = write ? transfer_in(x, bytes, n) : space_read_forced(space, bytes, at, n);

        if (write && e > 0) {
            n = (size_t)e;
            e = space_write_forced(space, at, bytes, n);
        } else if (e == 0 && !write) {
            e = transfer_out(x, bytes, n);
            n = e > 0 ? (size_t)e : 0;
        }
        if (e < 0)
            return done > 0 ? done : e == -EFAULT || e == -EACCES ? -EIO : e;
        done += (long)n;
        at += n;
    }
    return done;
}

static long mem_read(struct file *f, struct transfer *x, word_t at)
{
    return move(f, x, at, false);
}

static long mem_write(struct file *f, struct transfer *x, word_t at)
{
    return move(f, x, at, true);
}

static long mem_seek(struct file *f, int64_t offset, unsigned whence)
{
    if (whence > SEEK_CUR)
        return -EINVAL;
    f->position = (word_t)offset + (whence == SEEK_CUR ? f->position : 0);
    return (long)f->position;
}

static const struct file_ops mem_ops = {.flags = FILE_SEEKS, .read = mem_read, .write = mem_write,
                                        .seek = mem_seek};

long proc_mem_open(struct file *f, const struct subject *s)
{
    if (s->task == NULL)
        return -ESRCH;
    if (caller != NULL && caller->process != s->process && !ptrace_may(caller, s->task))
        return -EACCES;
    f->ops = &mem_ops;
    return 0;
}
