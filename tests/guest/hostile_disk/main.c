/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A damaged disk: `do=walk` goes through all of it and changes things, without a thought for what
 * comes of it; `do=witness` looks from beside whether that comes to an end, and whether anybody but
 * ext4 suffers: its own file in ramfs, and the restarts of the others.
 */
#include <filelib/files.h>
#include <proto/supervisor.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/program.h>

#define DEEP        4u
#define NAMES       40u /* of a directory */
#define PATH        200u
#define PATIENCE_NS (40 * RT_NS_PER_SECOND)

/* --- The walk -------------------------------------------------------------------------------- */

struct names {
    unsigned count;
    char name[NAMES][32];
};

static bool take(void *context, const struct files_packed *entry, const char *name)
{
    struct names *names = context;
    size_t size = rt_length(name);

    (void)entry;
    if (size < sizeof(names->name[0]))
        memcpy(names->name[names->count++], name, size + 1);
    return names->count < NAMES;
}

static void use_file(const struct files_place *file, unsigned turn)
{
    static uint8_t data[20000];
    size_t done;

    (void)files_read(file, 0, data, sizeof(data), &done);
    if (turn % 3 == 0)
        (void)files_write(file, turn * 997, data, 5000, &done);
    else if (turn % 3 == 1)
        (void)files_truncate(file->connection, file->attributes.file, turn * 13);
}

static void walk(const char *path, unsigned depth)
{
    static struct names level[DEEP];
    struct names *names = &level[depth];
    struct files_place place;
    char below[PATH];

    names->count = 0;
    if (files_find(path, true, &place) != FILE_OK)
        return;
    (void)files_list(&place, take, names);
    for (unsigned i = 0; i < names->count; i++) {
        (void)rt_format(below, sizeof(below), "%s/%s", path, names->name[i]);
        if (files_find(below, false, &place) != FILE_OK)
            continue;
        if (place.attributes.kind != FILE_KIND_DIRECTORY)
            use_file(&place, i);
        else if (depth + 1 < DEEP)
            walk(below, depth + 1);
    }
}

static void change(void)
{
    struct files_place directory, file;
    struct files_connection *c;
    struct file_handle in;
    char name[24], path[40];

    if (files_find("/disk", true, &directory) != FILE_OK)
        return;
    c = directory.connection;
    in = directory.attributes.file;
    for (unsigned i = 0; i < 30; i++) {
        size_t size = rt_format(name, sizeof(name), "new-%u", i), done;

        (void)rt_format(path, sizeof(path), "/disk/%s", name);
        if (files_create(path, 0600, &file) == FILE_OK)
            (void)files_write(&file, i * 3001, path, sizeof(path), &done);
        if (i % 3 == 0)
            (void)files_remove(c, in, name, size, false);
        else if (i % 3 == 1)
            (void)files_rename(c, in, name, size, in, "taken", 5, FILE_REPLACE_YES);
        if (i % 10 == 9)
            (void)files_sync(c, in, FILE_EXTENT_ALL);
    }
}

/* --- The witness ----------------------------------------------------------------------------- */

static cap_t root;
static unsigned passed, failed;

static void report(bool good, const char *name)
{
    rt_say(2, good ? "ok %s" : "FAIL %s: not so", name);
    passed += good;
    failed += !good;
}

static struct supervisor_status status_of(const char *name)
{
    struct supervisor_status status = {0};

    if (supervisor_query(root, name, &status) != SUPERVISOR_OK)
        status.restarts = ~0u;
    return status;
}

/* It has walked to its end, or ext4 was given up. */
static bool ended(void)
{
    return status_of("walker").state == SUPERVISOR_STATE_EXITED ||
           status_of("ext4").state == SUPERVISOR_STATE_FAILED;
}

static bool own_file(const char *text, bool write)
{
    char found[16] = {0};
    struct files_place file;
    size_t done;

    if (write)
        return files_create("/tmp/own", 0600, &file) == FILE_OK &&
               files_write(&file, 0, text, rt_length(text), &done) == FILE_OK;
    return files_find("/tmp/own", true, &file) == FILE_OK &&
           files_read(&file, 0, found, sizeof(found) - 1, &done) == FILE_OK &&
           rt_same(found, text);
}

/* The first lines of what root knows of ext4's ends, for the host: why, and where. */
static void tell_ends(unsigned count)
{
    char text[800];
    size_t size = 0;

    for (unsigned back = 0; back < count; back++) {
        unsigned lines = 0;

        if (supervisor_post_mortem(root, "ext4", back, 0, text, &size) != SUPERVISOR_OK)
            return;
        for (size_t at = 0, from = 0; at < size && lines < 3; at++) {
            if (text[at] != '\n')
                continue;
            text[at] = 0;
            rt_say(2, "end %u: %s", back, text + from);
            from = at + 1;
            lines++;
        }
    }
}

static void witness(void)
{
    static const char *const others[] = {"platform", "virtio_blk", "partition", "ramfs"};
    word_t end = rt_now() + rt_ns_to_ticks(PATIENCE_NS);
    bool mine = own_file("mine", true);
    unsigned restarts = 0;

    while (!ended() && rt_now() < end)
        (void)rt_sleep_ns(2000000);
    report(ended(), "it comes to an end");
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        restarts += status_of(others[i]).restarts;
    report(restarts == 0, "nobody else had to be restarted");
    report(mine && own_file("mine", false) && own_file("more", true) && own_file("more", false),
           "other files are what they were");
    tell_ends(status_of("ext4").restarts + 1);
    rt_say(2, "ext4 was %s, restarted %u times",
           status_of("ext4").state == SUPERVISOR_STATE_FAILED ? "given up" : "there to the end",
           status_of("ext4").restarts);
    rt_say(2, "%u passed, %u failed", passed, failed);
}

int main(void)
{
    root = rt_uses("supervisor");
    if (rt_same(rt_argument("do"), "witness")) {
        witness();
        return 0;
    }
    walk("/disk", 0);
    change();
    rt_say(2, "walked");
    return 0;
}
