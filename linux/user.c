/* SPDX-License-Identifier: BSD-2-Clause */
/* Access to programs' memory from here: through the tables of their spaces, page by page. */
#include <rt/bytes.h>

#include "core_priv.h"
#include "space_priv.h"

/* @return as reach */
static uint8_t *reach_forced(struct space *s, word_t address, bool write, long *error)
{
    long e = space_fault(s, address, write, false);

    return e == 0 ? space_force(s, address, false, error)
                  : space_force(s, address, write, error);
}

/* Where a byte of the program is here, if it is mapped, and the leaf was looked for before: what
 * nearly all accesses find. @return NULL: it may be or not */
static inline __attribute__((always_inline)) uint8_t *at_hand(struct space *s, word_t address,
                                                              bool write)
{
    const entry_t *entry = table_known(s, address); /* none is beyond SPACE_TOP */

    if (entry == NULL || entry_slot(*entry) == 0 || (write && !(*entry & ENTRY_WRITE)))
        return NULL;
    return (uint8_t *)page_data(entry_page(*entry)) + address % PAGE;
}

/* The same after making access possible. */
static __attribute__((noinline)) uint8_t *reach_far(struct space *s, word_t address, bool write,
                                                    long *error)
{
    entry_t *entry = address < SPACE_TOP ? table_entry(s, address, false) : NULL;

    if (entry == NULL || entry_slot(*entry) == 0 || (write && !(*entry & ENTRY_WRITE))) {
        long e = space_fault(s, address, write, false);

        if (e != 0) {
            *error = e == -EIO || e == -EACCES || e == -ENOSPC ? -EFAULT : e;
            return NULL;
        }
        entry = table_entry(s, address, false);
    }
    return (uint8_t *)page_data(entry_page(*entry)) + address % PAGE;
}

/* @return where a byte of the program is here, after making access possible; NULL: it may not */
static inline uint8_t *reach(struct space *s, word_t address, bool write, long *error)
{
    uint8_t *p = at_hand(s, address, write);

    return p != NULL ? p : reach_far(s, address, write, error);
}

/* On Linux no call fails because a page of its program could not be brought in. */
static long checked(struct task *t, long error)
{
    return error == -ENOMEM && !memory_is_short(t) ? -EFAULT : error;
}

static __attribute__((noinline)) void *user_reach_far(struct task *t, word_t address, bool write,
                                                      long *error)
{
    void *p = reach_far(t->space, address, write, error);

    if (p == NULL)
        *error = checked(t, *error);
    return p;
}

void *user_reach(struct task *t, word_t address, bool write, size_t *left, long *error)
{
    void *p = at_hand(t->space, address, write);

    *left = PAGE - address % PAGE;
    return p != NULL ? p : user_reach_far(t, address, write, error);
}

static size_t in_page(word_t address, size_t bytes)
{
    size_t left = PAGE - address % PAGE;

    return bytes < left ? bytes : left;
}

/* How a byte of a program is reached: `reach`, or as a debugger does. */
typedef uint8_t *reaching(struct space *s, word_t address, bool write, long *error);

static inline __attribute__((always_inline)) long copy_out(reaching *at, struct space *s, void *to,
                                                           word_t from, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        size_t n = in_page(from + done, bytes - done);
        long error = 0;
        const uint8_t *p = at(s, from + done, false, &error);

        if (p == NULL)
            return error;
        memcpy((uint8_t *)to + done, p, n);
        done += n;
    }
    return 0;
}

static inline __attribute__((always_inline)) long copy_in(reaching *at, struct space *s, word_t to,
                                                          const void *from, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        size_t n = in_page(to + done, bytes - done);
        long error = 0;
        uint8_t *p = at(s, to + done, true, &error);

        if (p == NULL)
            return error;
        memcpy(p, (const uint8_t *)from + done, n);
        done += n;
    }
    return 0;
}

long space_read(struct space *s, void *to, word_t from, size_t bytes)
{
    return copy_out(reach, s, to, from, bytes);
}

long space_write(struct space *s, word_t to, const void *from, size_t bytes)
{
    return copy_in(reach, s, to, from, bytes);
}

long space_read_forced(struct space *s, void *to, word_t from, size_t bytes)
{
    return copy_out(reach_forced, s, to, from, bytes);
}

long space_write_forced(struct space *s, word_t to, const void *from, size_t bytes)
{
    return copy_in(reach_forced, s, to, from, bytes);
}

long user_read(struct task *t, void *to, word_t from, size_t bytes)
{
    const uint8_t *p = in_page(from, bytes) == bytes ? at_hand(t->space, from, false) : NULL;

    if (p == NULL)
        return checked(t, space_read(t->space, to, from, bytes));
    memcpy(to, p, bytes);
    return 0;
}

long user_write(struct task *t, word_t to, const void *from, size_t bytes)
{
    uint8_t *p = in_page(to, bytes) == bytes ? at_hand(t->space, to, true) : NULL;

    if (p == NULL)
        return checked(t, space_write(t->space, to, from, bytes));
    memcpy(p, from, bytes);
    return 0;
}

long user_clear(struct task *t, word_t to, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        size_t n = in_page(to + done, bytes - done);
        long error = 0;
        uint8_t *p = reach(t->space, to + done, true, &error);

        if (p == NULL)
            return checked(t, error);
        memset(p, 0, n);
        done += n;
    }
    return 0;
}

long user_string(struct task *t, char *to, word_t from, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t n = in_page(from + done, size - done);
        long error = 0;
        const uint8_t *p = reach(t->space, from + done, false, &error);

        if (p == NULL)
            return checked(t, error);
        for (size_t i = 0; i < n; i++) {
            to[done + i] = (char)p[i];
            if (p[i] == 0)
                return (long)(done + i);
        }
        done += n;
    }
    return -ENAMETOOLONG;
}
