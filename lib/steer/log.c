/* SPDX-License-Identifier: BSD-2-Clause */
/* What components have said. */
#include <proto/log.h>
#include <rt/bytes.h>
#include <rt/clock.h>

#include "steer_priv.h"

static void print_line(const struct log_entry *entry, const char *name, const char *text)
{
    static const char marks[] = "!w  ";
    uint64_t us = rt_ticks_to_ns(entry->time_ticks) / 1000;

    steer_print("%5lu %4lu.%06lu %c %s: %s\n", entry->sequence, us / 1000000, us % 1000000,
                marks[entry->level], name, text);
}

uint64_t steer_log_next(void)
{
    struct log_extent extent = {0};

    if (steer_now.log == 0 || log_extent(steer_now.log, &extent) != LOG_OK)
        return 0;
    return extent.last + 1;
}

void steer_log_show(uint64_t from, const char *name, bool full)
{
    char who[LOG_NAME_MAX + 1], text[LOG_LINE_MAX + 1];
    uint64_t end = steer_log_next(); /* what comes while we print is for the next time */
    struct log_entry entry = {0};

    for (uint64_t at = from > 0 ? from : 1; at < end; at = entry.sequence + 1) {
        if (log_read(steer_now.log, at, &entry, who, text) != LOG_OK)
            break;
        if (name != NULL && !rt_same(name, who))
            continue;
        if (full)
            print_line(&entry, who, text);
        else
            steer_print("%s\n", text);
    }
}

void steer_log(int argc, char **argv)
{
    if (steer_now.log == 0)
        steer_print("this needs `log-reader`, which is not routed here: add it to the `uses` in "
                    "the manifest\n");
    else if (steer_log_next() == 0)
        steer_print("the log does not answer; `ps log` shows its state\n");
    else
        steer_log_show(1, argc > 1 ? argv[1] : NULL, true);
}
