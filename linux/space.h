/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces of programs: areas (what should be there), and pages (what is there). All access
 * to a program's memory is here, and every address is checked: -EFAULT. What it reads may also have
 * to come from a file first: BLOCKED, which a handler returns as it is (the call is made again).
 */
#ifndef LINUX_SPACE_H
#define LINUX_SPACE_H

#include "page.h"

struct inode;
struct space;
struct task;

#define PROT_READ  1u
#define PROT_WRITE 2u
#define PROT_EXEC  4u

/** What an area of an address space shows. */
struct area_source {
    struct inode *inode; /**< NULL: clear memory. The area holds a reference */
    word_t offset;       /**< in the file of the area's first byte; a multiple of PAGE */
    word_t file_bytes;   /**< what of it comes from the file, the rest is clear; ~0: all */
    bool shared;         /**< MAP_SHARED: written pages are the file's */
    bool read_only;      /**< shared, and may never be written: the file was opened so */
};

/** First address that programs cannot have, and the bounds within which free ranges are looked for.
 */
#define SPACE_TOP    0x00007ffffffff000ul
#define SPACE_BOTTOM 0x0000000000010000ul

struct space *space_new(void);
struct space *space_get(struct space *s);
void space_put(struct space *s);
/** A copy that shares pages until one side writes. @return NULL: no memory */
struct space *space_fork(struct space *s);
/** More than one task has it. */
bool space_is_shared(const struct space *s);
/** The AddressSpace object. */
cap_t space_cap(const struct space *s);

/**
 * Map an area in place of what is there.
 * @param start, bytes multiples of PAGE @param source NULL: clear, private memory
 * @return 0, -ENOMEM, -EINVAL
 */
long space_map(struct space *s, word_t start, word_t bytes, unsigned prot,
               const struct area_source *source);
long space_unmap(struct space *s, word_t start, word_t bytes);
/** Nothing is mapped in this range. */
bool space_is_free(struct space *s, word_t start, word_t bytes);
/** The highest free range below the mmap base. @return 0: none */
word_t space_find(struct space *s, word_t bytes);
/** Forget the pages of a file from this index on: it was truncated. */
void space_drop_file(struct inode *inode, word_t first_page);

/** For /proc: visit areas in order. @return false: no area at or above `*start` */
bool space_area(struct space *s, word_t *start, word_t *end, unsigned *prot,
                struct area_source *source);
/** Pages that are mapped, and pages of all areas. */
word_t space_resident(const struct space *s);
word_t space_size(const struct space *s);
/** Pages, and what the kernel needs for them. */
word_t space_burden(const struct space *s);

/** Make an access possible. @return 0, -EFAULT (nothing is mapped), -EACCES (it may not be accessed
 * so), -ENOMEM, -EIO (beyond the file's end), BLOCKED */
long space_fault(struct space *s, word_t address, bool write, bool execute);

/**
 * A program's memory, as the component sees it.
 * @param write the program must be allowed to write there
 * @param left set to how many bytes follow in this page
 * @param error set if NULL is returned: -EFAULT, -ENOMEM or BLOCKED
 */
void *user_reach(struct task *t, word_t address, bool write, size_t *left, long *error);
/** Copy from and to a program's memory. @return 0, -EFAULT, -ENOMEM, BLOCKED */
long user_read(struct task *t, void *to, word_t from, size_t bytes);
long user_write(struct task *t, word_t to, const void *from, size_t bytes);
long user_clear(struct task *t, word_t to, size_t bytes);
/** The same in a space that no task of the caller's has. */
long space_read(struct space *s, void *to, word_t from, size_t bytes);
long space_write(struct space *s, word_t to, const void *from, size_t bytes);
/** The same, whatever its areas allow, as debuggers do: what is written in private memory the
 * program has of its own from then on. @return -EACCES: shared, and not to be written */
long space_read_forced(struct space *s, void *to, word_t from, size_t bytes);
long space_write_forced(struct space *s, word_t to, const void *from, size_t bytes);
/** A string with its end. @return its length, -EFAULT, -ENAMETOOLONG (no end in `size`), BLOCKED */
long user_string(struct task *t, char *to, word_t from, size_t size);

#endif
