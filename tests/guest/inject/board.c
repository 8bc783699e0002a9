/* SPDX-License-Identifier: BSD-2-Clause */
/* Figures of workloads that are Linux programs (tests/linux/toil): files of a server that nothing
 * is done to. */
#include "inject.h"

#include <filelib/files.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/record.h>

#define WORKERS 8u
#define GAP     3u /* of own[]: in ns there, in ticks here */

static struct worker {
    struct files_place file;
    struct rt_record record;
} workers[WORKERS];
static unsigned count;
static struct files_place epoch;

static void read_one(struct worker *w)
{
    word_t figures[sizeof w->record.own / sizeof(word_t)];
    size_t done = 0;

    if (files_read(&w->file, 0, figures, sizeof figures, &done) != FILE_OK ||
        done != sizeof figures)
        return;
    figures[GAP] = rt_ns_to_ticks(figures[GAP]);
    for (unsigned i = 0; i < sizeof figures / sizeof figures[0]; i++)
        w->record.own[i] = figures[i];
}

struct rt_record *board_open(const char *name)
{
    char path[64];

    rt_format(path, sizeof path, "/board/%s", name);
    if (count == WORKERS || files_find(path, true, &workers[count].file) != FILE_OK)
        return NULL;
    if (count == 0 && files_create("/board/epoch", 0644, &epoch) != FILE_OK)
        return NULL;
    return &workers[count++].record;
}

void board_read(void)
{
    for (unsigned i = 0; i < count; i++)
        read_one(&workers[i]);
}

void board_mark(void)
{
    static uint64_t number;
    size_t done;

    number++;
    if (count > 0)
        (void)files_write(&epoch, 0, &number, sizeof number, &done);
    board_read();
}
