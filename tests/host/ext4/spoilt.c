/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The component ended, and what it kept has been spoilt since: one bit or one word of it, anywhere
 * but in the saved blocks. The next incarnation finds everything, or refuses what was kept; then
 * what was synced is there, and the file system is sound.
 */
#include "cases.h"
#include "disk.h"

#include <ext4/ext4.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CACHE   (1u << 20)
#define SAVED   (97u * 4096) /* behind the fixed part and the table: blocks */
#define ENTRIES 200u         /* of the table, that are in use */
#define DATA    50000u

static struct disk disk;
static uint8_t *kept;
static uint64_t beside[8];
static uint8_t data[DATA];

static int mount(struct ext4 **fs, bool valid)
{
    struct ext4_options options = {.kept = kept,
                                   .kept_bytes = ext4_kept_bytes(CACHE),
                                   .kept_valid = valid,
                                   .beside = beside,
                                   .beside_bytes = sizeof(beside)};

    if (valid && !ext4_undo_beside(kept, options.kept_bytes, beside, sizeof(beside)))
        memset(beside, 0, sizeof(beside));
    return ext4_mount(fs, &disk.device, &options);
}

static const char *make(struct ext4 *fs, const char *name, size_t bytes)
{
    struct ext4_make what = {.mode = S_IFREG | 0644};
    struct ext4_handle made;
    size_t size = bytes;

    WANT(ext4_make(fs, ext4_root(fs), name, strlen(name), &what, &made) == 0);
    WANT(bytes == 0 || (ext4_write(fs, made, 0, data, &size) == 0 && size == bytes));
    return NULL;
}

static const char *look(struct ext4 *fs, const char *name)
{
    static uint8_t found[DATA];
    struct ext4_handle file;
    size_t size = DATA;

    WANT(ext4_lookup(fs, ext4_root(fs), name, strlen(name), &file) == 0);
    WANT(ext4_read(fs, file, 0, found, &size) == 0 && size == DATA);
    WANT(memcmp(found, data, DATA) == 0);
    return NULL;
}

static bool is_there(struct ext4 *fs, const char *name)
{
    struct ext4_handle file;

    return ext4_lookup(fs, ext4_root(fs), name, strlen(name), &file) == 0;
}

/* Synced: "old". Answered: "new", and "gone" is gone. Under way, if so: "late". */
static const char *work(const char *image, bool under_way)
{
    struct ext4 *fs;
    const char *why;

    disk_load(&disk, image, CACHE);
    memset(kept, 0, ext4_kept_bytes(CACHE));
    memset(beside, 0, sizeof(beside));
    WANT(mount(&fs, false) == 0);
    why = make(fs, "old", DATA);
    if (why == NULL)
        why = make(fs, "gone", DATA);
    WANT(ext4_sync(fs) == 0);
    if (why == NULL)
        why = make(fs, "new", DATA);
    WANT(ext4_remove(fs, ext4_root(fs), "gone", 4, false) == 0);
    if (under_way) {
        ext4_begin(fs);
        why = why == NULL ? make(fs, "late", 0) : why;
        ext4_change(fs, &beside[1], 8);
        beside[1] = 7;
    }
    ext4_crash(fs);
    return why;
}

static void spoil(uint32_t *random, unsigned round)
{
    size_t fixed = ext4_kept_bytes(0) - SAVED;
    size_t at = random_next(random) % (round % 3 == 0 ? 64 : fixed);

    if (round % 3 == 1)
        at = fixed + random_next(random) % (ENTRIES * 16);
    if (round % 2 == 0)
        kept[at] ^= (uint8_t)(1u << random_next(random) % 8);
    else
        memset(kept + at / 8 * 8, (int)(random_next(random) & 254) + 1, 8);
}

static const char *one(const char *image, unsigned round, unsigned *refused)
{
    uint32_t random = round + 1;
    struct ext4_counts counts;
    struct ext4 *fs;
    const char *why = work(image, round % 4 == 3);

    if (why != NULL)
        return why;
    spoil(&random, round);
    WANT(mount(&fs, true) == 0);
    ext4_counts(fs, &counts);
    *refused += counts.refused;
    why = look(fs, "old");
    if (why == NULL && counts.adopted > 0) {
        WANT(!counts.refused);
        WANT(!is_there(fs, "gone") && !is_there(fs, "late") && beside[1] == 0);
        why = look(fs, "new");
    }
    /* Nothing kept and nothing said: that is for a vault that was never used. */
    WANT(counts.adopted > 0 || counts.refused);
    WANT(ext4_unmount(fs) == 0);
    return why != NULL ? why : check_image(&disk);
}

void cases_spoilt(unsigned rounds)
{
    char image[80], name[80];
    unsigned refused = 0;
    const char *why = make_image("spoilt.img", 12, "-b 1024") != 0 ? "no image" : NULL;

    snprintf(image, sizeof(image), "%s/spoilt.img", folder);
    kept = aligned_alloc(4096, (ext4_kept_bytes(CACHE) + 4095) / 4096 * 4096);
    for (uint32_t i = 0; i < DATA; i++)
        data[i] = (uint8_t)(i * 7 + i / 256);
    snprintf(name, sizeof(name), "what was kept is spoilt, %u times", rounds);
    for (unsigned i = 0; i < rounds && why == NULL; i++) {
        why = one(image, i, &refused);
        if (why != NULL)
            snprintf(name, sizeof(name), "what was kept is spoilt, round %u", i);
        disk_free(&disk);
    }
    case_end(name, why);
    case_end("most of that is noticed", refused > rounds / 3 ? NULL : "it is not");
    free(kept);
}
