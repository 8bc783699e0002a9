/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disks that are full, fail, or go away: clients are told, and after mending the disk e2fsck and a
 * new mount find a whole file system.
 */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static struct model model;

static const char *start(struct disk *disk, const char *options, unsigned megabytes,
                         struct ext4 **fs)
{
    struct ext4_options mount = {0};
    char path[80];

    WANT(make_image("errors.img", megabytes, options) == 0);
    snprintf(path, sizeof(path), "%s/errors.img", folder);
    disk_load(disk, path, 1u << 20);
    disk->loud = getenv("LOUD") != NULL;
    WANT(ext4_mount(fs, &disk->device, &mount) == 0);
    return NULL;
}

/* After a reboot with a disk that works. */
static const char *mended(struct disk *disk, bool aborted)
{
    struct ext4_options mount = {0};
    struct ext4 *fs;
    char path[80];
    int status;

    snprintf(path, sizeof(path), "%s/mended.img", folder);
    disk_save(disk, path);
    /* After an abort e2fsck, as Linux, does not trust the list of orphans: it looks itself. */
    status = run("e2fsck %s %s", aborted ? "-fy" : "-p", path);
    if (status > 1 && getenv("KEEP") != NULL) /* for who looks for the reason */
        disk_save(disk, getenv("KEEP"));
    WANT(status == 0 || status == 1);
    WANT(run("e2fsck -fn %s", path) == 0);
    disk->fail_read = disk->fail_write = disk->fail_flush = 0;
    WANT(ext4_mount(&fs, &disk->device, &mount) == 0);
    WANT(ext4_unmount(fs) == 0);
    return check_image(disk);
}

/* Operations go on after the first that fails; none of them is believed any more. */
static const char *with_failure(uint64_t reads, uint64_t writes, uint64_t flushes, bool forever,
                                int error, uint32_t seed, bool *aborted)
{
    struct disk disk;
    struct ext4 *fs;
    const char *why = start(&disk, "-b 1024", 12, &fs);

    if (why != NULL)
        return why;
    model_init(&model, fs, seed);
    disk.fail_read = reads;
    disk.fail_write = writes;
    disk.fail_flush = flushes;
    disk.forever = forever;
    disk.fail_with = error;
    for (unsigned i = 0; i < 400; i++) {
        const char *wrong = model_step(&model);

        if (wrong != NULL && disk.fail_read + disk.fail_write + disk.fail_flush > 1)
            why = wrong; /* before anything failed */
        if (wrong != NULL)
            break;
    }
    for (unsigned i = 0; i < 60 && why == NULL; i++)
        (void)model_step(&model);
    if (disk.forever)
        (void)ext4_sync(fs);
    *aborted = ext4_aborted(fs) != 0;
    if (*aborted && why == NULL) {
        struct ext4_make make = {.mode = S_IFREG | 0600};
        struct ext4_handle made;

        if (ext4_make(fs, ext4_root(fs), "late", 4, &make, &made) != EROFS)
            why = "after an abort something can be made";
    }
    ext4_crash(fs);
    model_free(&model);
    if (why == NULL)
        why = mended(&disk, *aborted);
    if (why != NULL)
        printf("# seed %u\n", seed);
    disk_free(&disk);
    return why;
}

static const char *flush_failures(void)
{
    for (uint32_t i = 1; i <= 4; i++) {
        bool aborted;
        const char *why = with_failure(0, 0, i, i % 2, EIO, i, &aborted);

        if (why != NULL)
            return why;
        WANT(aborted);
    }
    return NULL;
}

static const char *write_failures(void)
{
    unsigned count = 0;

    for (uint32_t i = 1; i <= 12; i++) {
        bool aborted;
        const char *why = with_failure(0, i * i, 0, i % 2, EIO, i, &aborted);

        if (why != NULL)
            return why;
        count += aborted;
    }
    WANT(count > 3);
    return NULL;
}

static const char *read_failures(void)
{
    for (uint32_t i = 1; i <= 12; i++) {
        bool aborted;
        const char *why = with_failure(i * 2, 0, 0, i % 2, EIO, i, &aborted);

        if (why != NULL)
            return why;
    }
    return NULL;
}

static const char *gone(void)
{
    for (uint32_t i = 1; i <= 3; i++) {
        bool aborted;
        const char *why = with_failure(0, i * 11, 0, true, ENODEV, i, &aborted);

        if (why != NULL)
            return why;
        WANT(aborted);
    }
    return NULL;
}

/* The journal says what happened, as Linux's does. */
static const char *reported(void)
{
    struct ext4_options mount = {0};
    struct ext4_make make = {.mode = S_IFREG | 0600};
    struct ext4_handle made;
    struct disk disk;
    struct ext4 *fs;
    const char *why = start(&disk, "-b 4096", 24, &fs);
    char path[80];

    if (why != NULL)
        return why;
    WANT(ext4_make(fs, ext4_root(fs), "a", 1, &make, &made) == 0);
    disk.fail_flush = 1;
    WANT(ext4_sync(fs) == EIO);
    WANT(strstr(disk.said, "journal aborted") != NULL);
    WANT(ext4_sync(fs) == EROFS && ext4_sync_file(fs, made, false) == EIO);
    ext4_crash(fs);
    snprintf(path, sizeof(path), "%s/said.img", folder);
    disk_save(&disk, path);
    WANT(run("dumpe2fs -h %s/said.img | grep -q 'with errors'", folder) == 0);
    WANT(run("dumpe2fs -h %s/said.img | grep -q 'Journal errno: *-5'", folder) == 0);
    WANT(ext4_mount(&fs, &disk.device, &mount) == 0);
    WANT(ext4_unmount(fs) == 0);
    disk_free(&disk);
    return NULL;
}

/* Until nothing fits any more, several times over. */
static const char *full(const char *options, unsigned megabytes)
{
    static uint8_t data[100000];
    struct ext4_make make = {.mode = S_IFREG | 0600};
    struct ext4_handle files[64];
    struct ext4_space space;
    struct disk disk;
    struct ext4 *fs;
    const char *why = start(&disk, options, megabytes, &fs);
    char name[16];

    if (why != NULL)
        return why;
    for (unsigned round = 0; round < 3; round++) {
        unsigned count = 0;
        int error = 0;

        for (; count < 64 && error == 0; count++) {
            uint64_t offset = 0;
            size_t size;

            snprintf(name, sizeof(name), "f%u", count);
            error = ext4_make(fs, ext4_root(fs), name, strlen(name), &make, &files[count]);
            for (unsigned i = 0; i < 8 && error == 0; i++, offset += size) {
                size = sizeof(data);
                error = ext4_write(fs, files[count], offset, data, &size);
            }
        }
        WANT(error == ENOSPC && ext4_aborted(fs) == 0);
        WANT(ext4_space(fs, &space) == 0 && space.free < 200);
        WANT(ext4_sync(fs) == 0);
        for (unsigned i = 0; i < count; i++) {
            snprintf(name, sizeof(name), "f%u", i);
            error = ext4_remove(fs, ext4_root(fs), name, strlen(name), false);
            WANT(error == 0 || (error == ENOENT && i + 1 == count));
        }
    }
    WANT(ext4_unmount(fs) == 0);
    why = check_image(&disk);
    disk_free(&disk);
    return why;
}

void cases_errors(void)
{
    case_end("a full disk, blocks of 1024", full("-b 1024 -m 0", 16));
    case_end("a full disk, blocks of 4096", full("-b 4096 -m 0", 32));
    case_end("an abort is told, and marked as Linux does", reported());
    case_end("flushes that fail", flush_failures());
    case_end("writes that fail", write_failures());
    case_end("reads that fail", read_failures());
    case_end("a disk that goes away", gone());
}
