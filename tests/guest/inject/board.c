/* SPDX-License-Identifier: BSD-2-Clause */
/* Figures of workloads that are Linux programs (tests/linux/toil): files of a server that nothing
 * is done to. */
#include "inject.h"

#include <filelib/files.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/record.h>

#define WORKERS 8u
#define FIGURES 4u /* answers, wrong ones, errors, the longest of the last turns in ns */

static struct worker {
    struct files_place file;
    struct rt_record record;
    word_t bad; /* wrong answers and errors that were counted */
} workers[WORKERS];
static unsigned count;

static void read_one(struct worker *w)
{
    word_t *own = w->record.own, now[FIGURES];
    size_t done = 0;

    if (files_read(&w->file, 0, now, sizeof now, &done) != FILE_OK || done != sizeof now)
        return;
    for (unsigned i = 0; i < FIGURES - 1; i++)
        own[i] = now[i];
    if (rt_ns_to_ticks(now[FIGURES - 1]) > own[3])
        own[3] = rt_ns_to_ticks(now[FIGURES - 1]);
    if (own[4] == 0 && own[1] + own[2] > w->bad)
        own[4] = rt_now();
}

struct rt_record *board_open(const char *name)
{
    char path[64];

    rt_format(path, sizeof path, "/board/%s", name);
    if (count == WORKERS || files_find(path, true, &workers[count].file) != FILE_OK)
        return NULL;
    return &workers[count++].record;
}

void board_read(void)
{
    for (unsigned i = 0; i < count; i++)
        read_one(&workers[i]);
}

void board_settle(void)
{
    for (unsigned i = 0; i < count; i++)
        workers[i].bad = workers[i].record.own[1] + workers[i].record.own[2];
}
