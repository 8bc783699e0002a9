/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open files and descriptors.
 *
 * The operations of a file never wait: what cannot be done now is -EAGAIN, and the layer above
 * (read.c) lets the task wait in the file's queue and makes the call again.
 */
#ifndef LINUX_FILE_H
#define LINUX_FILE_H

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
    bool nonblock;            /* RWF_NOWAIT, MSG_DONTWAIT: for those above */
};

/** One piece. @param where address in memory of the task; task NULL: memory here */
void transfer_one(struct transfer *x, struct iovec *space, struct task *t, word_t where, size_t bytes);
/** Move bytes to or from it and advance. @return 0, -EFAULT (nothing was advanced) */
long transfer_out(struct transfer *x, const void *from, size_t bytes);
long transfer_in(struct transfer *x, void *to, size_t bytes);
long transfer_zero(struct transfer *x, size_t bytes);
void transfer_skip(struct transfer *x, size_t bytes);

/** What can be done with an open file. `f->position` is the caller's business (see SEEKS). */
struct file_ops {
    unsigned flags;           /* FILE_... */
    /* @return bytes, 0 at the end, -EAGAIN, or an error; at: position, if it seeks */
    long (*read)(struct file *f, struct transfer *x, word_t at);
    long (*write)(struct file *f, struct transfer *x, word_t at);
    long (*ioctl)(struct file *f, struct task *t, word_t request, word_t argument);
    unsigned (*poll)(struct file *f);                 /* POLL..., now */
    struct wait_queue *(*queue)(struct file *f);      /* woken when poll's answer may change */
    long (*seek)(struct file *f, int64_t offset, unsigned whence);
    void (*flush)(struct file *f, struct task *t);    /* a descriptor of it is closed */
    void (*close)(struct file *f);                    /* the last one */
    /** mmap: a page of the object, as inode_ops.page; absent: ENODEV */
    long (*page)(struct file *f, word_t index, bool make);
    const char *name;                                 /* anonymous ones: "pipe", "socket" */
};

#define FILE_SEEKS  1u /* has a position */
#define FILE_STREAM 2u /* a blocking write goes on until all is written */

struct file {
    unsigned refs;
    unsigned flags;           /* O_... as F_GETFL gives them */
    const struct file_ops *ops;
    struct inode *inode;      /* may be NULL */
    struct dentry *dentry;    /* may be NULL */
    void *data;
    word_t position;
    struct watcher *watchers; /* epoll sets that it is in */
    int owner;                /* F_SETOWN */
    int signal;
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
void files_put(struct files *f, struct task *t);
/** Close what exec closes. */
void files_exec(struct files *f, struct task *t);

/** @return NULL: no memory; takes no reference to the inode */
struct file *file_new(const struct file_ops *ops, unsigned flags);
struct file *file_get(struct file *f);
void file_put(struct file *f);
/** The open file of a descriptor, without a reference. @return NULL: EBADF */
struct file *file_of(struct task *t, word_t fd);
/** Give a file the lowest free descriptor from `from` on. @return it; -EMFILE, -ENOMEM: the file's
 * reference stays with the caller */
long file_install(struct task *t, struct file *f, word_t from, bool cloexec);
/** Open an inode. @return the file in *file, or an error */
long file_open_dentry(struct task *t, struct dentry *d, unsigned flags, struct file **file);
/** For exec and the start: open by path. */
long file_open_path(struct task *t, const char *path, unsigned flags, struct file **file);
/** Wait until poll's answer may have changed. @return BLOCKED, -EAGAIN, -ENOMEM */
long file_wait(struct task *t, struct file *f, word_t deadline_ns);

#endif
