/* SPDX-License-Identifier: BSD-2-Clause */
/* A client that does what it should not; the server must answer each call, and live. */
#include <abi/invoke.h>
#include <rt/bytes.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>

#include "files.h"

#define GARBAGE 20000u
#define PAGES   8u

static cap_t server;
static const char *wrong;

#define MUST(condition)                     \
    do {                                    \
        if (!(condition) && wrong == NULL)  \
            wrong = #condition;             \
    } while (0)

static const struct file_handle nothing = {.inode = 77, .generation = 1};

static void unattached(void)
{
    struct file_attributes a;
    enum file_stop stop;
    uint32_t taken;
    size_t done;

    (void)file_detach(server);
    MUST(file_attributes(server, nothing, 0, &a) == FILE_E_NO_SESSION);
    MUST(file_lookup(server, nothing, 0, "x", 1, &stop, &taken, &a) == FILE_E_NO_SESSION);
    MUST(file_read(server, 65536, nothing, 0, (struct ipc_buffer){64, 100}, &done) ==
         FILE_E_NO_SESSION);
    MUST(file_open(server, nothing) == FILE_E_NO_SESSION);
    MUST(file_remove(server, nothing, false, 0, "x", 1) == FILE_E_NO_SESSION);
}

/* Frames that are no window: a frame that cannot be written, something that is no frame. */
static void bad_frames(void)
{
    uint8_t *page = rt_pages_alloc(1);
    cap_t whole = rt_page_frame(page), looked = rt_object_copy(whole, RIGHT_READ | RIGHT_RAM);
    struct file_attributes root;
    bool read_only;

    MUST(file_attach(server, 5, 8, &root, &read_only) == FILE_OK);
    MUST(file_window(server, 0, looked, looked, looked, looked) == FILE_E_BAD_WINDOW);
    MUST(file_window(server, 0, COMPONENT_SIGNALS, COMPONENT_SIGNALS, COMPONENT_SIGNALS,
                     COMPONENT_SIGNALS) == FILE_E_BAD_WINDOW);
    MUST(file_window(server, 4, whole, whole, whole, whole) == FILE_E_INVALID);
    MUST(file_window(server, 1, whole, whole, whole, whole) == FILE_E_INVALID);
    MUST(file_attach(server, 5, 6, &root, &read_only) == FILE_E_INVALID);
    rt_object_delete(looked);
    rt_pages_free(page, 1);
}

static void bad_handles(struct files_connection *c)
{
    struct file_attributes a;
    uint64_t state = 99;

    for (unsigned i = 0; i < 2000; i++) {
        struct file_handle file = c->root;

        state = state * 6364136223846793005ull + 1442695040888963407ull;
        if (i % 2)
            file.inode = state >> (i % 60);
        else
            file.generation = 1000000 + (state >> (i % 60));
        if (file.inode == c->root.inode && file.generation == c->root.generation)
            continue;
        /* With the root's generation another file may have been hit. */
        MUST(file_attributes(server, file, 0, &a) == FILE_E_STALE ||
             file.generation == c->root.generation);
    }
}

static void bad_buffers(struct files_connection *c, struct file_handle file)
{
    const struct ipc_buffer parts[] = {
        {PAGES * 4096, 1}, {4096, PAGES * 4096}, {~0ul, 1}, {64, ~0ul},
        {~0ul, ~0ul},
    };
    size_t done = 0;
    uint64_t size;

    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        /* The stub would refuse most of them: as large a region as it likes. */
        enum file_error error = file_read(c->server, ~0ul, file, 0, parts[i], &done);

        MUST(error != FILE_OK && error < FILE_E_TRANSPORT);
        error = file_write(c->server, ~0ul, file, 0, parts[i], 0, 0, &done, &size);
        MUST(error != FILE_OK && error < FILE_E_TRANSPORT);
    }
    MUST(file_write(c->server, files_region(c), file, ~0ul, files_part(0, 100), 0, 0, &done,
                    &size) == FILE_E_TOO_LARGE);
    MUST(file_write(c->server, files_region(c), file, 0, files_part(0, 100), FILE_APPEND, 0, &done,
                    &size) == FILE_E_INVALID);
}

static void bad_names(struct files_connection *c)
{
    struct file_attributes a;
    char name[FILE_NAME_MAX];

    memset(name, 'n', sizeof(name));
    MUST(files_make(c, c->root, "", 0, FILE_KIND_REGULAR, 0, 0, &a) == FILE_E_INVALID);
    MUST(files_make(c, c->root, "a/b", 3, FILE_KIND_REGULAR, 0, 0, &a) == FILE_E_INVALID);
    MUST(files_make(c, c->root, "a\0b", 3, FILE_KIND_REGULAR, 0, 0, &a) == FILE_E_INVALID);
    MUST(files_make(c, c->root, "..", 2, FILE_KIND_REGULAR, 0, 0, &a) == FILE_E_EXISTS);
    MUST(files_make(c, c->root, "link", 4, FILE_KIND_LINK, 0, 0, &a) == FILE_E_INVALID);
    MUST(files_remove(c, c->root, "..", 2, true) == FILE_E_NOT_EMPTY);
    MUST(files_remove(c, c->root, ".", 1, true) == FILE_E_INVALID);
    MUST(files_make(c, c->root, name, sizeof(name), FILE_KIND_REGULAR, 0, 0, &a) == FILE_OK);
    MUST(files_remove(c, c->root, name, sizeof(name), false) == FILE_OK);
}

/* Messages that no stub would send. */
static void garbage(void)
{
    uint64_t state = 7;

    for (unsigned i = 0; i < GARBAGE; i++) {
        struct message m = {0};
        struct message_buffer *buffer = rt_buffer();

        for (unsigned k = 0; k < 8; k++) {
            state = state * 6364136223846793005ull + 1442695040888963407ull;
            m.w[k] = state >> (state >> 58);
            buffer->words[8 + k] = state;
        }
        if (i % 3 == 0)
            m.w[0] = 65 + i % 8, m.w[1] = 1 + i % 5;
        /* Not method 4, detach, and 1, attach: the rest shall meet a session. */
        m.tag = MESSAGE_TAG(5 + state / 7 % 28, state / 300 % 20, 0);
        MUST(sys_call(server, &m) == E_OK);
        if (wrong != NULL)
            return;
    }
}

/* The window goes away under the server. */
static void vanishing_window(struct files_connection *c, struct file_handle file)
{
    uint64_t size;
    size_t done = 0;

    for (uint32_t page = 0; page < c->pages; page++)
        MUST(cnode_revoke(COMPONENT_CNODE, rt_page_frame(c->window + page * RT_PAGE)) == E_OK);
    MUST(file_read(server, files_region(c), file, 0, files_part(0, 9000), &done) ==
         FILE_E_BAD_WINDOW);
    MUST(file_write(server, files_region(c), file, 0, files_part(0, 9000), 0, 0, &done, &size) ==
         FILE_E_BAD_WINDOW);
    MUST(file_write(server, files_region(c), file, 20000, files_part(0, 9000), 0, 0, &done,
                    &size) == FILE_E_BAD_WINDOW);
}

/* One window after the other goes away: the server has enough of it before root has of the server.
 */
static void many_windows(struct file_handle file)
{
    enum file_error error = FILE_OK;
    struct file_attributes root;
    size_t done;

    for (unsigned i = 0; i < 2000 && error != FILE_E_DENIED; i++) {
        uint8_t *pages = rt_pages_alloc(4);
        bool read_only;

        error = file_attach(server, 1000 + i, 4, &root, &read_only);
        if (error == FILE_OK)
            error = file_window(server, 0, rt_page_frame(pages), rt_page_frame(pages + 4096),
                                rt_page_frame(pages + 8192), rt_page_frame(pages + 12288));
        for (unsigned k = 0; k < 4; k++)
            (void)cnode_revoke(COMPONENT_CNODE, rt_page_frame(pages + k * 4096));
        if (error == FILE_OK)
            MUST(file_read(server, 16384, file, 0, (struct ipc_buffer){0, 9000}, &done) ==
                 FILE_E_BAD_WINDOW);
        rt_pages_free(pages, 4);
    }
    MUST(error == FILE_E_DENIED);
}

const char *hostile(cap_t to)
{
    struct files_connection c;
    struct file_attributes made = {0};
    size_t done = 0;
    uint64_t size;

    server = to;
    unattached();
    bad_frames();
    if (files_connect(&c, server, PAGES) != FILE_OK ||
        files_make(&c, c.root, "hostile", 7, FILE_KIND_REGULAR, 0600, 0, &made) != FILE_OK)
        return "it can be attached to";
    memset(files_data(&c), 'h', 10000);
    MUST(files_write_part(&c, made.file, 0, 0, 10000, 0, &done, &size) == FILE_OK);
    bad_handles(&c);
    bad_buffers(&c, made.file);
    bad_names(&c);
    garbage();
    if (wrong == NULL)
        vanishing_window(&c, made.file);
    files_disconnect(&c);
    if (wrong == NULL)
        many_windows(made.file);
    return wrong;
}
