/* SPDX-License-Identifier: BSD-2-Clause */
/* /proc as a file system: directories out of tables, processes and descriptors. */
#include "proc.h"

#include "linux.h"

#include <rt/format.h>

#define PID_NUMBERS 4096u /* inode numbers of one process */

static const struct inode_ops proc_dir, proc_file, proc_link, proc_jump;

static const struct proc_entry fd_entry = {.name = "", .kind = PROC_FD, .mode = 0700};
static const struct proc_entry root_entry = {.name = "", .kind = PROC_DIR, .mode = 0555,
                                             .children = proc_system_entries};
static const struct proc_entry sys_entry = {.name = "", .kind = PROC_DIR, .mode = 0555,
                                            .children = sysfs_entries};
static const struct proc_entry pid_entry = {.name = "", .kind = PROC_DIR, .mode = 0555,
                                            .children = proc_process_entries};
static const struct proc_entry tid_entry = {.name = "", .kind = PROC_DIR, .mode = 0555,
                                            .children = proc_task_entries};
static const struct proc_entry fdinfo_entry = {.name = "", .kind = PROC_TEXT, .mode = 0400};

static struct task *task_of(const struct process *p, int tid)
{
    for (struct task *t = p->tasks; t != NULL; t = t->peer)
        if (t->tid == tid)
            return t;
    return NULL;
}

long proc_subject(const struct inode *i, struct subject *s)
{
    *s = (struct subject){.number = (unsigned)i->u.proc.number};
    if (i->u.proc.pid == 0)
        return 0;
    s->process = process_find(i->u.proc.pid);
    if (s->process == NULL || s->process->start_ns != i->u.proc.start_ns)
        return -ENOENT;
    s->task = i->u.proc.tid != 0 ? task_of(s->process, i->u.proc.tid)
                                 : task_of(s->process, s->process->pid);
    if (s->task == NULL && i->u.proc.tid == 0)
        s->task = s->process->tasks;
    return s->task == NULL && (i->u.proc.tid != 0 || !s->process->zombie) ? -ENOENT : 0;
}

static bool is_directory(enum proc_kind kind)
{
    return kind == PROC_DIR || kind == PROC_TASKS || kind == PROC_FDS || kind == PROC_FDINFOS;
}

static struct inode *proc_new(struct mount *m, const struct proc_entry *e, int pid, int tid,
                              int number)
{
    unsigned kind = is_directory(e->kind)                              ? S_IFDIR
                    : e->kind == PROC_LINK || e->kind == PROC_FD ? S_IFLNK
                                                                       : S_IFREG;
    const struct inode_ops *ops = kind == S_IFDIR                                ? &proc_dir
                                  : kind == S_IFREG                              ? &proc_file
                                  : e->jump == NULL && e->kind != PROC_FD ? &proc_link
                                                                                 : &proc_jump;
    struct inode *i = inode_new(m, ops, kind | e->mode);
    struct process *p = pid != 0 ? process_find(pid) : NULL;

    if (i == NULL)
        return NULL;
    i->u.proc.entry = e;
    i->u.proc.pid = pid;
    i->u.proc.tid = tid;
    i->u.proc.number = number;
    i->u.proc.start_ns = p != NULL ? p->start_ns : 0;
    i->number = (word_t)(pid * 2 + (tid != 0)) * PID_NUMBERS * 16 + 2 + (word_t)number +
                (word_t)((word_t)e / sizeof(struct proc_entry) % PID_NUMBERS) * 8;
    i->links = kind == S_IFDIR ? 2 : 1;
    return i;
}

long proc_process(const struct inode *i)
{
    struct subject s;

    if (i == NULL || i->ops != &proc_dir || i->u.proc.entry != &pid_entry)
        return -EBADF;
    return proc_subject(i, &s) == 0 ? i->u.proc.pid : -ESRCH;
}

struct inode *proc_root(struct mount *m)
{
    return proc_new(m, &root_entry, 0, 0, 0);
}

struct inode *sys_root(struct mount *m)
{
    return proc_new(m, &sys_entry, 0, 0, 0);
}

static int number_of(const char *name, size_t length)
{
    int n = 0;

    if (length == 0 || length > 7 || (name[0] == '0' && length > 1))
        return -1;
    for (size_t i = 0; i < length; i++) {
        if (name[i] < '0' || name[i] > '9')
            return -1;
        n = n * 10 + name[i] - '0';
    }
    return n;
}

static struct file *descriptor(const struct subject *s, int number)
{
    return s->task == NULL || s->task->files == NULL || number < 0
               ? NULL
               : file_of(s->task, (word_t)number);
}

/* The entry of a name that is a number. */
static struct inode *numbered(struct inode *dir, const struct subject *s, int n)
{
    enum proc_kind kind = dir->u.proc.entry->kind;
    int pid = dir->u.proc.pid, tid = dir->u.proc.tid;

    if (n < 0)
        return NULL;
    if (dir->u.proc.entry == &root_entry && process_find(n) != NULL)
        return proc_new(dir->mount, &pid_entry, n, 0, 0);
    if (kind == PROC_TASKS && task_of(s->process, n) != NULL)
        return proc_new(dir->mount, &tid_entry, pid, n, 0);
    if (kind == PROC_FDS && descriptor(s, n) != NULL)
        return proc_new(dir->mount, &fd_entry, pid, tid, n);
    if (kind == PROC_FDINFOS && descriptor(s, n) != NULL)
        return proc_new(dir->mount, &fdinfo_entry, pid, tid, n);
    return NULL;
}

static bool is_name(const char *name, const char *text, size_t length)
{
    return rt_length(name) == length && memcmp(name, text, length) == 0;
}

static long dir_lookup(struct dentry *dir, const char *name, size_t length, struct dentry **found)
{
    struct inode *d = dir->inode, *i = NULL;
    const struct proc_entry *e = d->u.proc.entry->children;
    struct subject s;
    long error = proc_subject(d, &s);

    if (error != 0)
        return error;
    for (; e != NULL && e->name != NULL && i == NULL; e++)
        if (is_name(e->name, name, length))
            i = proc_new(d->mount, e, d->u.proc.pid, d->u.proc.tid, 0);
    if (i == NULL)
        i = numbered(d, &s, number_of(name, length));
    if (i == NULL)
        return -ENOENT;
    *found = dentry_add(dir, name, length, i, false);
    inode_put(i);
    return *found == NULL ? -ENOMEM : 0;
}

/* Places in a directory: 2 + index in the table, then NUMBERS + number. */
#define NUMBERS 1000u

static bool emit_number(directory_emit *emit, void *context, unsigned n, unsigned mode)
{
    char name[12];
    size_t length = rt_format(name, sizeof name, "%u", n);

    return emit(context, name, length, (word_t)n + 100000, mode, NUMBERS + n + 1);
}

static void list_numbers(struct inode *dir, const struct subject *s, word_t from,
                         directory_emit *emit, void *context)
{
    enum proc_kind kind = dir->u.proc.entry->kind;
    int least = from < NUMBERS ? 0 : (int)(from - NUMBERS), best;

    for (;; least = best + 1) {
        best = INT32_MAX;
        if (dir->u.proc.entry == &root_entry) {
            for (struct process *p = processes; p != NULL; p = p->next)
                if (p->pid >= least && p->pid < best)
                    best = p->pid;
        } else if (kind == PROC_TASKS) {
            for (struct task *t = s->process->tasks; t != NULL; t = t->peer)
                if (t->tid >= least && t->tid < best)
                    best = t->tid;
        } else if (kind == PROC_FDS || kind == PROC_FDINFOS) {
            for (int n = least; n < (int)FILES_MAX && best == INT32_MAX; n++)
                if (descriptor(s, n) != NULL)
                    best = n;
        }
        if (best == INT32_MAX ||
            !emit_number(emit, context, (unsigned)best,
                         kind == PROC_FDS ? S_IFLNK : kind == PROC_FDINFOS ? S_IFREG : S_IFDIR))
            return;
    }
}

static unsigned kind_of(const struct proc_entry *e)
{
    return is_directory(e->kind) ? S_IFDIR : e->kind == PROC_LINK ? S_IFLNK : S_IFREG;
}

static long dir_list(struct dentry *dir, word_t from, directory_emit *emit, void *context)
{
    struct inode *d = dir->inode;
    const struct proc_entry *e = d->u.proc.entry->children;
    struct subject s;
    long error = proc_subject(d, &s);

    if (error != 0)
        return error;
    for (word_t n = 2; e != NULL && e->name != NULL; e++, n++)
        if (n >= from && !emit(context, e->name, rt_length(e->name), n, kind_of(e), n + 1))
            return 0;
    list_numbers(d, &s, from, emit, context);
    return 0;
}

static long dir_refresh(struct inode *i)
{
    struct subject s;

    return proc_subject(i, &s);
}

/* --- links --- */

static long link_read(struct inode *i, char *to, size_t size)
{
    const struct proc_entry *e = i->u.proc.entry;
    struct subject s;
    struct dentry *d;
    long error = proc_subject(i, &s);
    char *path;

    if (error != 0)
        return error;
    if (e->kind == PROC_FD) {
        struct file *f = descriptor(&s, i->u.proc.number);

        return f == NULL ? -ENOENT : proc_file_name(s.task, f, to, size);
    }
    if (e->target != NULL)
        return e->target(&s, to, size);
    error = e->jump(&s, &d);
    if (error != 0)
        return error;
    path = dentry_path(caller != NULL ? caller : s.task, d, to, size);
    dentry_put(d);
    if (path == NULL)
        return -ENAMETOOLONG;
    memmove(to, path, rt_length(path));
    return (long)(to + size - 1 - path);
}

static long link_jump(struct inode *i, struct dentry **to)
{
    const struct proc_entry *e = i->u.proc.entry;
    struct subject s;
    struct file *f;
    long error = proc_subject(i, &s);

    if (error != 0)
        return error;
    if (e->kind != PROC_FD)
        return e->jump(&s, to);
    f = descriptor(&s, i->u.proc.number);
    if (f == NULL)
        return -ENOENT;
    if (f->dentry != NULL) {
        *to = dentry_get(f->dentry);
        return 0;
    }
    *to = dentry_root(NULL, f->inode); /* a pipe, a socket: a name of its own */
    return *to == NULL ? -ENOMEM : 0;
}

/* --- texts --- */

#define TEXT_PAGES 64u

struct text {
    page_t page[TEXT_PAGES];
    size_t size;
};

void text_bytes(struct text *x, const void *bytes, size_t size)
{
    const char *from = bytes;

    while (size > 0 && x->size < TEXT_PAGES * PAGE) {
        page_t *page = &x->page[x->size / PAGE];
        size_t n = PAGE - x->size % PAGE < size ? PAGE - x->size % PAGE : size;

        if (*page == 0)
            *page = page_alloc_dirty();
        if (*page == 0)
            return;
        memcpy((char *)page_data(*page) + x->size % PAGE, from, n);
        x->size += n;
        from += n;
        size -= n;
    }
}

void text_add(struct text *x, const char *format, ...)
{
    char line[512];
    va_list list;

    va_start(list, format);
    text_bytes(x, line, rt_format_list(line, sizeof line, format, list));
    va_end(list);
}

static void drop_text(struct text *x)
{
    for (unsigned i = 0; i < TEXT_PAGES; i++)
        if (x->page[i] != 0)
            page_unref(x->page[i]);
    memset(x, 0, sizeof *x);
}

static const char *octal(unsigned number)
{
    static char digits[12];
    size_t at = sizeof digits - 1;

    do {
        digits[--at] = (char)('0' + number % 8);
        number /= 8;
    } while (number != 0);
    return digits + at;
}

static void describe_descriptor(struct text *x, const struct subject *s)
{
    struct file *f = descriptor(s, (int)s->number);

    if (f != NULL)
        text_add(x, "pos:\t%lu\nflags:\t0%s\nmnt_id:\t%u\nino:\t%lu\n", f->position,
                 octal(f->flags), f->inode->mount == NULL ? 0 : f->inode->mount->device,
                 f->inode->number);
}

static long text_read(struct file *f, struct transfer *x, word_t at)
{
    struct text *text = f->data;
    long done = 0;

    if (at == 0) {
        const struct proc_entry *e = f->inode->u.proc.entry;
        struct subject s;
        long error = proc_subject(f->inode, &s);

        if (error != 0)
            return -ESRCH;
        drop_text(text);
        if (e == &fdinfo_entry)
            describe_descriptor(text, &s);
        else
            e->make(text, &s);
    }
    while (at < text->size && x->left > 0) {
        size_t n = PAGE - at % PAGE < text->size - at ? PAGE - at % PAGE : text->size - at;
        long moved = transfer_out(x, (char *)page_data(text->page[at / PAGE]) + at % PAGE, n);

        if (moved < 0)
            return done > 0 ? done : moved;
        done += moved;
        at += (word_t)moved;
    }
    return done;
}

static long text_write(struct file *f, struct transfer *x, word_t at)
{
    const struct proc_entry *e = f->inode->u.proc.entry;
    size_t all = x->left;
    char bytes[256];
    struct subject s;
    long n = proc_subject(f->inode, &s);

    (void)at;
    if (n != 0 || e->write == NULL)
        return n != 0 ? -ESRCH : -EIO;
    n = transfer_in(x, bytes, sizeof bytes - 1);
    if (n < 0)
        return n;
    bytes[n] = 0;
    n = e->write(&s, bytes, (size_t)n);
    return n < 0 ? n : (long)all;
}

static void text_close(struct file *f)
{
    drop_text(f->data);
    heap_free(f->data, sizeof(struct text));
}

static long text_seek(struct file *f, int64_t offset, unsigned whence)
{
    return inode_file_ops.seek(f, offset, whence);
}

static const struct file_ops text_ops = {.flags = FILE_SEEKS, .read = text_read,
                                         .write = text_write, .seek = text_seek,
                                         .close = text_close};

static long file_open(struct inode *i, struct file *f)
{
    struct subject s;
    long error = proc_subject(i, &s);

    if (error != 0)
        return error;
    if (i->u.proc.entry->kind == PROC_MEM)
        return proc_mem_open(f, &s);
    if (file_writable(f) && i->u.proc.entry->write == NULL)
        return -EACCES;
    f->data = heap_alloc(sizeof(struct text));
    if (f->data == NULL)
        return -ENOMEM;
    f->ops = &text_ops;
    return 0;
}

static const struct inode_ops proc_dir = {.lookup = dir_lookup, .list = dir_list,
                                          .refresh = dir_refresh};
static const struct inode_ops proc_file = {.open = file_open};
static const struct inode_ops proc_link = {.readlink = link_read};
static const struct inode_ops proc_jump = {.readlink = link_read, .jump = link_jump};
