/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files and descriptors.
 *
 * The operations of a file never wait: what cannot be done now is -EAGAIN, and the layer above
 * (read.c) lets the task wait in the file's queue and makes the call again.
 */
#ifndef LINUX_FILE_H
#define LINUX_FILE_H

#include "fsabi.h"
#include "inode.h"

#include <stdint.h>

struct file;
struct files;
struct task;

#define FILE_IO_MAX 0x7ffff000ul /* most bytes of one read or write, as Linux */

struct iovec {
    word_t base, bytes;
};

/** Bytes on their way between a program's memory (or memory here: task NULL) and a file. */
struct transfer {
    struct task *task;
    const struct iovec *part; /* the one we are in */
    size_t parts;             /* it and those after it */
    size_t skip;              /* of the first */
    size_t left;              /* in all */
};

/** One piece. @param where address in memory of the task; task NULL: memory here */
void transfer_one(struct transfer *x, struct iovec *space, struct task *t, word_t where,
                  size_t bytes);
/** Move bytes to or from it and advance. @return how many (fewer than `bytes`: it ends there, or a
 * page is missing), or if that is none: -EFAULT, -ENOMEM, BLOCKED */
long transfer_out(struct transfer *x, const void *from, size_t bytes);
long transfer_in(struct transfer *x, void *to, size_t bytes);
long transfer_zero(struct transfer *x, size_t bytes);
void transfer_skip(struct transfer *x, size_t bytes);
/** A program's list of pieces. One at a time. @return 0, -EFAULT, -EINVAL */
long transfer_vector(struct transfer *x, struct task *t, word_t list, word_t count);

/** What can be done with an open file. `f->position` is the caller's business (see SEEKS). */
struct file_ops {
    unsigned flags;           /* FILE_... */
    /* @return bytes, 0 at the end, -EAGAIN, or an error; at: position, if it seeks */
    long (*read)(struct file *f, struct transfer *x, word_t at);
    long (*write)(struct file *f, struct transfer *x, word_t at);
    long (*ioctl)(struct file *f, struct task *t, word_t request, word_t argument);
    unsigned (*poll)(struct file *f);                 /* POLL..., now */
    struct wait_queue *(*queue)(struct file *f);      /* woken when poll's answer may change */
    word_t (*deadline)(struct file *f, struct task *t); /* when a read gives up; ns */
    long (*seek)(struct file *f, int64_t offset, unsigned whence);
    void (*close)(struct file *f);                    /* the last one */
    const char *name;                                 /* anonymous ones: "pipe", "socket" */
};

#define FILE_SEEKS  1u /* has a position */
#define FILE_STREAM 2u /* a blocking write goes on until all is written */
#define FILE_PIPE   4u /* EPIPE comes with SIGPIPE */

struct file {
    unsigned refs;
    unsigned flags;           /* O_... as F_GETFL gives them */
    unsigned open_flags;      /* as given to open(2) */
    const struct file_ops *ops;
    struct inode *inode;      /* with a reference; may be NULL */
    struct dentry *dentry;    /* with a reference; may be NULL */
    void *data;               /* of the operations */
    word_t position;
    struct interest *interests; /* epoll sets that it is in */
    int owner, signal;        /* F_SETOWN, F_SETSIG */
    bool writer;              /* counted in inode->writers */
    bool marked;              /* AF_UNIX: seen by the search for lost descriptors */
};

#define FILES_CHUNK  64u
#define FILES_CHUNKS 64u
#define FILES_MAX    (FILES_CHUNK * FILES_CHUNKS)

/** Descriptors: what the tasks of a process share by CLONE_FILES. */
struct files {
    unsigned refs;
    uint64_t open[FILES_CHUNKS], cloexec[FILES_CHUNKS];
    struct file **chunk[FILES_CHUNKS];
};

/** What tasks share by CLONE_FS. */
struct place {
    unsigned refs, umask;
    struct dentry *cwd, *root;
};

struct place *place_new(void);
struct place *place_copy(struct place *p);
void place_put(struct place *p);

struct files *files_new(void);
struct files *files_copy(struct files *f);
/** @param t whose locks go with the files; NULL: none */
void files_put(struct files *f, struct task *t);
/** Close what exec closes. The table must not be shared. */
void files_exec(struct files *f, struct task *t);

/** One reference. @return NULL: no memory */
struct file *file_new(const struct file_ops *ops, unsigned flags);
/** The same with an inode of its own for stat and /proc (pipes, sockets, eventfds ...). */
struct file *file_new_anonymous(const struct file_ops *ops, unsigned flags, unsigned mode);
struct file *file_get(struct file *f);
void file_put(struct file *f);
/** The open file of a descriptor, without a reference. @return NULL: EBADF */
struct file *file_of(struct task *t, word_t fd);
/** The same, but not for O_PATH. */
struct file *file_of_io(struct task *t, word_t fd);
/** Give a file the lowest free descriptor from `from` on; the table takes the caller's reference.
 * @return it; -EMFILE, -ENOMEM: the reference stays with the caller */
long file_install(struct task *t, struct file *f, word_t from, bool cloexec);
/** The same, and on failure the reference is given up. */
long file_give(struct task *t, struct file *f, bool cloexec);
/** Two descriptors, whose numbers go to `to` in the program's memory; both references are used up.
 */
long file_give_pair(struct task *t, struct file *a, struct file *b, bool cloexec, word_t to);
/** Close a descriptor. @return 0, -EBADF */
long descriptor_close(struct task *t, word_t fd);

/** Open what a name leads to. Its permissions have been checked. @return 0 and *file, or an error
 */
long file_open_dentry(struct task *t, struct dentry *d, unsigned flags, struct file **file);
/** For exec and the start: open by path. */
long file_open_path(struct task *t, const char *path, unsigned flags, struct file **file);
/** May a new name come into the directory? */
long new_entry_check(struct task *t, struct dentry *dir);
/** Its owner and group. */
void new_entry_own(struct task *t, struct dentry *dir, struct dentry *d);
/** Wait until what poll says may have changed. @return BLOCKED, -EAGAIN, -ENOMEM */
long file_wait(struct task *t, struct file *f, word_t deadline_ns);
/** Read or write as read(2) does, waiting included. @param at NULL: the file's position
 * @return bytes, error, BLOCKED */
long descriptor_read(struct task *t, struct file *f, struct transfer *x, word_t *at);
long descriptor_write(struct task *t, struct file *f, struct transfer *x, word_t *at);
/** What poll(2) would say now. */
unsigned file_poll(struct file *f);

static inline bool file_readable(const struct file *f)
{
    return (f->flags & 3) != 1;
}
static inline bool file_writable(const struct file *f)
{
    return (f->flags & 3) != 0;
}

/** For what has no position but lets itself be asked. */
long file_seek_nowhere(struct file *f, int64_t offset, unsigned whence);

/** Regular files; directories and other things that cannot be read or written. */
extern const struct file_ops inode_file_ops, nothing_ops;

/* --- what else hangs on files --- */

/** files.c: F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD. */
long descriptor_control(struct task *t, struct file *f, word_t fd, unsigned command,
                        word_t argument);
/** dev.c: begin what is behind a device node. */
long device_open(struct task *t, struct file *f);
/** /dev/tsr (tsr.c). @return 0, -ENXIO: not in this sandbox, -ENOMEM */
long tsr_open(struct file *f);
/** The node, and the program `tsr`, if this sandbox may have them. @return false: no memory */
bool tsr_add(void);
/** Is it /dev/zero, whose mapping is clear memory? */
bool device_is_zero(const struct inode *i);
/** pipe.c: open a named one. @return 0, BLOCKED, -ENXIO, -ENOMEM */
long fifo_open(struct task *t, struct file *f);
/** pipe.c: a new pipe. @param flags O_NONBLOCK */
long pipe_make(struct file **reader, struct file **writer, unsigned flags);
/** lock.c: locks that a process (close) or an open file (last close) loses. */
void locks_close(struct task *t, struct file *f);
void locks_release(struct file *f);
/** epoll.c: the file is gone. */
void interests_forget(struct file *f);

#endif
