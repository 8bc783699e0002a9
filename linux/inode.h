/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files as file systems know them. An inode is a file; a dentry is a name that leads to one. Every
 * file system (tmpfs, proc, dev, a server of the File protocol) is a table of operations; nothing
 * outside of it asks which one it is.
 *
 * References: a dentry holds its inode and its parent; whoever keeps a pointer to either holds a
 * reference. Names are counted text (they need not end in NUL) of 1 to NAME_LENGTH bytes.
 */
#ifndef LINUX_INODE_H
#define LINUX_INODE_H

#include "wait.h"

#include <stdint.h>

#define NAME_LENGTH 255u
#define PATH_LENGTH 4096u /* with the NUL */

struct dentry;
struct file;
struct inode;
struct transfer;
struct poll_table;

struct filetime {
    int64_t seconds;
    uint32_t ns;
};

/** What inode->ops->set changes. */
enum {
    SET_MODE = 1, SET_UID = 2, SET_GID = 4, SET_SIZE = 8, SET_ATIME = 16, SET_MTIME = 32,
};

struct attributes {
    unsigned set; /* SET_... */
    unsigned mode, uid, gid;
    word_t size;
    struct filetime atime, mtime;
};

/** Takes an entry of a directory. @param next where to go on after it @return false: no room */
typedef bool directory_emit(void *context, const char *name, size_t length, word_t number,
                            unsigned mode, word_t next);

/** What a file system does. Absent ones are refused as Linux does for such a file. */
struct inode_ops {
    /* Directories. Found and made inodes come with a reference. */
    long (*lookup)(struct inode *dir, const char *name, size_t length, struct inode **found);
    long (*make)(struct inode *dir, const char *name, size_t length, unsigned mode,
                 unsigned device, const char *target, struct inode **made);
    long (*link)(struct inode *dir, const char *name, size_t length, struct inode *target);
    long (*remove)(struct inode *dir, const char *name, size_t length, struct inode *target);
    long (*rename)(struct inode *from, struct dentry *what, struct inode *to, const char *name,
                   size_t length, struct inode *replaced, bool exchange);
    long (*list)(struct inode *dir, struct dentry *at, word_t from, directory_emit *emit,
                 void *context);
    /* Links. @return length, without NUL */
    long (*readlink)(struct inode *i, char *to, size_t size);
    /** A link that leads to a place rather than to a name (proc's fd, exe, cwd), or NULL. */
    struct dentry *(*jump)(struct inode *i);
    /* All. */
    void (*refresh)(struct inode *i); /* bring size, times, links up to date */
    long (*set)(struct inode *i, const struct attributes *a);
    long (*open)(struct inode *i, struct file *f);
    void (*gone)(struct inode *i);    /* the last reference went; frees what is behind it */
    long (*xattr_get)(struct inode *i, const char *name, void *to, size_t size);
    long (*xattr_set)(struct inode *i, const char *name, const void *from, size_t size,
                      unsigned flags);
    long (*xattr_list)(struct inode *i, char *to, size_t size);
    /* Contents of regular files. */
    long (*read)(struct inode *i, struct transfer *x, word_t at);
    long (*write)(struct inode *i, struct transfer *x, word_t at);
    long (*allocate)(struct inode *i, unsigned mode, word_t at, word_t bytes);
    /**
     * The page at this index, as number of a page of the sandbox (a reference comes with it).
     * @param make a hole becomes a page @return 0: a hole; page; -EIO, -ENOMEM, -ENOSPC
     */
    long (*page)(struct inode *i, word_t index, bool make);
    long (*sync)(struct inode *i, bool data_only);
};

/** A mounted file system. */
struct mount {
    struct mount *next;
    struct dentry *root;
    struct dentry *covers; /* what it hides; NULL: the root of all */
    const char *type, *source;
    unsigned flags;        /* MS_RDONLY, ... */
    unsigned device;       /* st_dev */
    word_t magic;          /* statfs f_type */
    void (*statfs)(struct mount *m, word_t *total, word_t *free, word_t *files, word_t *files_free);
};

struct inode {
    unsigned refs;
    const struct inode_ops *ops;
    struct mount *mount;
    word_t number;
    unsigned mode, links, uid, gid;
    unsigned device;           /* S_IFCHR, S_IFBLK: Linux's dev_t */
    word_t size, blocks;       /* blocks of 512 bytes */
    struct filetime atime, mtime, ctime, btime;
    unsigned writers;          /* files open for writing: exec refuses them (ETXTBSY) */
    unsigned deny_write;       /* executables in use */
    void *mappings;            /* linux-core: the areas that map it */
    struct lock *locks;        /* record and flock locks */
    struct pipe *fifo;         /* S_IFIFO: while it is open */
    struct socket *socket;     /* S_IFSOCK: who is bound to it */
    struct watch *watches;     /* inotify */
    union {
        struct tmpfs_tree *tree; /* tmpfs: pages of a file */
        char *target;          /* tmpfs: where a link leads */
        struct dentry *home;   /* tmpfs: the directory's own name */
        struct { unsigned kind; int pid; unsigned fd; } proc;
        void *other;
    } u;
    struct xattr *xattrs;
    const uint8_t *fixed;      /* tmpfs: contents in memory that never changes */
    word_t fixed_bytes;
};

/** A name. The root of a mount has the empty name and no parent. */
struct dentry {
    unsigned refs;
    struct dentry *parent;
    struct inode *inode;       /* NULL: removed, or known not to be there */
    struct mount *mount;       /* what is mounted here */
    struct dentry *chain;      /* same hash */
    struct dentry *children, *next, **link; /* in order of `cookie` */
    struct dentry *last;
    word_t cookie;
    uint32_t hash;
    bool pinned;               /* the file system lives in its dentries (tmpfs) */
    bool removed;
    uint8_t length;
    char name[];
};

/* --- inode.c --- */

/** An inode with one reference, times now, one link. @return NULL: no memory */
struct inode *inode_new(struct mount *m, const struct inode_ops *ops, unsigned mode);
struct inode *inode_get(struct inode *i);
void inode_put(struct inode *i);
/** Contents for exec and mmap: see inode_ops.page. */
long inode_page(struct inode *i, word_t index, bool make);
/** Read into memory of this component. @return bytes, error */
long inode_read(struct inode *i, void *to, size_t bytes, word_t at);
long inode_write(struct inode *i, const void *from, size_t bytes, word_t at);
long inode_set(struct inode *i, const struct attributes *a);
/** May the task do this? @param mask R_OK 4, W_OK 2, X_OK 1 @return 0, -EACCES, -EROFS */
long inode_permission(struct task *t, struct inode *i, unsigned mask);
void inode_touch(struct inode *i, unsigned what); /* SET_ATIME, SET_MTIME (with ctime), 0: ctime */
struct filetime filetime_now(void);

/* --- dentry.c --- */

struct dentry *dentry_get(struct dentry *d);
void dentry_put(struct dentry *d);
/** Look a name up in a directory. @return 0 and a reference (its inode may be NULL: not there) */
long dentry_lookup(struct dentry *dir, const char *name, size_t length, struct dentry **found);
/** The path as a program sees it. @return where it begins in `buffer`; NULL: too long */
char *dentry_path(struct task *t, struct dentry *d, char *buffer, size_t size);

/* --- path.c --- */

#define WALK_FOLLOW    1u  /* a link at the end */
#define WALK_PARENT    2u  /* stop before the last name */
#define WALK_DIRECTORY 4u
#define WALK_EMPTY     8u  /* the empty path is the start itself */
#define WALK_NO_LINKS  16u /* openat2's RESOLVE_... */
#define WALK_BENEATH   32u
#define WALK_IN_ROOT   64u
#define WALK_NO_XDEV   128u
#define WALK_NO_MAGIC  256u

struct walk {
    struct task *task;
    struct dentry *at;         /* result, with a reference */
    const char *last;          /* WALK_PARENT: the last name */
    size_t length;
    bool slash;                /* something like "name/" */
    unsigned flags, links;
    struct dentry *root;
    char text[PATH_LENGTH];    /* what is still to be walked */
    char link[PATH_LENGTH];
};

/**
 * Walk a path that a program named. @param dirfd AT_FDCWD or a descriptor; path address in its memory
 * @return 0 and a reference to a dentry that has an inode
 */
long path_user(struct task *t, long dirfd, word_t path, unsigned flags, struct dentry **found);
/** The same for a path in memory of this component, from the task's directory. */
long path_walk(struct task *t, const char *path, unsigned flags, struct dentry **found);

/* --- mount.c --- */

extern struct mount *mounts;
/** Build the tree: root, /dev, /proc, /tmp ... @return false: no memory */
bool tree_init(void);
struct dentry *tree_root(void);
/** Put a file into the tree at start; directories above it are made. @param data stays where it is */
long tree_add_file(const char *path, unsigned mode, const uint8_t *data, word_t bytes);
long tree_add_link(const char *path, const char *target);

#endif
