/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * File servers as their clients see them: see tests/qemu/files.yaml. The argument `do` says what
 * this one is: the tester, which says the outcomes, or only hammers (`do=hammer`, for long), or one
 * that hammers beside it, or a hostile one. `operations` and `kills` say how much.
 */
#include "files.h"

#include <proto/supervisor.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/guard.h>
#include <rt/memory.h>
#include <rt/program.h>
#include <rt/slot.h>

#define OPERATIONS  4000u
#define KILLS       8u
#define PATIENCE_NS (60 * RT_NS_PER_SECOND)
#define REPORTS     10u /* on the way */

static cap_t root;
static const char *server; /* who serves /tmp: the argument `server`, or ramfs */
static unsigned operations, kills; /* of each client in one directory; of the server meanwhile */
static unsigned passed, failed;

void report(bool good, const char *name)
{
    rt_say(2, good ? "ok %s" : "FAIL %s: not so", name);
    passed += good;
    failed += !good;
}

/* Wait for a component's end. @return its exit code, -1: it did not end well */
static int outcome_of(const char *name)
{
    word_t end = rt_now() + rt_ns_to_ticks(PATIENCE_NS + operations * 1000000ul);
    struct supervisor_status s = {0};

    while (supervisor_query(root, name, &s) == SUPERVISOR_OK && rt_now() < end) {
        if (s.state == SUPERVISOR_STATE_EXITED)
            return s.exit_code;
        if (s.state == SUPERVISOR_STATE_FAILED)
            return -1;
        (void)rt_sleep_ns(2000000);
    }
    return -1;
}

static unsigned restarts_of(const char *name)
{
    struct supervisor_status s = {0};

    return supervisor_query(root, name, &s) == SUPERVISOR_OK ? s.restarts : ~0u;
}

static bool make_directory(const char *path)
{
    struct files_place directory;
    struct file_attributes made;
    char name[FILE_NAME_MAX + 1];
    size_t size;

    return files_parent(path, &directory, name, &size) == FILE_OK &&
           files_make(directory.connection, directory.attributes.file, name, size,
                      FILE_KIND_DIRECTORY, 0700, 0, &made) == FILE_OK;
}

static bool put(const char *path, const char *text)
{
    struct files_place file;
    size_t done;

    return files_create(path, 0600, &file) == FILE_OK &&
           files_write(&file, 0, text, rt_length(text), &done) == FILE_OK;
}

static bool says(const char *path, const char *text)
{
    struct files_place file;
    char found[64] = {0};
    size_t done = 0;

    return files_find(path, true, &file) == FILE_OK &&
           files_read(&file, 0, found, sizeof(found) - 1, &done) == FILE_OK &&
           rt_same(found, text);
}

/* Two clients in one directory, the server killed again and again. */
static void hammering(void)
{
    static struct hammer h;
    unsigned before = restarts_of(server);
    bool good = make_directory("/tmp/h") && hammer_begin(&h, "/tmp/h", 'a', 1) &&
                supervisor_start(root, "second") == SUPERVISOR_OK;

    for (unsigned i = 0; good && i < operations; i++) {
        if (i % (operations / kills) == operations / kills / 2)
            good = supervisor_kill(root, server) == SUPERVISOR_OK;
        good = good && hammer_once(&h);
        if (i % (operations / REPORTS) == 0)
            rt_say(2, "%u operations", i);
    }
    good = good && hammer_whole(&h);
    if (h.wrong != NULL)
        rt_say(2, "line %u of hammer.c: %s", h.line, h.wrong);
    report(good, "nothing is lost or done twice by a server that is killed");
    report(outcome_of("second") == 0, "nor for the other client in the same directory");
    report(restarts_of(server) == before + kills, "the server was restarted each time");
    report(h.directory.connection->attaches > kills / 2, "and its client attached again");
}

static int second(void)
{
    static struct hammer h;

    if (!hammer_begin(&h, "/tmp/h", 'b', 2))
        return 1;
    for (unsigned i = 0; i < operations; i++)
        if (!hammer_once(&h))
            break;
    if (h.wrong == NULL && hammer_whole(&h))
        return 0;
    rt_say(0, "line %u of hammer.c: %s", h.line, h.wrong);
    return 2;
}

static void hostility(void)
{
    unsigned before = restarts_of(server);

    report(put("/tmp/mine", "mine") && supervisor_start(root, "hostile") == SUPERVISOR_OK &&
               outcome_of("hostile") == 0,
           "a hostile client gets errors");
    report(says("/tmp/mine", "mine"), "and reaches nothing of others");
    report(restarts_of(server) == before, "and the server lives on");
}

static void looking(void)
{
    struct files_place file, other;
    struct file_attributes made;
    size_t done;

    report(put("/tmp/seen", "seen") && says("/look/seen", "seen"),
           "one server at two paths shows the same files");
    report(files_find("/look/seen", true, &file) == FILE_OK &&
               files_write(&file, 0, "x", 1, &done) == FILE_E_READ_ONLY &&
               files_truncate(file.connection, file.attributes.file, 0) == FILE_E_READ_ONLY &&
               files_make(file.connection, file.connection->root, "x", 1, FILE_KIND_REGULAR, 0, 0,
                          &made) == FILE_E_READ_ONLY &&
               files_remove(file.connection, file.connection->root, "seen", 4, false) ==
                   FILE_E_READ_ONLY &&
               says("/tmp/seen", "seen"),
           "a route that may only look changes nothing");
    report(files_find("/nowhere/x", true, &other) == FILE_E_NOT_FOUND &&
               files_find("/tmp/../tmp/./seen", true, &other) == FILE_OK &&
               files_find("/look/../../../tmp/seen", true, &other) == FILE_OK,
           "paths have no way out of the namespace");
}

static void links(void)
{
    struct files_place directory, found;
    struct file_attributes made;
    struct files_connection *c;

    if (files_find("/tmp", true, &directory) != FILE_OK) {
        report(false, "there is /tmp");
        return;
    }
    c = directory.connection;
    report(put("/tmp/target", "target") &&
               files_make_link(c, c->root, "absolute", 8, "/tmp/target", 11, &made) == FILE_OK &&
               files_make_link(c, c->root, "relative", 8, "../tmp/target", 13, &made) == FILE_OK &&
               files_make_link(c, c->root, "across", 6, "/boot", 5, &made) == FILE_OK &&
               files_make_link(c, c->root, "circle", 6, "circle", 6, &made) == FILE_OK &&
               says("/tmp/absolute", "target") && says("/tmp/relative", "target"),
           "symbolic links are followed");
    report(files_find("/tmp/across/ramfs", true, &found) == FILE_OK &&
               found.attributes.size > 4096 && found.connection != c,
           "from one server to another");
    report(files_find("/tmp/circle", true, &found) == FILES_E_LOOP &&
               files_find("/tmp/circle", false, &found) == FILE_OK,
           "and not for ever");
}

/* A file that is open outlives its last name, and the server. */
static void unlinked(void)
{
    struct files_place file;
    struct file_attributes a;
    struct files_connection *c;
    struct file_handle handle;
    char text[8] = {0};
    size_t done = 0;
    bool good = put("/tmp/gone", "still") && files_find("/tmp/gone", true, &file) == FILE_OK;

    c = file.connection;
    handle = file.attributes.file;
    good = good && files_open(c, handle) == FILE_OK && files_open(c, handle) == FILE_OK &&
           files_remove(c, c->root, "gone", 4, false) == FILE_OK &&
           supervisor_kill(root, server) == SUPERVISOR_OK &&
           files_read(&file, 0, text, 5, &done) == FILE_OK && done == 5 && rt_same(text, "still");
    report(good, "an open file without a name is there after a restart of the server");
    report(files_close(c, handle) == FILE_OK &&
               files_attributes(c, handle, 0, &a) == FILE_E_STALE,
           "and gone when it is closed");
}

static void leases(void)
{
    struct file_handle recalled[4];
    struct files_place mine, theirs;
    uint32_t count = 0;
    bool all = false, more = false;
    bool good = put("/tmp/leased", "one") && files_find("/look/leased", true, &mine) == FILE_OK &&
                files_leases_begin(mine.connection) == FILE_OK &&
                files_attributes(mine.connection, mine.attributes.file, FILE_LEASE,
                                 &mine.attributes) == FILE_OK;
    size_t done;

    report(good && files_leases_hold(mine.connection), "a lease holds");
    good = files_find("/tmp/leased", true, &theirs) == FILE_OK &&
           files_write(&theirs, 0, "two", 3, &done) == FILE_OK;
    report(good && !files_leases_hold(mine.connection), "until another client changes the file");
    report(files_recalled(mine.connection, recalled, 4, &count, &all, &more) == FILE_OK &&
               count == 1 && !all && !more &&
               recalled[0].inode == mine.attributes.file.inode &&
               files_leases_hold(mine.connection),
           "then the client is told which one");
    good = files_attributes(mine.connection, mine.attributes.file, FILE_LEASE, &mine.attributes) ==
               FILE_OK &&
           files_write(&theirs, 0, "three", 5, &done) == FILE_OK &&
           supervisor_kill(root, server) == SUPERVISOR_OK;
    report(good && files_recalled(mine.connection, recalled, 4, &count, &all, &more) == FILE_OK &&
               all,
           "a restarted server has recalled all");
}

static uint64_t size_of(const char *path)
{
    struct files_place file;

    return files_find(path, true, &file) == FILE_OK ? file.attributes.size : ~0ul;
}

/* What the library remembers of paths is never what was before another client's change. */
static void remembering(void)
{
    bool good = put("/tmp/known", "1") && size_of("/look/known") == 1 &&
                size_of("/look/known") == 1 && put("/tmp/known", "22") &&
                size_of("/look/known") == 2;

    report(good, "attributes that are remembered are true");
    good = size_of("/look/known") == 2 && supervisor_kill(root, server) == SUPERVISOR_OK &&
           put("/tmp/known", "333") && size_of("/look/known") == 3;
    report(good, "also when the server that knew of the lease is gone");
    good = size_of("/tmp/known") == 3 && put("/tmp/known", "4444") && size_of("/tmp/known") == 4;
    report(good, "and after changes of one's own");
}

static const uint8_t *map_page(const struct files_place *file, uint64_t page, cap_t *frame,
                               word_t flags)
{
    uint32_t size = 0;

    if (files_map(file->connection, file->attributes.file, page, frame, &size) != FILE_OK)
        return NULL;
    return rt_frames_map(*frame, 1, flags);
}

static void mapping(void)
{
    struct files_place file;
    const uint8_t *page = NULL;
    char copy[8] = {0};
    cap_t frame = 0;
    size_t done;

    if (put("/tmp/mapped", "before") && files_find("/tmp/mapped", true, &file) == FILE_OK)
        page = map_page(&file, 0, &frame, MAP_READ);
    report(page != NULL && rt_guard_copy(copy, page, 6) && rt_same(copy, "before"),
           "a page of a file can be mapped");
    report(page != NULL && files_write(&file, 0, "AFTER", 5, &done) == FILE_OK &&
               rt_guard_copy(copy, page, 6) && rt_same(copy, "AFTERe"),
           "it shows what is written");
    report(page != NULL && files_truncate(file.connection, file.attributes.file, 0) == FILE_OK &&
               !rt_guard_copy(copy, page, 6),
           "and is taken back when the file is cut");
    report(rt_frames_map(frame, 1, MAP_READ | MAP_WRITE) == NULL, "it cannot be written");
    page = NULL;
    if (files_find("/boot/ramfs", true, &file) == FILE_OK)
        page = map_page(&file, 1, &frame, MAP_READ | MAP_CACHED);
    report(page != NULL &&
               files_read(&file, 4096, copy, 8, &done) == FILE_OK && memcmp(copy, page, 8) == 0,
           "pages of the boot archive can be mapped");
}

/* Full, then empty again. */
static void full(void)
{
    struct files_place file, directory;
    struct file_space before = {0}, after = {0};
    enum file_error error = FILE_OK;
    static uint8_t data[32768];
    size_t done;
    bool good = files_find("/tmp", true, &directory) == FILE_OK &&
                files_space(directory.connection, &before) == FILE_OK &&
                files_create("/tmp/big", 0600, &file) == FILE_OK;

    for (uint64_t at = 0; good && error == FILE_OK && at < 1ul << 30; at += sizeof(data))
        error = files_write(&file, at, data, sizeof(data), &done);
    report(good && error == FILE_E_NO_SPACE, "a file system that is full says so");
    report(says("/tmp/mine", "mine") &&
               files_remove(directory.connection, directory.connection->root, "big", 3, false) ==
                   FILE_OK &&
               files_space(directory.connection, &after) == FILE_OK &&
               after.free == before.free,
           "and has its room back when the file is removed");
}

static int tester(bool long_form)
{
    RT_CHECK(rt_guard_begin());
    hammering();
    if (long_form) {
        rt_say(2, "%u passed, %u failed", passed, failed);
        return 0;
    }
    hostility();
    looking();
    links();
    unlinked();
    leases();
    remembering();
    mapping();
    full();
    rt_say(2, "%u passed, %u failed", passed, failed);
    return 0;
}

static int enemy(void)
{
    const char *wrong = hostile(rt_uses("/tmp"));

    if (wrong != NULL)
        rt_say(0, "not so: %s", wrong);
    return wrong == NULL ? 0 : 1;
}

static unsigned number(const char *name, unsigned otherwise)
{
    const char *text = rt_argument(name);
    unsigned value = 0;

    for (; text != NULL && *text >= '0' && *text <= '9' && value < 100000000; text++)
        value = value * 10 + (unsigned)(*text - '0');
    return value < REPORTS ? otherwise : value;
}

int main(void)
{
    const char *what = rt_argument("do");

    operations = number("operations", OPERATIONS);
    kills = number("kills", KILLS);
    root = rt_uses("supervisor");
    server = rt_argument("server") != NULL ? rt_argument("server") : "ramfs";
    if (rt_same(what, "second"))
        return second();
    return rt_same(what, "hostile") ? enemy() : tester(rt_same(what, "hammer"));
}
