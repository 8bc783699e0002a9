/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot archive as files: for reading, straight from the pages of the boot image. Its manifest
 * gives it the authority `boot-archive`.
 */
#include <abi/invoke.h>
#include <ipclib/serve.h>
#include <rt/bytes.h>
#include <rt/guard.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>

#include "operations.h"

#define OPEN_FILES 256u

static struct archive_system archive;
static struct files_server server;
static cap_t frames;
static cap_t *tails; /* by number of the file; 0: none yet */

static cap_t frame_of(uint64_t page)
{
    return frames + page;
}

/* Copies of last pages are made once, and stay. */
static cap_t tail(uint32_t number, const void *data, size_t size)
{
    void *page;

    if (tails[number] != 0)
        return tails[number];
    page = rt_pages_alloc(1);
    if (page == NULL)
        return 0;
    memcpy(page, data, size);
    tails[number] = rt_object_copy(rt_page_frame(page), RIGHT_READ | RIGHT_RAM);
    if (tails[number] == 0)
        rt_pages_free(page, 1);
    return tails[number];
}

static void *memory(size_t bytes)
{
    void *pages = rt_pages_alloc((bytes + RT_PAGE - 1) / RT_PAGE);

    if (pages == NULL)
        rt_fail(__FILE__, __LINE__, "no memory for %lu KiB of tables: give it more in its manifest",
                bytes / 1024);
    return pages;
}

static void open_archive(void)
{
    const struct component_entry *given = rt_find(COMPONENT_CAP, "boot-archive");
    const void *start;

    if (given == NULL)
        rt_fail(__FILE__, __LINE__, "it needs `authority: {boot-archive: read}` in its manifest");
    frames = given->slot;
    start = rt_frames_map(frames, given->value, MAP_READ | MAP_CACHED);
    if (start == NULL)
        rt_fail(__FILE__, __LINE__, "no memory to map %lu pages of the archive", given->value);
    archive_open(&archive.archive, start, given->value * RT_PAGE,
                 memory(archive_need(start, given->value * RT_PAGE)));
    if (archive.archive.damaged)
        rt_say(1, "the boot archive is damaged; there are %u files before that",
               archive.archive.count - 2);
    tails = memory(archive.archive.count * sizeof(*tails));
    archive.frame = frame_of;
    archive.tail = tail;
}

int main(void)
{
    struct ipc_service service = file_service(files_callbacks(), &server);
    struct ipc_server serving = {.endpoint = COMPONENT_ENDPOINT,
                                 .reply = COMPONENT_REPLY,
                                 .services = &service,
                                 .service_count = 1};
    size_t bytes = files_book_bytes(OPEN_FILES);

    RT_CHECK(rt_guard_begin());
    open_archive();
    server.op = archive_operations();
    server.fs = &archive;
    server.read_only = true;
    (void)files_book_open(&server.book, memory(bytes), bytes);
    files_serve_open(&server);
    rt_fail(__FILE__, __LINE__, "ipc_serve ended with error %u", (unsigned)ipc_serve(&serving));
}
