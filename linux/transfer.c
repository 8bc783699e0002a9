/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes between files and programs: a list of pieces in a program's memory, or in memory here. */
#include "file.h"
#include "linux.h"

void transfer_one(struct transfer *x, struct iovec *space, struct task *t, word_t where,
                  size_t bytes)
{
    *space = (struct iovec){.base = where, .bytes = bytes};
    *x = (struct transfer){.task = t, .part = space, .parts = 1, .left = bytes};
}

void transfer_skip(struct transfer *x, size_t bytes)
{
    x->left -= bytes;
    x->skip += bytes;
    while (x->parts > 0 && x->skip >= x->part->bytes) {
        x->skip -= x->part->bytes;
        x->part++;
        x->parts--;
    }
}

/* Where the next bytes are. @param count in: at most; out: as many in a row */
static void *reach(struct transfer *x, bool write, size_t *count, long *error)
{
    word_t where;
    size_t here, room;
    void *at;

    transfer_skip(x, 0); /* empty pieces */
    where = x->part->base + x->skip;
    here = x->part->bytes - x->skip;
    if (here > *count)
        here = *count;
    if (x->task == NULL) {
        *count = here;
        return (void *)where;
    }
    at = user_reach(x->task, where, write, &room, error);
    *count = here < room ? here : room;
    return at;
}

static long move(struct transfer *x, bool out, const void *from, void *to, size_t bytes)
{
    size_t done = 0;

    if (bytes > x->left)
        bytes = x->left;
    while (done < bytes) {
        size_t n = bytes - done;
        long error = -EFAULT;
        char *at = reach(x, out, &n, &error);

        if (at == NULL)
            return done > 0 ? (long)done : error;
        if (!out)
            memcpy((char *)to + done, at, n);
        else if (from != NULL)
            memcpy(at, (const char *)from + done, n);
        else
            memset(at, 0, n);
        transfer_skip(x, n);
        done += n;
    }
    return (long)done;
}

long transfer_out(struct transfer *x, const void *from, size_t bytes)
{
    return move(x, true, from, NULL, bytes);
}

long transfer_in(struct transfer *x, void *to, size_t bytes)
{
    return move(x, false, NULL, to, bytes);
}

long transfer_zero(struct transfer *x, size_t bytes)
{
    return move(x, true, NULL, NULL, bytes);
}
