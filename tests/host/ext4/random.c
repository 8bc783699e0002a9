/* SPDX-License-Identifier: BSD-2-Clause */
/* Random operations against the model, with e2fsck after each run. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

static struct model model;

static const char *remount(struct disk *disk, struct ext4 **fs)
{
    struct ext4_options options = {0};

    WANT(ext4_unmount(*fs) == 0);
    *fs = NULL;
    const char *why = check_image(disk);

    if (why != NULL)
        return why;
    WANT(ext4_mount(fs, &disk->device, &options) == 0);
    return NULL;
}

static const char *one_run(const char *options, unsigned megabytes, unsigned operations,
                           uint32_t seed)
{
    struct ext4_options mount = {0};
    struct ext4 *fs = NULL;
    struct disk disk;
    const char *why = NULL;
    char path[80];

    WANT(make_image("random.img", megabytes, options) == 0);
    snprintf(path, sizeof(path), "%s/random.img", folder);
    disk_load(&disk, path, 1u << 20);
    disk.loud = true;
    WANT(ext4_mount(&fs, &disk.device, &mount) == 0);
    model_init(&model, fs, seed);
    for (unsigned i = 1; i <= operations && why == NULL; i++) {
        why = model_step(&model);
        if (why == NULL && i % (operations / 4) == 0) {
            why = model_compare(&model);
            if (why == NULL)
                why = remount(&disk, &fs);
            if (why == NULL) {
                model_remounted(&model, fs);
                why = model_compare(&model);
            }
        }
    }
    if (why != NULL && getenv("KEEP") != NULL && fs != NULL) { /* for who looks for the reason */
        (void)ext4_unmount(fs);
        fs = NULL;
        disk_save(&disk, getenv("KEEP"));
    }
    if (fs != NULL)
        ext4_crash(fs);
    model_free(&model);
    disk_free(&disk);
    return why;
}

void cases_random(unsigned operations, unsigned seeds)
{
    for (unsigned seed = 1; seed <= seeds; seed++) {
        char name[96];

        snprintf(name, sizeof(name), "%u random operations, blocks of 1024, seed %u", operations,
                 seed);
        case_end(name, one_run("-b 1024", 24, operations, seed));
        snprintf(name, sizeof(name), "%u random operations, blocks of 4096, seed %u", operations,
                 seed);
        case_end(name, one_run("-b 4096", 32, operations, seed));
    }
}
