/* SPDX-License-Identifier: BSD-2-Clause */
/* What random operations on a large file system do not reach. */
#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"

#define SMALL   (1u << 20)
#define MUTANTS 6000
#define BADGE   1000u

static struct file_handle make(struct file_handle directory, const char *name, enum file_kind kind,
                               uint8_t flags)
{
    struct file_attributes made = {0};

    if (file->make(&world.server, BADGE, directory, kind, 0640, 1, 2, 0, 0, flags, 0, name,
                   strlen(name), &made) != FILE_OK)
        abort();
    return made.file;
}

static enum file_error write_at(struct file_handle to, uint64_t offset, size_t size)
{
    uint64_t done, file_size;

    memset(world_window(BADGE), 'w', size);
    return file->write(&world.server, BADGE, to, offset, (struct ipc_buffer){0, size}, 0, 0, &done,
                       &file_size);
}

void make_small(void)
{
    struct file_handle root, below, f;
    struct file_attributes made;
    char name[64];

    world_make(SMALL);
    world_attach(BADGE, 1);
    world_attach(BADGE + 1, 1);
    root = world.server.op->root(&world.fs);
    below = make(root, "below", FILE_KIND_DIRECTORY, 0);
    for (int i = 0; i < 40; i++) {
        sprintf(name, "a name of some length, number %d", i);
        f = make(i % 2 ? below : root, name, FILE_KIND_REGULAR, 0);
        (void)write_at(f, (uint64_t)i * 1500, (size_t)i * 100);
    }
    memset(world_window(BADGE), 't', 300);
    (void)file->make_link(&world.server, BADGE, below, (struct ipc_buffer){0, 300}, 0, 0, 0, "link",
                          4, &made);
    (void)file->set_value(&world.server, BADGE, f, (struct ipc_buffer){0, 5000},
                          FILE_VALUE_MODE_ANY, 0, "user.value", 10);
    f = make(below, "gone", FILE_KIND_REGULAR, FILE_OPEN);
    (void)write_at(f, 0, 9000);
    (void)file->remove(&world.server, BADGE, below, false, 0, "gone", 4);
    (void)file->remove(&world.server, BADGE, root, false, 0, "a name of some length, number 2", 31);
}

static void full(void)
{
    struct file_handle root, f;
    struct file_space before, after;
    enum file_error error = FILE_OK;
    struct file_attributes made;
    char name[32];
    int i;

    make_small();
    root = world.server.op->root(&world.fs);
    (void)file->space(&world.server, BADGE, &before);
    f = make(root, "large", FILE_KIND_REGULAR, 0);
    for (uint64_t at = 0; error == FILE_OK; at += 8000)
        error = write_at(f, at, 8000);
    report("a full file system says so", error == FILE_E_NO_SPACE);
    for (i = 0; i < 5000; i++) {
        sprintf(name, "n%d", i);
        error = file->make(&world.server, BADGE, root, FILE_KIND_REGULAR, 0, 0, 0, 0, 0, 0, 0, name,
                           strlen(name), &made);
        if (error != FILE_OK)
            break;
    }
    report("names too, at last", error == FILE_E_NO_SPACE);
    for (i = 0; i < 5000; i++) {
        sprintf(name, "n%d", i);
        (void)file->remove(&world.server, BADGE, root, false, 0, name, strlen(name));
    }
    error = file->remove(&world.server, BADGE, root, false, 0, "large", 5);
    (void)file->space(&world.server, BADGE, &after);
    /* The directory has grown by what its list takes. */
    report("and all but the directory's list comes back",
           error == FILE_OK && after.free + 8 >= before.free);
}

/* More leases than there is room for: each is kept or recalled. */
static void leases(void)
{
    struct file_attributes a;
    struct file_handle first;
    uint32_t count = 0;
    bool all = false, more = false;
    char name[32];
    cap_t page;

    world_make(8u << 20);
    world_attach(BADGE, 1);
    world_attach(BADGE + 1, 1);
    report("no lease without a page of recalls",
           file->lease(&world.server, BADGE, world.server.op->root(&world.fs), &a) ==
               FILE_E_BAD_WINDOW);
    (void)file->recalls(&world.server, BADGE, &page);
    first = make(world.server.op->root(&world.fs), "first", FILE_KIND_REGULAR, FILE_LEASE);
    report("one's own change recalls nothing",
           write_at(first, 0, 10) == FILE_OK && *world.server.session[0].recalls == 0);
    for (unsigned i = 0; i < FILES_LEASES; i++) {
        sprintf(name, "n%u", i);
        (void)make(world.server.op->root(&world.fs), name, FILE_KIND_REGULAR, FILE_LEASE);
    }
    report("a lease that has no room is recalled", *world.server.session[0].recalls == 1);
    report("and named", file->recalled(&world.server, BADGE, (struct ipc_buffer){0, 4096}, &count,
                                       &all, &more) == FILE_OK &&
                            count == 1 && !all &&
                            memcmp(world_window(BADGE), &first, sizeof(first)) == 0);
    for (unsigned i = 0; i < FILES_RECALLED + 1; i++) {
        sprintf(name, "n%u", i);
        (void)file->remove(&world.server, BADGE + 1, world.server.op->root(&world.fs), false, 0,
                           name, strlen(name));
    }
    report("too many at once are all",
           file->recalled(&world.server, BADGE, (struct ipc_buffer){0, 4096}, &count, &all,
                          &more) == FILE_OK &&
               all && count == 0 && !more);
}

/* Everything that can be looked at, and some changes. */
static void use(void)
{
    struct file_attributes a;
    uint64_t size;
    bool end;

    world_attach(BADGE, 1);
    world_attach(BADGE + 1, 1);
    for (uint64_t i = 0; i < world.fs.arena.head->pages * ARENA_UNITS; i += 4) {
        struct file_handle f = {.inode = i};

        if (!arena_is(&world.fs.arena, i, ARENA_NODES))
            continue;
        f.generation = node_at(&world.fs.arena, (uint32_t)i)->generation;
        (void)file->attributes(&world.server, BADGE, f, 0, &a);
        (void)file->read(&world.server, BADGE, f, 0, (struct ipc_buffer){0, 60000}, &size);
        (void)file->read_link(&world.server, BADGE, f, (struct ipc_buffer){0, 5000}, &size);
        (void)file->read_directory(&world.server, BADGE, f, 0, (struct ipc_buffer){0, 60000}, 0,
                                   &size, &end);
        (void)file->list_values(&world.server, BADGE, f, (struct ipc_buffer){0, 6000}, &size);
        (void)file->get_value(&world.server, BADGE, f, (struct ipc_buffer){0, 6000}, "user.value",
                              10, &size);
        (void)file->truncate(&world.server, BADGE, f, 100, &a);
        (void)file->make(&world.server, BADGE, f, FILE_KIND_REGULAR, 0, 0, 0, 0, 0, 0, 0, "new", 3,
                         &a);
        (void)file->remove(&world.server, BADGE, f, false, 0, "new", 3);
    }
    (void)file->detach(&world.server, BADGE);
}

/* Some bits of the arena are wrong: it is refused, or works. */
static void damage(void)
{
    void *whole = malloc(SMALL);
    long refused = 0;

    make_small();
    memcpy(whole, world.memory, SMALL);
    random_seed(5);
    for (int i = 0; i < MUTANTS; i++) {
        uint8_t *memory = world.memory;
        uint64_t used = world.fs.arena.head->first_page * ARENA_PAGE;

        memcpy(memory, whole, SMALL);
        for (uint64_t k = random_below(4); k < 4; k++) {
            uint64_t at = random_below(random_below(3) == 0 ? ARENA_PAGE
                                       : random_below(2)    ? used
                                                            : used + 60 * ARENA_PAGE);

            memory[at] ^= (uint8_t)(1u << random_below(8));
        }
        if (world_restart() == NULL)
            use();
        else
            refused++;
        memcpy(memory, whole, SMALL); /* for the head that is read above */
    }
    free(whole);
    report("a damaged arena is refused or works", refused > MUTANTS / 50 && refused < MUTANTS);
}

void test_cases(void)
{
    full();
    leases();
    damage();
}
