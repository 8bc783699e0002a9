/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The component ends in the middle of anything, and its next incarnation has the memory of the
 * cache and what was kept beside it. A random workload is run twice: once to the end, to know all
 * states; then again, until the n-th call of the file system to its surroundings, where it is left.
 * After the next mount the names must be those before or after the operation that was under way,
 * and all data must be there, synced or not, but for files that the operation was changing.
 */
#include "model.h"

#include <sanitizer/lsan_interface.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OPERATIONS 300u
#define CACHE      (1u << 20)

struct states {
    uint64_t names[OPERATIONS + 1];
    uint64_t data[OPERATIONS + 1][MODEL_FILES];
    uint64_t calls; /* hooks in the whole run */
};

static struct states states;
static struct model model;
static struct disk disk;
static uint64_t calls, stop_at;
static jmp_buf left;
static struct ext4 *abandoned[4096]; /* so that they are not taken for leaks */
static unsigned abandoned_count;
static void *kept;
static unsigned adopted; /* restarts after which there was something to take over */

static void hook(struct disk *at)
{
    (void)at;
    if (++calls == stop_at)
        longjmp(left, 1);
}

static bool held(void *self, struct ext4_handle file)
{
    (void)self;
    for (unsigned i = 0; i < MODEL_FILES; i++)
        if (model.files[i].used && model.files[i].holds > 0 &&
            model.files[i].handle.inode == file.inode &&
            model.files[i].handle.generation == file.generation)
            return true;
    return false;
}

static uint64_t data_hash(const struct model_file *file)
{
    uint64_t hash = hash_bytes(5, &file->size, sizeof(file->size));

    if (!file->used || !S_ISREG(file->mode))
        return 0;
    return hash_bytes(hash, file->data, file->size);
}

static const char *open_disk(const char *image, bool valid, struct ext4 **fs)
{
    struct ext4_options mount = {.held = held,
                                 .kept = kept,
                                 .kept_bytes = ext4_kept_bytes(CACHE),
                                 .kept_valid = valid};

    if (!valid) {
        disk_load(&disk, image, CACHE);
        disk.loud = getenv("LOUD") != NULL;
        memset(kept, 0x5a, ext4_kept_bytes(CACHE));
    }
    WANT(ext4_mount(fs, &disk.device, &mount) == 0);
    return NULL;
}

/* To the end, or until `stop` hooks were called. @return the operation that was under way */
static uint32_t run_until(struct ext4 *fs, uint64_t stop, uint32_t seed, const char **why)
{
    static volatile uint32_t at;

    model_init(&model, fs, seed);
    calls = 0;
    stop_at = stop;
    disk.hook = hook;
    at = 0;
    __lsan_disable(); /* what an operation has when it is left is lost, as with the component */
    if (setjmp(left) == 0) {
        for (at = 1; at <= OPERATIONS && *why == NULL; at++) {
            *why = model_step(&model);
            if (at % 60 == 0)
                (void)ext4_tick(fs);
            if (stop == 0) {
                states.names[at] = model_names_hash(&model);
                for (unsigned i = 0; i < MODEL_FILES; i++)
                    states.data[at][i] = data_hash(&model.files[i]);
            }
        }
    }
    __lsan_enable();
    disk.hook = NULL;
    return at;
}

static const char *check_files(struct ext4 *fs, uint32_t operation)
{
    static uint8_t data[MODEL_BYTES + 1];

    for (unsigned i = 0; i < MODEL_FILES; i++) {
        struct model_file *file = &model.files[i];
        struct ext4_attributes a;
        size_t size = sizeof(data);
        bool changes = operation <= OPERATIONS &&
                       states.data[operation][i] != states.data[operation - 1][i];

        if (!file->used || !S_ISREG(file->mode) || changes)
            continue;
        WANT(ext4_attributes(fs, file->handle, &a) == 0);
        WANT(ext4_read(fs, file->handle, 0, data, &size) == 0);
        WANT(size == file->size && memcmp(data, file->data, size) == 0);
    }
    return NULL;
}

static const char *after(struct ext4 *fs, uint32_t operation, bool finish)
{
    struct ext4_counts counts;
    uint64_t hash;
    const char *why;

    ext4_counts(fs, &counts);
    adopted += counts.adopted > 0;
    WANT(real_names_hash(fs, &hash));
    WANT(hash == states.names[operation - 1] ||
         (operation <= OPERATIONS && hash == states.names[operation]));
    why = check_files(fs, operation);
    if (why != NULL || !finish)
        return why;
    WANT(ext4_unmount(fs) == 0);
    return check_image(&disk);
}

static const char *one_restart(const char *image, uint64_t stop, uint32_t seed)
{
    static char wrong[400];
    struct ext4 *fs;
    const char *why = open_disk(image, false, &fs);
    uint32_t operation;

    if (why != NULL)
        return why;
    operation = run_until(fs, stop, seed, &why);
    abandoned[abandoned_count++ % 4096] = fs;
    if (why == NULL)
        why = open_disk(image, true, &fs);
    if (why == NULL)
        why = after(fs, operation, true);
    if (why != NULL) {
        snprintf(wrong, sizeof(wrong), "left at call %lu, operation %u (%s): %s",
                 (unsigned long)stop, operation, model.what, why);
        why = wrong;
    }
    model_free(&model);
    disk_free(&disk);
    return why;
}

static const char *restarts(const char *options, unsigned megabytes, unsigned times, uint32_t seed)
{
    struct ext4 *fs;
    const char *why = NULL;
    uint32_t random = seed;
    char image[80];

    WANT(make_image("restart.img", megabytes, options) == 0);
    snprintf(image, sizeof(image), "%s/restart.img", folder);
    kept = aligned_alloc(4096, (ext4_kept_bytes(CACHE) + 4095) / 4096 * 4096);
    why = open_disk(image, false, &fs);
    if (why != NULL)
        return why;
    (void)run_until(fs, 0, seed, &why);
    states.calls = calls;
    adopted = 0;
    ext4_crash(fs);
    model_free(&model);
    disk_free(&disk);
    for (unsigned i = 0; i < times && why == NULL; i++)
        why = one_restart(image, 100 + random_next(&random) % (states.calls - 100), seed);
    free(kept);
    WANT(why != NULL || adopted > times * 3 / 4);
    return why;
}

void cases_restart(unsigned times)
{
    char name[96];

    for (uint32_t seed = 1; seed <= 1 + times / 100; seed++) {
        unsigned now = times < 100 ? times / 2 : 50;

        snprintf(name, sizeof(name), "%u restarts in the middle, blocks of 1024, seed %u", now,
                 seed);
        case_end(name, restarts("-b 1024", 12, now, seed));
        snprintf(name, sizeof(name), "%u restarts in the middle, blocks of 4096, seed %u", now,
                 seed);
        case_end(name, restarts("-b 4096", 24, now, seed));
    }
}
