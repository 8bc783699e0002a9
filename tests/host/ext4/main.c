/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/ext4 on the host: images by Debian's mkfs.ext4, everything compared with what its tools say.
 *
 *   ext4                 the short form, as ./tessera test runs it
 *   ext4 read|write|errors
 *   ext4 random [OPERATIONS [SEEDS]]   random operations against a model
 *   ext4 cut [POINTS]                  loss of power; 2000 is the long form
 *   ext4 restart [TIMES]               the component ends, its memory stays
 *   ext4 spoilt [TIMES]                the same, and what it kept has been spoilt
 *   ext4 mount IMAGE                   only mount it, unmount it and check it
 *   ext4 hostile [IMAGES]              damaged images; 10000 is the long form
 */
#include "cases.h"

#include <stdlib.h>
#include <string.h>

static unsigned passed, failed;

void case_end(const char *name, const char *why)
{
    if (why == NULL) {
        printf("ok %s\n", name);
        passed++;
    } else {
        printf("FAIL %s: %s\n", name, why);
        failed++;
    }
    fflush(stdout);
}

int make_image(const char *name, unsigned megabytes, const char *options)
{
    return run("rm -f %s/%s && head -c %uM /dev/zero | tr '\\0' '\\%o' >%s/%s && "
               "mkfs.ext4 -q -E nodiscard,lazy_itable_init=0 %s %s/%s",
               folder, name, megabytes, OLD_BYTE, folder, name, options, folder, name);
}

static char said[400];

static const char *first_lines(void)
{
    char path[80];
    FILE *file;
    size_t size;

    snprintf(path, sizeof(path), "%s/log", folder);
    file = fopen(path, "r");
    size = file != NULL ? fread(said, 1, sizeof(said) - 1, file) : 0;
    said[size] = 0;
    for (size_t i = 0; i < size; i++)
        if (said[i] == '\n')
            said[i] = '|';
    if (file != NULL)
        fclose(file);
    return said;
}

const char *check_image(const struct disk *disk)
{
    char path[80];

    snprintf(path, sizeof(path), "%s/check.img", folder);
    disk_save(disk, path);
    return run("e2fsck -fn %s", path) == 0 ? NULL : first_lines();
}

/* For looking at an image that a test has left (environment KEEP): mount it and unmount it. */
static const char *mount_image(const char *path)
{
    struct ext4_options options = {0};
    struct ext4_counts counts;
    struct disk disk;
    struct ext4 *fs;
    const char *why;

    disk_load(&disk, path, 1u << 20);
    disk.loud = true;
    WANT(ext4_mount(&fs, &disk.device, &options) == 0);
    ext4_counts(fs, &counts);
    printf("# %lu orphans, %lu transactions\n", (unsigned long)counts.orphans,
           (unsigned long)counts.replayed_transactions);
    WANT(ext4_unmount(fs) == 0);
    why = check_image(&disk);
    disk_free(&disk);
    return why;
}

static unsigned number(int argc, char **argv, int at, unsigned otherwise)
{
    return argc > at ? (unsigned)strtoul(argv[at], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    test_folder();
    if (strcmp(what, "mount") == 0 && argc > 2)
        case_end("mount", mount_image(argv[2]));
    if (*what == 0 || strcmp(what, "read") == 0)
        cases_read();
    if (*what == 0 || strcmp(what, "write") == 0)
        cases_write();
    if (*what == 0 || strcmp(what, "random") == 0)
        cases_random(number(argc, argv, 2, 3000), number(argc, argv, 3, 1));
    if (*what == 0 || strcmp(what, "cut") == 0)
        cases_cut(number(argc, argv, 2, 200));
    if (*what == 0 || strcmp(what, "restart") == 0)
        cases_restart(number(argc, argv, 2, 24));
    if (*what == 0 || strcmp(what, "beside") == 0)
        cases_beside();
    if (*what == 0 || strcmp(what, "spoilt") == 0)
        cases_spoilt(number(argc, argv, 2, 60));
    if (*what == 0 || strcmp(what, "errors") == 0)
        cases_errors();
    if (*what == 0 || strcmp(what, "hostile") == 0)
        cases_hostile(number(argc, argv, 2, 150));
    test_folder_remove();
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
