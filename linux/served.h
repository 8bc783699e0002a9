/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * File systems that a server of the File protocol keeps (idl/file.idl), mounted where the sandbox's
 * manifest says (`files`). What is remembered of them here is right as long as no other client
 * changes the same files: this sandbox must be the only one that writes.
 */
#ifndef LINUX_SERVED_H
#define LINUX_SERVED_H

#include "inode.h"

#include <filelib/connection.h>

/** Of an inode, as u.served. */
struct served {
    struct served *chain;        /* same hash */
    struct inode *inode;
    struct file_handle file;
    struct cached *pages;
    bool open;                   /* the server was told that it is in use */
    bool old;                    /* attributes may have changed */
    bool may_be_dirty;           /* mapped and written to */
};

/** Mount what the manifest says at "/". @return false: it says nothing of it */
bool served_root(void);
/** Mount the rest. */
void served_mount_all(void);
bool served_is(const struct mount *m);

/* Between served.c, served_dir.c and served_file.c. */
extern const struct inode_ops served_dir, served_file, served_link, served_special;
struct files_connection *served_connection(const struct inode *i);
/** Linux's error for the protocol's. */
long served_error(enum file_error error);
/** The inode of a file with a reference. @return NULL: no memory */
struct inode *served_inode(struct mount *m, const struct file_attributes *a);
/** Take over what the server says. */
void served_fill(struct inode *i, const struct file_attributes *a);
long served_refresh(struct inode *i);
long served_set(struct inode *i, const struct attributes *a);
void served_gone(struct inode *i);
/** A file will lose its last name, but somebody uses it: it must live on. */
long served_keep(struct inode *i);
long served_sync(struct inode *i, bool data_only);
/** Names that were looked up stay a while. */
void served_remember(struct dentry *d);
void served_forget(struct dentry *d);
long served_value_get(struct inode *i, const char *name, void *to, size_t size);
long served_value_set(struct inode *i, const char *name, const void *from, size_t size,
                      unsigned flags);
long served_value_list(struct inode *i, char *to, size_t size);

/** A call to the server, and again when that was a new one. */
#define SERVED_REPEAT(c, error, call)             \
    do {                                          \
        unsigned served_tries = 0;                \
        do                                        \
            (error) = (call);                     \
        while (files_again(c, error, &served_tries)); \
    } while (0)

#endif
