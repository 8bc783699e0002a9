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

#include "page.h"
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
    /* Directories. Found and made dentries come with a reference; names were checked before: those
     * of new things are not there, those of others are. */
    long (*lookup)(struct dentry *dir, const char *name, size_t length, struct dentry **found);
    long (*make)(struct dentry *dir, const char *name, size_t length, unsigned mode,
                 unsigned device, const char *target, struct dentry **made);
    long (*link)(struct dentry *dir, const char *name, size_t length, struct inode *target);
    long (*remove)(struct dentry *d);
    /** @param replaced what is there now, or NULL; exchange: the two change places */
    long (*rename)(struct dentry *d, struct dentry *dir, const char *name, size_t length,
                   struct dentry *replaced, bool exchange);
    /** All but "." and "..", from a place on (2: the first). */
    long (*list)(struct dentry *dir, word_t from, directory_emit *emit, void *context);
    /* Links. @return length, without NUL */
    long (*readlink)(struct inode *i, char *to, size_t size);
    /** A link that leads to a place rather than to a name (proc's fd, exe, cwd): a reference. */
    long (*jump)(struct inode *i, struct dentry **to);
    /* All. */
    long (*refresh)(struct inode *i); /* bring size, times, links up to date */
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
    void (*dirty)(struct inode *i, word_t index); /* a mapping may write to the page */
    long (*sync)(struct inode *i, bool data_only);
};

/** A mounted file system. */
struct mount {
    struct mount *next;
    struct dentry *root;
    struct dentry *covers; /* what it hides; NULL: the root of all */
    const char *type, *source;
    struct files_connection *server; /* served.h; NULL: kept here */
    unsigned flags;        /* MS_RDONLY, ... */
    unsigned device;       /* st_dev */
    word_t magic;          /* statfs f_type */
    long (*sync)(struct mount *m);
    void (*statfs)(struct mount *m, word_t *total, word_t *free, word_t *files, word_t *files_free);
};

/** Contents of a tmpfs file: a tree of pages with 1024 numbers each. */
struct page_tree {
    page_t root;
    unsigned height; /* 0: `root` is page 0 of the file */
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
    bool unchangeable;         /* by the manifest: policy.h */
    unsigned executed;         /* running programs of it: open for writing refuses (ETXTBSY) */
    void *mappings;            /* linux-core: the areas that map it */
    unsigned seals;            /* tmpfs: F_SEAL_... */
    bool linkable;             /* has no name, but may get one (O_TMPFILE) */
    struct lock *locks;        /* record and flock locks */
    struct pipe *pipe;         /* S_IFIFO, and the inode of a pipe */
    struct socket *socket;     /* S_IFSOCK: who is bound to it */
    struct watch *watches;     /* inotify */
    struct xattr *xattrs;
    union {
        struct page_tree tree; /* tmpfs: S_IFREG */
        char *target;          /* tmpfs: S_IFLNK; `size` bytes and a NUL */
        word_t last_cookie;    /* tmpfs: S_IFDIR */
        struct {
            const struct proc_entry *entry;
            int pid, tid, number;
            word_t start_ns; /* tells the process from a later one of this number */
        } proc;
        struct served *served; /* File protocol */
    } u;
    const uint8_t *fixed;      /* tmpfs: contents in memory that never changes, where no page is */
    word_t fixed_bytes;
};

#define DENTRY_INLINE 40u

/**
 * A name. Dentries of tmpfs are the directory itself ("pinned": the tree holds a reference); those
 * of others are made by lookup. The root of a mount has the empty name and no parent.
 */
struct dentry {
    unsigned refs;
    uint32_t hash;
    struct dentry *parent;
    struct inode *inode;
    struct mount *mount;       /* what is mounted here */
    struct dentry *chain;      /* same hash */
    struct dentry *children, *last, *next, *previous; /* in order of `cookie` */
    word_t cookie;
    const char *name;          /* ends in NUL */
    uint8_t length;
    bool pinned, removed;
    bool noted;                /* policy.h: the log has it */
    char space[DENTRY_INLINE];
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
bool inode_read_only(const struct inode *i);
/** The task is root or the owner: may change mode and times. */
bool inode_owned(struct task *t, const struct inode *i);
bool inode_in_group(struct task *t, unsigned gid);

/* --- xattr.c, pipe.c: what hangs on an inode that goes --- */

void xattr_forget(struct inode *i);
void pipe_forget(struct inode *i);

/* --- tmpfs.c, tmpfs_file.c --- */

extern const struct inode_ops tmpfs_dir, tmpfs_file, tmpfs_link, tmpfs_special;
/** A file with no name in a tmpfs (O_TMPFILE, memfd). @return NULL: no memory */
struct inode *tmpfs_new(struct mount *m, unsigned mode);
long tmpfs_set(struct inode *i, const struct attributes *a);
/** What came with the boot image is a file's contents until they are written. */
void tmpfs_set_fixed(struct inode *i, const uint8_t *data, word_t bytes);
/** Pages that all tmpfs have, may have, and may still take. */
word_t tmpfs_pages(void);
word_t tmpfs_limit(void);
word_t tmpfs_room(void);

/* --- dentry.c --- */

struct dentry *dentry_get(struct dentry *d);
void dentry_put(struct dentry *d);
/** Look a name up in a directory. @return 0 and a reference, -ENOENT, ... */
long dentry_lookup(struct dentry *dir, const char *name, size_t length, struct dentry **found);
/** A new name for an inode. @param pinned it stays until dentry_remove @return NULL: no memory */
struct dentry *dentry_add(struct dentry *dir, const char *name, size_t length, struct inode *i,
                          bool pinned);
/** A name that was never in a directory, for /proc to show. @return NULL: no memory */
struct dentry *dentry_unlinked(const char *name, size_t length, struct inode *i);
/** Take a name out of its directory; who holds the dentry keeps it. */
void dentry_remove(struct dentry *d);
/** Give it another place. @return 0, -ENOMEM */
long dentry_move(struct dentry *d, struct dentry *dir, const char *name, size_t length);
/** Exchange the places of two. @return 0, -ENOMEM */
long dentry_exchange(struct dentry *a, struct dentry *b);
/** The root of a file system. @return NULL: no memory */
struct dentry *dentry_root(struct mount *m, struct inode *i);
bool dentry_below(const struct dentry *d, const struct dentry *ancestor);
/** Any name of an inode: a search through all. @return NULL: it has none; no reference */
struct dentry *dentry_of(const struct inode *i);
/** The path as a program sees it. @return where it begins in `buffer`; NULL: too long */
char *dentry_path(struct task *t, struct dentry *d, char *buffer, size_t size);

/* --- path.c --- */

#define WALK_FOLLOW    1u   /* a link at the end */
#define WALK_PARENT    2u   /* stop before the last name */
#define WALK_CREATE    4u   /* the last name need not be there: stop before it then */
#define WALK_EMPTY     8u   /* the empty path is the start itself */
#define WALK_NO_LINKS  16u  /* openat2's RESOLVE_... */
#define WALK_BENEATH   32u
#define WALK_IN_ROOT   64u
#define WALK_NO_XDEV   128u
#define WALK_NO_MAGIC  256u

/** Where a walk ended. */
struct place_found {
    struct dentry *at;            /* with a reference */
    bool stopped;                 /* before the last name: `at` is the directory */
    bool slash;                   /* the name had a slash behind it */
    bool dots;                    /* the name is "." or "..", or there is none ("/") */
    size_t length;
    char name[NAME_LENGTH + 1];
};

/**
 * Walk a path that a program names. @param dirfd AT_FDCWD or a descriptor; path an address there
 * @return 0, or an error and nothing to give back
 */
long path_user(struct task *t, word_t dirfd, word_t path, unsigned flags, struct place_found *to);
/** The usual case: it must be there. @return 0 and a reference */
long path_find(struct task *t, word_t dirfd, word_t path, unsigned flags, struct dentry **found);
/** The same for a path in memory of this component, from the task's directory. */
long path_walk(struct task *t, const char *path, unsigned flags, struct dentry **found);
/** And from any directory. */
long path_from(struct task *t, struct dentry *start, const char *path, unsigned flags,
               struct place_found *to);

/* --- mount.c --- */

extern struct mount *mounts;
/** Build the tree: root, /dev, /proc, /tmp ... Called once. @return false: no memory */
bool tree_init(void);
struct dentry *tree_root(void);
/**
 * Put a file into the tree at start; directories above it are made. @param path begins with /
 * @param data stays where it is @return 0, -ENOMEM
 */
long tree_add_file(const char *path, unsigned mode, const uint8_t *data, word_t bytes);
long tree_add_link(const char *path, const char *target);
/** A device node, or a directory (mode). */
long tree_add_node(const char *path, unsigned mode, unsigned device);
/** Mount a new file system on a directory. @return 0, -ENODEV, -ENOMEM, -EBUSY */
long mount_add(struct dentry *at, const char *type, const char *source, unsigned flags);
/** The same with one that has been made. @param at NULL: the root of all */
void mount_enter(struct dentry *at, struct mount *m);
/** At start: on a directory of the tree, which is made. @return false: it cannot be */
bool tree_mount(const char *path, struct mount *m);
/** Root directory of a new proc; its mount. */
struct inode *proc_root(struct mount *m);
/** The same of a sysfs. */
struct inode *sys_root(struct mount *m);

#endif
