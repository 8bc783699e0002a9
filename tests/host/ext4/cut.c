/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loss of power. A random workload runs on a disk that records every write and flush. Then the disk
 * is made again as it may be at some point: with all that was written before the last flush, and of
 * what came after it any part, a block perhaps torn. There
 *   - `e2fsck -p` must replay the journal, and `e2fsck -fn` then find nothing;
 *   - our own mount must replay it too;
 *   - the names must be those that the model had after some operation, not older than the last
 * sync;
 *   - what was made durable and not changed since must be there, byte for byte.
 */
#include "model.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OPERATIONS 1600u
#define SYNCED_MAX 12000u

/* A file that was durable with these contents when there were so many records. */
struct synced {
    struct ext4_handle file;
    unsigned slot; /* of the model */
    size_t records;
    uint64_t operation;
    uint64_t size, hash;
};

struct history {
    struct disk disk;
    struct model model;
    uint8_t *start;          /* the disk before the first record */
    uint64_t names[OPERATIONS + 1];
    size_t begun[OPERATIONS + 2]; /* records when an operation began */
    uint32_t safe[OPERATIONS + 1]; /* the last operation that a sync of all covered */
    size_t safe_at[OPERATIONS + 1]; /* records when that sync had returned */
    unsigned safe_count;
    struct synced synced[SYNCED_MAX];
    unsigned synced_count;
    /* for each file of the model: operations that changed it or took its last name */
    struct {
        uint32_t operation;
        uint16_t slot;
    } changes[OPERATIONS * 2];
    unsigned change_count;
    uint32_t random;
};

static struct history h;

static void add_synced(struct model *model, unsigned slot)
{
    struct model_file *file = &model->files[slot];

    if (h.synced_count == SYNCED_MAX || !S_ISREG(file->mode) || file->links == 0)
        return;
    h.synced[h.synced_count++] = (struct synced){file->handle, slot, h.disk.record_count,
                                                 model->operation, file->size,
                                                 hash_bytes(7, file->data, file->size)};
}

static void durable(void *self, struct model *model, struct model_file *file)
{
    (void)self;
    if (file != NULL) {
        add_synced(model, (unsigned)(file - model->files));
        return;
    }
    h.safe[h.safe_count] = (uint32_t)model->operation;
    h.safe_at[h.safe_count++] = h.disk.record_count;
    for (unsigned i = 0; i < MODEL_FILES; i++)
        if (model->files[i].used)
            add_synced(model, i);
}

/* Which files the operation may have changed. */
static void note_changes(const struct model_file *before)
{
    for (unsigned i = 0; i < MODEL_FILES; i++) {
        const struct model_file *file = &h.model.files[i];
        bool same = file->used == before[i].used && file->changed == before[i].changed &&
                    file->handle.inode == before[i].handle.inode &&
                    file->handle.generation == before[i].handle.generation &&
                    (file->links == 0) == (before[i].links == 0);

        if (!same && h.change_count < OPERATIONS * 2) {
            h.changes[h.change_count].operation = (uint32_t)h.model.operation;
            h.changes[h.change_count++].slot = (uint16_t)i;
        }
    }
}

static const char *record(const char *options, unsigned megabytes, uint32_t seed)
{
    static struct model_file before[MODEL_FILES];
    struct ext4_options mount = {0};
    struct ext4 *fs;
    char path[80];

    memset(&h, 0, sizeof(h));
    WANT(make_image("cut.img", megabytes, options) == 0);
    snprintf(path, sizeof(path), "%s/cut.img", folder);
    disk_load(&h.disk, path, 1u << 20);
    h.random = seed;
    h.start = malloc(h.disk.bytes);
    memcpy(h.start, h.disk.data, h.disk.bytes);
    h.disk.recording = true;
    WANT(ext4_mount(&fs, &h.disk.device, &mount) == 0);
    model_init(&h.model, fs, seed);
    h.model.durable = durable;
    h.names[0] = model_names_hash(&h.model);
    for (unsigned i = 1; i <= OPERATIONS; i++) {
        const char *why;

        memcpy(before, h.model.files, sizeof(before));
        h.begun[i] = h.disk.record_count;
        why = model_step(&h.model);
        if (why != NULL)
            return why;
        if (i % 50 == 0)
            WANT(ext4_tick(fs) == 0);
        h.names[i] = model_names_hash(&h.model);
        note_changes(before);
    }
    h.begun[OPERATIONS + 1] = h.disk.record_count;
    ext4_crash(fs);
    return NULL;
}

/* The disk when so many records had been begun. */
static void rebuild(struct disk *disk, size_t records)
{
    uint32_t epoch = records > 0 ? h.disk.records[records - 1].epoch : 0;
    uint32_t way = random_next(&h.random) % 3;

    if (records > 0 && h.disk.records[records - 1].length == 0)
        epoch++; /* the flush itself is over */
    memcpy(disk->data, h.start, disk->bytes);
    for (size_t i = 0; i < records; i++) {
        struct record record = h.disk.records[i];

        if (record.epoch == epoch && record.length > 0) {
            uint32_t chance = random_next(&h.random) % 16;

            if (way > 0 && chance < 6)
                continue; /* did not get there */
            if (way == 2 && chance < 8) /* torn */
                record.length = random_next(&h.random) % (record.length / SECTOR + 1) * SECTOR;
        }
        disk_apply(disk->data, &record);
    }
}

static const char *by_e2fsck(struct disk *disk, const char *path)
{
    int status;

    disk_save(disk, path);
    status = run("e2fsck -p %s", path);
    WANT(status == 0 || status == 1);
    WANT(run("e2fsck -fn %s", path) == 0);
    return NULL;
}

/* The operation that was under way. */
static uint32_t operation_at(size_t records)
{
    uint32_t operation = 0;

    while (operation < OPERATIONS && h.begun[operation + 1] < records)
        operation++;
    return operation;
}

static const char *check_names(struct ext4 *fs, size_t records)
{
    uint32_t last = operation_at(records), first = 0;
    uint64_t hash;

    for (unsigned i = 0; i < h.safe_count; i++)
        if (h.safe_at[i] <= records)
            first = h.safe[i];
    WANT(real_names_hash(fs, &hash));
    for (uint32_t i = first; i <= last; i++)
        if (h.names[i] == hash)
            return NULL;
    return "the names are those of no moment since the last sync";
}

/* Was the file changed after it was made durable, by what had begun before the power went? */
static bool changed_since(const struct synced *synced, size_t records)
{
    for (unsigned i = 0; i < h.change_count; i++)
        if (h.changes[i].slot == synced->slot && h.changes[i].operation > synced->operation &&
            h.begun[h.changes[i].operation] < records)
            return true;
    return false;
}

/* No file may show what its blocks held before they were its own. */
static bool shows_old(struct ext4 *fs)
{
    static uint8_t data[MODEL_BYTES + 1];

    for (unsigned i = 0; i < MODEL_FILES; i++) {
        const struct model_file *file = &h.model.files[i];
        size_t size = sizeof(data);

        if (!file->used || !S_ISREG(file->mode) ||
            ext4_read(fs, file->handle, 0, data, &size) != 0)
            continue;
        if (memchr(data, OLD_BYTE, size) != NULL)
            return true;
    }
    return false;
}

static const char *check_data(struct ext4 *fs, size_t records)
{
    static uint8_t data[MODEL_BYTES + 1];

    for (unsigned i = 0; i < h.synced_count; i++) {
        const struct synced *synced = &h.synced[i];
        size_t size = sizeof(data);

        if (synced->records > records || changed_since(synced, records))
            continue;
        WANT(ext4_read(fs, synced->file, 0, data, &size) == 0);
        WANT(size == synced->size && hash_bytes(7, data, size) == synced->hash);
    }
    return shows_old(fs) ? "a file shows old data of its blocks" : NULL;
}

static const char *by_us(struct disk *disk, size_t records, bool thorough)
{
    struct ext4_options mount = {0};
    struct ext4 *fs;
    const char *why;

    WANT(ext4_mount(&fs, &disk->device, &mount) == 0);
    why = check_names(fs, records);
    if (why == NULL)
        why = check_data(fs, records);
    WANT(ext4_unmount(fs) == 0);
    return why != NULL ? why : thorough ? check_image(disk) : NULL;
}

/* The same after e2fsck has replayed the journal. */
static const char *after_e2fsck(const char *path, size_t records)
{
    struct ext4_options mount = {.read_only = true};
    struct disk disk;
    struct ext4 *fs;
    const char *why;

    disk_load(&disk, path, 1u << 20);
    WANT(ext4_mount(&fs, &disk.device, &mount) == 0);
    why = check_names(fs, records);
    if (why == NULL)
        why = check_data(fs, records);
    ext4_crash(fs);
    disk_free(&disk);
    return why;
}

static const char *one_point(size_t records, bool thorough)
{
    struct disk disk;
    const char *why;
    char path[80];

    snprintf(path, sizeof(path), "%s/cut.img", folder);
    disk_load(&disk, path, 1u << 20);
    rebuild(&disk, records);
    snprintf(path, sizeof(path), "%s/point.img", folder);
    why = by_e2fsck(&disk, path);
    if (why == NULL)
        why = after_e2fsck(path, records);
    if (why == NULL)
        why = by_us(&disk, records, thorough);
    if (why != NULL && getenv("KEEP") != NULL) {
        rebuild(&disk, records);
        disk_save(&disk, getenv("KEEP"));
    }
    disk_free(&disk);
    return why;
}

static const char *points(const char *options, unsigned megabytes, unsigned count, uint32_t seed)
{
    static char wrong[300];
    const char *why = record(options, megabytes, seed);

    for (unsigned i = 0; i < count && why == NULL; i++) {
        size_t at = random_next(&h.random) % (h.disk.record_count + 1);

        /* Half of them just before a flush: then most is still on its way. */
        while (i % 2 == 0 && at < h.disk.record_count && h.disk.records[at].length > 0)
            at++;
        why = one_point(at, i % 8 == 0);
        if (why != NULL) {
            snprintf(wrong, sizeof(wrong), "after %zu of %zu records: %s", at, h.disk.record_count,
                     why);
            why = wrong;
        }
    }
    free(h.start);
    model_free(&h.model);
    disk_free(&h.disk);
    return why;
}

#define POINTS_A_RUN 100u

void cases_cut(unsigned count)
{
    for (unsigned done = 0, seed = 1; done < count; done += POINTS_A_RUN, seed++) {
        unsigned now = count - done < POINTS_A_RUN ? count - done : POINTS_A_RUN;
        char name[96];

        snprintf(name, sizeof(name), "power lost at %u points, blocks of %s, seed %u", now,
                 seed % 2 ? "1024" : "4096", seed);
        case_end(name, seed % 2 ? points("-b 1024", 12, now, seed)
                                : points("-b 4096", 24, now, seed));
    }
}
