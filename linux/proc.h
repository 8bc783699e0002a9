/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /proc (proc(5)): tables of entries; a file's text is made when it is read from its beginning, and
 * the rest of that reading sees the same text.
 */
#ifndef LINUX_PROC_H
#define LINUX_PROC_H

#include "file.h"

struct process;

/** Text that is being made. What does not fit is left out. */
struct text;
void text_add(struct text *x, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_bytes(struct text *x, const void *bytes, size_t size);

/** Who the entry is about: in /proc/PID a process, in task/TID one of its tasks, in fd a number. */
struct subject {
    struct process *process;
    struct task *task;
    unsigned number;
};

enum proc_kind { PROC_TEXT = 1, PROC_LINK, PROC_DIR, PROC_TASKS, PROC_FDS, PROC_FD, PROC_FDINFOS,
                 PROC_MEM };

struct proc_entry {
    const char *name;              /* NULL ends a table */
    enum proc_kind kind;
    unsigned mode;
    void (*make)(struct text *x, const struct subject *s);
    const struct proc_entry *children;
    /* Links: a place (jump, with a reference), or a text. */
    long (*jump)(const struct subject *s, struct dentry **to);
    long (*target)(const struct subject *s, char *to, size_t size);
    long (*write)(const struct subject *s, char *text, size_t size);
};

/** proc_memory.c */
void proc_maps(struct text *x, const struct subject *s);
void proc_smaps(struct text *x, const struct subject *s);
void proc_auxv(struct text *x, const struct subject *s);
/** /proc/PID/mem: begin. @return 0, -EACCES, -ESRCH */
long proc_mem_open(struct file *f, const struct subject *s);
/** Who an inode is about now. @return 0, -ENOENT: not there any more */
long proc_subject(const struct inode *i, struct subject *s);
/** proc_system.c, proc_task.c */
extern const struct proc_entry proc_system_entries[], proc_process_entries[], proc_task_entries[];
/** sys.c */
extern const struct proc_entry sysfs_entries[];
/** What poll, ps and the like call an open file without a name: "pipe:[12]". @return length */
long proc_file_name(struct task *t, struct file *f, char *to, size_t size);
/** Whose directory /proc/PID this is. @param i may be NULL @return its number; -EBADF: no such
 * directory; -ESRCH: the process is gone */
long proc_process(const struct inode *i);
/** The path of an inode by any of its names. @return length */
long proc_inode_name(struct task *t, struct inode *i, char *to, size_t size);

#endif
