/* SPDX-License-Identifier: BSD-2-Clause */
/* What a component would have from its kernel: windows, bells, names of clients, time. */
#include "fake.h"

#include <rt/slot.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

struct world world;
const struct file_server *file;

static long until_death = -1;
static jmp_buf death;
static int64_t clock_ns = 1000;

bool files_copy(void *to, const void *from, size_t size)
{
    __builtin_memcpy(to, from, size);
    return true;
}

bool files_window_prepare(struct files_session *session, unsigned number, uint32_t pages)
{
    (void)number;
    session->window = calloc(pages + 1, 4096);
    session->pages = pages;
    session->given = pages;
    session->region = pages * 4096ul;
    session->frames = 1;
    return true;
}

enum file_error files_window_add(struct files_session *session, uint32_t page,
                                 const cap_t frames[4])
{
    (void)session;
    (void)page;
    (void)frames;
    return FILE_OK;
}

void files_window_drop(struct files_session *session)
{
    if (session->frames != 0)
        free(session->window);
    free(session->recalls);
    session->recalls = NULL;
    session->window = NULL;
    session->frames = 0;
    session->given = 0;
    session->region = ~0ul;
}

cap_t files_recalls_page(struct files_session *session)
{
    if (session->recalls == NULL)
        session->recalls = calloc(1, 4096);
    return 1;
}

uint64_t files_milliseconds(void)
{
    return 0;
}

void files_ring(cap_t bell)
{
    (void)bell;
}

void files_bell_drop(cap_t bell)
{
    (void)bell;
}

bool files_client_gone(uint64_t badge)
{
    (void)badge;
    return false;
}

void rt_slot_delete(cap_t slot)
{
    (void)slot;
}

static void now(struct stamp *to)
{
    clock_ns += 1000;
    *to = (struct stamp){.seconds = clock_ns / 1000000000, .nanoseconds = clock_ns % 1000000000};
}

static cap_t frame(uint32_t page)
{
    return 1000 + page;
}

static void before(void *context)
{
    (void)context;
    if (until_death > 0 && --until_death == 0)
        longjmp(death, 1);
}

bool world_try(void (*request)(void *), void *argument)
{
    if (setjmp(death) != 0)
        return true;
    request(argument);
    until_death = -1;
    return false;
}

void world_kill_at(long steps)
{
    until_death = steps;
}

static size_t book_bytes(void)
{
    return files_book_bytes(512);
}

static void put_together(void)
{
    for (unsigned i = 0; i < FILES_SESSIONS; i++)
        files_window_drop(&world.server.session[i]);
    world.server = (struct files_server){.op = ramfs_operations(), .fs = &world.fs};
    world.fs.server = &world.server;
    world.fs.now = now;
    world.fs.frame = frame;
    world.fs.arena.before = before;
    file = files_callbacks();
    files_serve_open(&world.server);
}

void world_make(size_t bytes)
{
    free(world.memory);
    world.bytes = bytes;
    world.memory = aligned_alloc(4096, bytes);
    __builtin_memset(world.memory, 0xa5, bytes);
    put_together();
    if (!arena_make(&world.fs.arena, world.memory, bytes, book_bytes(), 12345))
        abort();
    world.fs.arena.before = before;
    (void)files_book_open(&world.server.book, world.fs.arena.book, book_bytes());
    if (!ramfs_make_root(&world.fs))
        abort();
}

const char *world_restart(void)
{
    const char *wrong;

    until_death = -1;
    put_together();
    wrong = arena_open(&world.fs.arena, world.memory, world.bytes, book_bytes());
    if (wrong != NULL)
        return wrong;
    (void)files_book_open(&world.server.book, world.fs.arena.book, book_bytes());
    wrong = ramfs_check(&world.fs);
    (void)files_book_open(&world.server.book, world.fs.arena.book, book_bytes());
    return wrong;
}

void world_attach(word_t badge, uint64_t client)
{
    struct file_attributes root;
    bool read_only;

    if (file->attach(&world.server, badge, client, WINDOW_BYTES / 4096, &root, &read_only) !=
        FILE_OK)
        abort();
}

uint8_t *world_window(word_t badge)
{
    for (unsigned i = 0; i < FILES_SESSIONS; i++)
        if (world.server.session[i].badge == badge)
            return world.server.session[i].window;
    abort();
}
