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

/* @return where a byte of the program is here, after making access possible; NULL: it may not */
static uint8_t *reach(struct space *s, word_t address, bool write, long *error)
{
    entry_t *entry = table_known(s, address); /* none is beyond SPACE_TOP */

    if (entry == NULL && address < SPACE_TOP)
        entry = table_entry(s, address, false);
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

/* On Linux no call fails because a page of its program could not be brought in. */
static long checked(struct task *t, long error)
{
    return error == -ENOMEM && !memory_is_short(t) ? -EFAULT : error;
}

void *user_reach(struct task *t, word_t address, bool write, size_t *left, long *error)
{
    void *p = reach(t->space, address, write, error);

    *left = PAGE - address % PAGE;
    if (p == NULL)
        *error = checked(t, *error);
    return p;
}

static size_t in_page(word_t address, size_t bytes)
{
    size_t left = PAGE - address % PAGE;

    return bytes < left ? bytes : left;
}

long space_read(struct space *s, void *to, word_t from, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        size_t n = in_page(from + done, bytes - done);
        long error = 0;
        uint8_t *p = reach(s, from + done, false, &error);

        if (p == NULL)
            return error;
        memcpy((uint8_t *)to + done, p, n);
        done += n;
    }
    return 0;
}

long space_write(struct space *s, word_t to, const void *from, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        size_t n = in_page(to + done, bytes - done);
        long error = 0;
        uint8_t *p = reach(s, to + done, true, &error);

        if (p == NULL)
            return error;
        memcpy(p, (const uint8_t *)from + done, n);
        done += n;
    }
    return 0;
}

long space_read_forced(struct space *s, void *to, word_t from, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        size_t n = in_page(from + done, bytes - done);
        long error = 0;
        const uint8_t *p = reach_forced(s, from + done, false, &error);

        if (p == NULL)
            return error;
        memcpy((uint8_t *)to + done, p, n);
        done += n;
    }
    return 0;
}

long space_write_forced(struct space *s, word_t to, const void *from, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        size_t n = in_page(to + done, bytes - done);
        long error = 0;
        uint8_t *p = reach_forced(s, to + done, true, &error);

        if (p == NULL)
            return error;
        memcpy(p, (const uint8_t *)from + done, n);
        done += n;
    }
    return 0;
}

long user_read(struct task *t, void *to, word_t from, size_t bytes)
{
    return checked(t, space_read(t->space, to, from, bytes));
}

long user_write(struct task *t, word_t to, const void *from, size_t bytes)
{
    return checked(t, space_write(t->space, to, from, bytes));
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
