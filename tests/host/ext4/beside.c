/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the server notes of an operation and the operation itself: the component ends after the
 * operation, after the note, or after both are said to belong together. The next incarnation finds
 * both or neither.
 */
#include "cases.h"
#include "disk.h"

#include <ext4/ext4.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CACHE   (1u << 20)
#define BESIDE  64u /* bytes */
#define FIRST   0x1111111111111111ul
#define NOTED   0x2222222222222222ul

enum leave { AFTER_OPERATION, AFTER_NOTE, AFTER_BOTH, LEAVES };

static const char *const leaves[] = {"after the operation", "after the note", "after both"};

static struct disk disk;
static uint8_t *kept;
static uint64_t beside[BESIDE / 8];

static int mount(struct ext4 **fs, bool valid)
{
    struct ext4_options options = {.kept = kept,
                                   .kept_bytes = ext4_kept_bytes(CACHE),
                                   .kept_valid = valid,
                                   .beside = beside,
                                   .beside_bytes = sizeof(beside)};

    if (valid)
        ext4_undo_beside(kept, options.kept_bytes, beside, sizeof(beside));
    return ext4_mount(fs, &disk.device, &options);
}

static bool is_there(struct ext4 *fs, const char *name)
{
    struct ext4_handle found;

    return ext4_lookup(fs, ext4_root(fs), name, strlen(name), &found) == 0;
}

static int make(struct ext4 *fs, const char *name)
{
    struct ext4_make what = {.mode = S_IFREG | 0644};
    struct ext4_handle made;

    return ext4_make(fs, ext4_root(fs), name, strlen(name), &what, &made);
}

static int rename_one(struct ext4 *fs)
{
    struct ext4_name from = {ext4_root(fs), "there", 5}, to = {ext4_root(fs), "target", 6};

    return ext4_rename(fs, &from, &to, EXT4_REPLACE);
}

static int operate(struct ext4 *fs, char which)
{
    if (which == 'm')
        return make(fs, "new");
    return which == 'r' ? ext4_remove(fs, ext4_root(fs), "there", 5, false) : rename_one(fs);
}

static bool is_done(struct ext4 *fs, char which)
{
    return which == 'm' ? is_there(fs, "new") : !is_there(fs, "there");
}

/* A file whose last name goes in this has data, so that deleting it would be a step of its own. */
static const char *fill(struct ext4 *fs)
{
    static uint8_t data[100000];
    struct ext4_handle file;

    for (unsigned i = 0; i < 2; i++) {
        const char *name = i == 0 ? "there" : "target";
        size_t size = sizeof(data);

        WANT(make(fs, name) == 0);
        WANT(ext4_lookup(fs, ext4_root(fs), name, strlen(name), &file) == 0);
        WANT(ext4_write(fs, file, 0, data, &size) == 0 && size == sizeof(data));
    }
    return NULL;
}

static const char *one(const char *image, char which, enum leave leave)
{
    struct ext4 *fs;
    const char *why;

    disk_load(&disk, image, CACHE);
    memset(kept, 0x5a, ext4_kept_bytes(CACHE));
    beside[3] = FIRST;
    WANT(mount(&fs, false) == 0);
    why = fill(fs);
    if (why != NULL)
        return why;
    ext4_begin(fs);
    WANT(operate(fs, which) == 0);
    if (leave != AFTER_OPERATION) {
        ext4_change(fs, &beside[3], 8);
        beside[3] = NOTED;
        ext4_change(fs, &beside[3], 8); /* twice: the first is what it was */
        beside[3] = NOTED + 1;
    }
    if (leave == AFTER_BOTH)
        ext4_end(fs);
    ext4_crash(fs);
    WANT(mount(&fs, true) == 0);
    WANT(is_done(fs, which) == (leave == AFTER_BOTH));
    WANT(beside[3] == (leave == AFTER_BOTH ? NOTED + 1 : FIRST));
    WANT(is_there(fs, "target"));
    WANT(ext4_unmount(fs) == 0);
    return check_image(&disk);
}

void cases_beside(void)
{
    static const char *const what[] = {"make", "remove", "move"};
    char name[96], image[80];
    int made = make_image("beside.img", 12, "-b 1024");

    snprintf(image, sizeof(image), "%s/beside.img", folder);
    kept = aligned_alloc(4096, (ext4_kept_bytes(CACHE) + 4095) / 4096 * 4096);
    for (unsigned i = 0; i < 3 * LEAVES; i++) {
        snprintf(name, sizeof(name), "%s, left %s", what[i / LEAVES], leaves[i % LEAVES]);
        case_end(name, made != 0 ? "no image" : one(image, "mrv"[i / LEAVES], i % LEAVES));
        disk_free(&disk);
    }
    free(kept);
}
