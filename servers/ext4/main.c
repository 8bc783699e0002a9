/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ext4: the files of a disk, as protocol `file`. The file system itself is lib/ext4; here are its
 * disk, a session of protocol `block`, and its clients, by lib/file.
 *
 * Arguments: cache=KIB (8192 if not given), read-only. What clients have open, and the outcomes of
 * calls with a token, are kept in the vault: so a file without links that is open survives a
 * restart. So does what is not on the disk yet: the session's region holds it, and the vault says
 * what it is.
 */
#include <abi/invoke.h>
#include <errno.h>
#include <ipclib/serve.h>
#include <rt/clock.h>
#include <rt/guard.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/vault.h>
#include <string.h>

#include "absent.h"
#include "disk.h"
#include "operations.h"
#include "show.h"

#define OPEN_FILES 512u
#define TICK_NS    (5 * RT_NS_PER_SECOND) /* as often as Linux commits */
#define CACHE_KIB  8192u

static struct disk disk;
static struct files_server server;
static cap_t timer;

/* Does a client have this file open? */
static bool is_open(void *self, struct ext4_handle file)
{
    (void)self;
    return files_is_open(&server, from_handle(file));
}

static size_t argument_kib(const char *name, size_t otherwise)
{
    const char *text = rt_argument(name);
    size_t size = 0;

    for (; text != NULL && *text >= '0' && *text <= '9' && size < 1u << 20; text++)
        size = size * 10 + (size_t)(*text - '0');
    return size == 0 ? otherwise : size;
}

static word_t next_tick;

static void arm_timer(void)
{
    disk.awake_at = next_tick;
    (void)timer_set(timer, next_tick);
}

static void on_signal(void *context, word_t bits)
{
    (void)context;
    bits |= disk.other_signals | disk.client.other_signals;
    disk.other_signals = disk.client.other_signals = 0;
    block_client_signal(&disk.client, bits);
    if ((bits & SIGNAL_TIMER) != 0) {
        if (rt_now() >= next_tick) {
            (void)ext4_tick(server.fs);
            next_tick = rt_now() + rt_ns_to_ticks(TICK_NS);
        }
        arm_timer();
    }
}

/* The vault: first the book, behind it what lib/ext4 keeps. @return bytes of the book */
static size_t open_book(void)
{
    size_t need = (files_book_bytes(OPEN_FILES) + 63) / 64 * 64, bytes = 0;
    void *memory = rt_vault_memory(&bytes);

    if (memory == NULL || bytes < need || rt_info()->vault_distrust != COMPONENT_TRUSTED)
        memory = rt_pages_alloc((need + RT_PAGE - 1) / RT_PAGE);
    else if (!ext4_undo_beside((uint8_t *)memory + need, bytes - need, memory, need))
        memset(memory, 0, need);
    RT_CHECK(memory != NULL);
    if (files_book_open(&server.book, memory, need) && server.book.damaged > 0)
        rt_recovered("%u entries of clients and open files are damaged, and left out",
                     server.book.damaged);
    return need;
}

static void set_kept(struct ext4_options *options, size_t book)
{
    size_t bytes = 0;
    uint8_t *memory = rt_vault_memory(&bytes);

    if (memory == NULL || bytes <= book)
        return;
    options->beside = memory;
    options->beside_bytes = book;
    options->kept = memory + book;
    options->kept_bytes = bytes - book;
    options->kept_valid = disk.client.kept && rt_info()->incarnation > 0 &&
                          rt_info()->vault_distrust == COMPONENT_TRUSTED;
    if (options->kept_bytes < ext4_kept_bytes(disk.device.memory_bytes))
        rt_say(1, "the vault is too small to keep what is not on the disk yet: %lu KiB are needed",
               (book + ext4_kept_bytes(disk.device.memory_bytes)) / 1024);
}

static void tell_recovered(const struct ext4_counts *counts)
{
    if (rt_info()->incarnation == 0)
        return;
    if (counts->refused)
        rt_recovered("nothing: the vault is damaged; what was not on the disk yet is lost");
    else if (!disk.client.kept)
        rt_recovered("nothing: the cache's memory is a new one; what was not on the disk yet is "
                     "lost");
    else
        rt_recovered("%lu blocks that were not on the disk yet", counts->adopted);
}

static void mount(bool read_only, size_t book)
{
    struct ext4_options options = {.read_only = read_only,
                                   .held = is_open,
                                   .copy = files_copy,
                                   .hide = show_open(&disk) ? show_hide : NULL};
    struct ext4_counts counts;
    struct ext4 *fs;
    int error;

    set_kept(&options, book);
    error = ext4_mount(&fs, &disk.device, &options);

    if (error != 0)
        rt_fail(__FILE__, __LINE__, "the file system cannot be used: %s",
                error == EUCLEAN ? "it is damaged" : strerror(error));
    server.fs = fs;
    server.read_only = ext4_is_read_only(fs);
    ext4_counts(fs, &counts);
    rt_say(2, "mounted, %lu transactions replayed, %lu orphans", counts.replayed_transactions,
           counts.orphans);
    tell_recovered(&counts);
}

int main(int argc, char **argv)
{
    struct ipc_service service = file_service(files_callbacks(), &server);
    struct ipc_server serving = {.endpoint = COMPONENT_ENDPOINT,
                                 .reply = COMPONENT_REPLY,
                                 .services = &service,
                                 .service_count = 1,
                                 .signal = on_signal};
    cap_t signal = rt_object_badge(COMPONENT_SIGNALS, RIGHT_WRITE, SIGNAL_TIMER);
    bool read_only = false;
    enum block_error error;

    for (int i = 1; i < argc; i++)
        read_only |= strcmp(argv[i], "read-only") == 0;
    RT_CHECK(rt_guard_begin());
    timer = rt_object_new(TYPE_TIMER, 0);
    RT_CHECK(signal != 0 && timer != 0 && timer_bind(timer, signal) == E_OK);
    error = disk_open(&disk, timer, argument_kib("cache", CACHE_KIB) * 1024);
    if (error != BLOCK_OK)
        absent_serve(&disk, timer, error);
    server.op = ext4_operations();
    mount(read_only, open_book());
    files_serve_open(&server);
    block_client_signal(&disk.client, 0);
    next_tick = rt_now() + rt_ns_to_ticks(TICK_NS);
    arm_timer();
    rt_fail(__FILE__, __LINE__, "ipc_serve ended with error %u", (unsigned)ipc_serve(&serving));
}
