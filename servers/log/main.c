/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log, as protocol `log`: takes lines from every component, and knows by the badge who wrote
 * them. It is provided under two names: clients of `log` may write only, clients of `log-reader`
 * may read too.
 */
#include <ipclib/serve.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/program.h>

#include "printer.h"

/* Names of clients, by badge, so that root is asked once for each and not with every line. */
#define NAMES 128u

static struct {
    word_t badge;
    char name[COMPONENT_NAME];
} names[NAMES];

static word_t reader_protocol;

static const char *client_name(word_t badge)
{
    word_t at = (badge ^ badge / COMPONENT_BADGE) % NAMES;

    if (names[at].badge != badge || names[at].name[0] == 0) {
        names[at].badge = badge;
        rt_client_name(badge, names[at].name);
    }
    return names[at].name[0] != 0 ? names[at].name : "?";
}

static bool may_read(word_t badge)
{
    return reader_protocol != 0 && badge / COMPONENT_BADGE == reader_protocol;
}

static enum log_error on_write(void *self, word_t badge, enum log_level level, const char *text)
{
    (void)self;
    lines_add(client_name(badge), level, text);
    printer_wake();
    return LOG_OK;
}

/* Client number 0 is root. */
static enum log_error on_write_for(void *self, word_t badge, const char *name, enum log_level level,
                                   const char *text)
{
    (void)self;
    if (badge % COMPONENT_BADGE != 0)
        return LOG_E_NOT_ALLOWED;
    lines_add(name, level, text);
    printer_wake();
    return LOG_OK;
}

static enum log_error on_read(void *self, word_t badge, uint64_t sequence, struct log_entry *entry,
                              char name[static LOG_NAME_MAX + 1],
                              char text[static LOG_LINE_MAX + 1])
{
    struct line line;

    (void)self;
    if (!may_read(badge))
        return LOG_E_NOT_ALLOWED;
    if (!lines_get(sequence, &line))
        return LOG_E_NOT_YET;
    *entry = (struct log_entry){
        .sequence = line.sequence, .time_ticks = line.time_ticks, .level = line.level};
    memcpy(name, line.name, sizeof(line.name));
    memcpy(text, line.text, sizeof(line.text));
    return LOG_OK;
}

static enum log_error on_extent(void *self, word_t badge, struct log_extent *extent)
{
    (void)self;
    if (!may_read(badge))
        return LOG_E_NOT_ALLOWED;
    lines_extent(&extent->first, &extent->last);
    extent->ticks_per_second = rt_info()->ticks_per_second;
    return LOG_OK;
}

static const struct log_server callbacks = {
    .write = on_write, .read = on_read, .extent = on_extent, .write_for = on_write_for};

int main(int argc, char **argv)
{
    struct ipc_service service = log_service(&callbacks, NULL);
    struct ipc_server server = {.endpoint = COMPONENT_ENDPOINT,
                                .reply = COMPONENT_REPLY,
                                .services = &service,
                                .service_count = 1};

    (void)argc;
    reader_protocol = rt_provides("log-reader");
    if (rt_info()->incarnation > 0)
        lines_add("log", LOG_LEVEL_WARNING, "started again; earlier lines are lost");
    printer_start();
    rt_fail(__FILE__, __LINE__, "%s: nothing to serve (error %u)", argv[0],
            (unsigned)ipc_serve(&server));
}
