/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ramfs: files in memory. They are kept in its vault, if its manifest gives it one, and are there
 * again after a restart; else in memory of its own, as much as the argument `size` says (in KiB).
 */
#include <abi/invoke.h>
#include <ipclib/serve.h>
#include <proto/calendar.h>
#include <rt/clock.h>
#include <rt/guard.h>
#include <rt/memory.h>
#include <rt/program.h>
#include <rt/record.h>
#include <rt/vault.h>

#include "check.h"

#define OPEN_FILES   1024u
#define DEFAULT_SIZE (1024u * 1024)

static struct ramfs fs;
static struct files_server server;
static cap_t frames; /* of the arena's pages, with READ alone */

static uint64_t clock_start; /* when the system's clock was 0, in seconds since 1970 */

/* Without a route to `calendar` files are of 1970. */
static void learn_date(void)
{
    cap_t calendar = rt_uses("calendar");

    if (calendar == 0 || calendar_start(calendar, &clock_start) != CALENDAR_OK)
        clock_start = 0;
}

static void now(struct stamp *to)
{
    uint64_t ns = rt_ticks_to_ns(rt_now());

    *to = (struct stamp){.seconds = (int64_t)(clock_start + ns / RT_NS_PER_SECOND),
                         .nanoseconds = ns % RT_NS_PER_SECOND};
}

static cap_t frame_of(uint32_t page)
{
    return frames + page;
}

/* Whoever had a page that is free now must not see what comes there next. */
static void hide(void *context, uint32_t page)
{
    (void)context;
    RT_CHECK(cnode_revoke(COMPONENT_CNODE, frames + page) == E_OK);
}

static void beat(void)
{
    rt_beat(rt_record());
}

static size_t own_size(void)
{
    const char *text = rt_argument("size");
    size_t size = 0;

    for (; text != NULL && *text >= '0' && *text <= '9'; text++)
        size = size * 10 + (size_t)(*text - '0');
    return size == 0 ? DEFAULT_SIZE : size * 1024;
}

/* Take over what the last incarnation left. @return false: nothing, or nothing sound */
static bool take_over(void *memory, size_t bytes)
{
    size_t book = files_book_bytes(OPEN_FILES);
    const char *wrong = rt_info()->vault_distrust != COMPONENT_TRUSTED
                            ? "with it the last incarnations failed at once"
                            : arena_open(&fs.arena, memory, bytes, book);

    if (wrong == NULL) {
        (void)files_book_open(&server.book, fs.arena.book, book);
        wrong = ramfs_check(&fs);
        (void)files_book_open(&server.book, fs.arena.book, book);
    }
    if (wrong != NULL) {
        rt_recovered("nothing: the vault is not used, because %s", wrong);
        return false;
    }
    rt_recovered("%lu files", fs.arena.head->nodes);
    return true;
}

static void start_afresh(void *memory, size_t bytes)
{
    size_t book = files_book_bytes(OPEN_FILES);

    if (!arena_make(&fs.arena, memory, bytes, book, rt_now()))
        rt_fail(__FILE__, __LINE__, "%lu KiB are too little for files: give ramfs a larger vault",
                bytes / 1024);
    (void)files_book_open(&server.book, fs.arena.book, book);
    RT_CHECK(ramfs_make_root(&fs));
}

int main(void)
{
    const struct component_entry *shown = rt_find(COMPONENT_CAP, "vault-frames");
    struct ipc_service service = file_service(files_callbacks(), &server);
    struct ipc_server serving = {.endpoint = COMPONENT_ENDPOINT,
                                 .reply = COMPONENT_REPLY,
                                 .services = &service,
                                 .service_count = 1};
    size_t bytes = 0;
    void *memory = rt_vault_memory(&bytes);
    bool kept = memory != NULL;

    RT_CHECK(rt_guard_begin());
    learn_date();
    server.op = ramfs_operations();
    server.fs = &fs;
    fs.server = &server;
    fs.now = now;
    fs.beat = beat;
    if (!kept) {
        bytes = own_size();
        memory = rt_pages_alloc(bytes / RT_PAGE);
    }
    RT_CHECK(memory != NULL);
    if (!kept || rt_info()->incarnation == 0 || !take_over(memory, bytes))
        start_afresh(memory, bytes);
    if (kept && shown != NULL) {
        frames = shown->slot;
        fs.frame = frame_of;
        fs.arena.hide = hide;
    }
    files_serve_open(&server);
    rt_fail(__FILE__, __LINE__, "ipc_serve ended with error %u", (unsigned)ipc_serve(&serving));
}
