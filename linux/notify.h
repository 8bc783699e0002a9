/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inotify(7): who changes or uses a file says so here. While nobody watches anything, that costs
 * the test of one number.
 */
#ifndef LINUX_NOTIFY_H
#define LINUX_NOTIFY_H

#include <stddef.h>
#include <stdint.h>

struct dentry;
struct file;
struct inode;

enum {
    IN_ACCESS = 1, IN_MODIFY = 2, IN_ATTRIB = 4, IN_CLOSE_WRITE = 8, IN_CLOSE_NOWRITE = 16,
    IN_OPEN = 32, IN_MOVED_FROM = 64, IN_MOVED_TO = 128, IN_CREATE = 256, IN_DELETE = 512,
    IN_DELETE_SELF = 1024, IN_MOVE_SELF = 2048,
};

/** How many watches there are. */
extern unsigned notify_watches;

/** Something befell what a name leads to: who watches it, or the directory of the name, learns. */
void notify_dentry(struct dentry *d, uint32_t event);
/** The same by the inode alone; the name is searched for. */
void notify_inode(struct inode *i, uint32_t event);
/** An open file is used; nothing without a name is told of. */
void notify_file(struct file *f, uint32_t event);
/** A name came or went. @param what whose name it is */
void notify_name(struct inode *dir, const struct inode *what, const char *name, size_t length,
                 uint32_t event, uint32_t cookie);
/** Joins the two halves of a move. */
uint32_t notify_cookie(void);
/** Only who watches it itself. */
void notify_self(struct inode *i, uint32_t event);
/** A name was removed, or an open file of a removed name closed: is the file itself gone?
 * @param d the caller holds `holds` references */
void notify_removed(struct dentry *d, unsigned holds);

#endif
