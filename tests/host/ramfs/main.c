/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ramfs behind lib/file against a model: random operations of two clients; the same with the
 * server dying in the middle; what a full file system does; leases; requests that make no sense.
 *
 *   ramfs [OPERATIONS [SEED]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "drive.h"

static unsigned passed, failed;

void report(const char *name, bool good)
{
    printf("%s %s%s\n", good ? "ok" : "FAIL", name, good ? "" : ": see above");
    *(good ? &passed : &failed) += 1;
}

static void begin(uint64_t seed)
{
    if (model != NULL)
        model_free(model);
    random_seed(seed);
    world_make(24u << 20);
    model = malloc(sizeof(*model));
    model_make(model);
    model->file[0].handle = world.server.op->root(&world.fs);
    world_attach(1000, 1);
    world_attach(1001, 1);
}

static bool restart(void)
{
    const char *wrong = world_restart();

    if (wrong != NULL) {
        printf("     not taken over after a restart: %s\n", wrong);
        return false;
    }
    world_attach(1000, 1);
    world_attach(1001, 1);
    return true;
}

static bool agree(const struct op *op, enum file_error want, int made, long number)
{
    if (op->error != want) {
        printf("     operation %ld (kind %d, %s, %s): error %d, not %d\n", number, op->what,
               op->name, op->new_name, op->error, want);
        return false;
    }
    if (made >= 0)
        model->file[made].handle = op->made;
    return true;
}

static bool random_operations(long count, uint64_t seed)
{
    begin(seed);
    for (long i = 0; i < count; i++) {
        struct op op = drive_choose();
        enum file_error want;
        int made;

        drive_server(&op);
        want = drive_model(model, &op, &made);
        if (!agree(&op, want, made, i) || (i % 5000 == 0 && !drive_same(model, true)))
            return false;
        if (i % 20000 == 10000 && (!restart() || !drive_same(model, true)))
            return false;
    }
    return drive_same(model, true);
}

/* The server dies in the middle; its clients come back and ask again: everything is done once. */
static bool dying_server(long count, uint64_t seed)
{
    long deaths = 0;

    begin(seed);
    for (long i = 0; i < count; i++) {
        struct op op = drive_choose();
        enum file_error want;
        int made;

        world_kill_at(1 + (long)random_below(60));
        while (world_try(drive_server, &op)) {
            deaths++;
            if (!restart())
                return false;
        }
        want = drive_model(model, &op, &made);
        if (!agree(&op, want, made, i) || (i % 500 == 0 && !drive_same(model, true)))
            return false;
    }
    return drive_same(model, true) && deaths > count / 10;
}

/* The client is gone as well: what it asked for has been done or has not, nothing in between. */
static bool all_or_nothing(long count, uint64_t seed)
{
    begin(seed);
    for (long i = 0; i < count; i++) {
        struct op op = drive_choose();
        enum file_error want;
        struct model *after;
        bool died;
        int made;

        if (op.what > RENAME && op.what != APPEND && op.what != SET_VALUE)
            continue;
        world_kill_at(1 + (long)random_below(80));
        died = world_try(drive_server, &op);
        after = model_copy(model);
        want = drive_model(after, &op, &made);
        if (died && !restart())
            return false;
        if (died && drive_same(model, false)) {
            model_free(after);
            continue;
        }
        if (died && made >= 0) { /* it was done: by its name the new file is found */
            struct file_handle found;
            enum file_kind kind;

            if (ramfs_operations()->find(&world.fs, model->file[op.a].handle, op.name,
                                         strlen(op.name), &found, &kind) != FILE_OK)
                return false;
            op.made = found;
        }
        model_free(model);
        model = after;
        op.error = died ? want : op.error;
        if (!agree(&op, want, made, i) || (died && !drive_same(model, true)))
            return false;
    }
    return drive_same(model, true);
}

/* When all is removed, all memory is free again. */
static bool nothing_leaks(void)
{
    uint64_t before;

    begin(1);
    before = world.fs.arena.head->free_pages;
    if (!random_operations(30000, 77))
        return false;
    for (int round = 0; round < 300; round++)
        for (int i = 0; i < MODEL_NAMES; i++) {
            const struct model_name n = model->name[i];
            bool directory = n.used && model->file[n.file].kind == FILE_KIND_DIRECTORY;

            if (n.used && file->remove(&world.server, 1000, model->file[n.directory].handle,
                                       directory, 0, n.name, strlen(n.name)) == FILE_OK)
                (void)model_remove(model, n.directory, n.name, directory);
        }
    (void)file->detach(&world.server, 1000);
    (void)file->detach(&world.server, 1001);
    /* The root's own pages stay with it. */
    return world.fs.arena.head->nodes == 1 &&
           world.fs.arena.head->free_pages + 3 >= before;
}

int main(int argc, char **argv)
{
    long count = argc > 1 ? atol(argv[1]) : 200000;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 42;

    report("random operations of two clients are those of the model",
           random_operations(count, seed));
    report("a server that dies in the middle does everything once",
           dying_server(count / 40, seed + 1));
    report("what was cut off has been done or has not", all_or_nothing(count / 40, seed + 2));
    report("all memory comes back", nothing_leaks());
    test_cases();
    test_messages();
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
