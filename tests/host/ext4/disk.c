/* SPDX-License-Identifier: BSD-2-Clause */
#include "disk.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

char folder[64];

uint32_t random_next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static bool fails(struct disk *disk, uint64_t *left)
{
    if (*left == 0)
        return false;
    if (--*left > 0)
        return false;
    if (disk->forever)
        *left = 1;
    return true;
}

static void call_hook(struct disk *disk)
{
    if (disk->hook != NULL)
        disk->hook(disk);
}

static void check_memory(const struct disk *disk, const struct ext4_io *io)
{
    const uint8_t *memory = disk->device.memory;

    if (io->data < memory || io->data + io->length > memory + disk->device.memory_bytes ||
        io->position % SECTOR != 0 || io->length % SECTOR != 0 || io->length == 0) {
        printf("FAIL a transfer outside of the device's memory\n");
        abort();
    }
}

static int disk_read(void *self, struct ext4_io *ios, unsigned count)
{
    struct disk *disk = self;
    int result = 0;

    call_hook(disk);
    for (unsigned i = 0; i < count; i++) {
        check_memory(disk, &ios[i]);
        disk->reads++;
        ios[i].error = 0;
        if (ios[i].position + ios[i].length > disk->bytes)
            ios[i].error = EINVAL;
        else if (fails(disk, &disk->fail_read))
            ios[i].error = disk->fail_with;
        else
            memcpy(ios[i].data, disk->data + ios[i].position, ios[i].length);
        result = result != 0 ? result : ios[i].error;
    }
    return result;
}

static void add_record(struct disk *disk, uint64_t position, uint32_t length, const uint8_t *data)
{
    struct record *record;

    if (disk->record_count == disk->record_room) {
        disk->record_room = disk->record_room * 2 + 256;
        disk->records = realloc(disk->records, disk->record_room * sizeof(*disk->records));
    }
    record = &disk->records[disk->record_count++];
    *record = (struct record){position, length, disk->epoch, NULL};
    if (length > 0) {
        record->data = malloc(length);
        memcpy(record->data, data, length);
    }
}

static int disk_write(void *self, struct ext4_io *ios, unsigned count)
{
    struct disk *disk = self;
    int result = 0;

    call_hook(disk);
    for (unsigned i = 0; i < count; i++) {
        check_memory(disk, &ios[i]);
        disk->writes++;
        ios[i].error = 0;
        if (ios[i].position + ios[i].length > disk->bytes)
            ios[i].error = EINVAL;
        else if (fails(disk, &disk->fail_write))
            ios[i].error = disk->fail_with;
        else {
            memcpy(disk->data + ios[i].position, ios[i].data, ios[i].length);
            if (disk->recording)
                add_record(disk, ios[i].position, ios[i].length, ios[i].data);
        }
        result = result != 0 ? result : ios[i].error;
    }
    return result;
}

static int disk_flush(void *self)
{
    struct disk *disk = self;

    call_hook(disk);
    disk->flushes++;
    if (fails(disk, &disk->fail_flush))
        return disk->fail_with;
    if (disk->recording)
        add_record(disk, 0, 0, NULL);
    disk->epoch++;
    return 0;
}

static struct ext4_time disk_now(void *self)
{
    struct disk *disk = self;

    call_hook(disk);
    disk->clock += 1000003;
    return (struct ext4_time){1700000000 + disk->clock / 1000000000,
                              (uint32_t)(disk->clock % 1000000000)};
}

static uint32_t disk_random(void *self)
{
    struct disk *disk = self;

    call_hook(disk);
    return random_next(&disk->random);
}

static void disk_report(void *self, const char *text)
{
    struct disk *disk = self;

    snprintf(disk->said, sizeof(disk->said), "%s", text);
    if (disk->loud)
        printf("# %s\n", text);
}

void disk_load(struct disk *disk, const char *path, size_t cache)
{
    FILE *file = fopen(path, "rb");

    memset(disk, 0, sizeof(*disk));
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        printf("FAIL cannot open %s\n", path);
        exit(1);
    }
    disk->bytes = (uint64_t)ftell(file);
    rewind(file);
    disk->data = malloc(disk->bytes);
    if (fread(disk->data, 1, disk->bytes, file) != disk->bytes)
        exit(1);
    fclose(file);
    disk->random = 1;
    disk->fail_with = EIO;
    disk->device = (struct ext4_device){.self = disk,
                                        .bytes = disk->bytes,
                                        .memory = aligned_alloc(4096, cache),
                                        .memory_bytes = cache,
                                        .read = disk_read,
                                        .write = disk_write,
                                        .flush = disk_flush,
                                        .now = disk_now,
                                        .random = disk_random,
                                        .report = disk_report};
}

void disk_forget_records(struct disk *disk)
{
    for (size_t i = 0; i < disk->record_count; i++)
        free(disk->records[i].data);
    disk->record_count = 0;
    disk->epoch = 0;
}

void disk_free(struct disk *disk)
{
    disk_forget_records(disk);
    free(disk->records);
    free(disk->data);
    free(disk->device.memory);
    memset(disk, 0, sizeof(*disk));
}

void disk_apply(uint8_t *data, const struct record *record)
{
    if (record->length > 0)
        memcpy(data + record->position, record->data, record->length);
}

void disk_save(const struct disk *disk, const char *path)
{
    FILE *file = fopen(path, "wb");

    if (file == NULL || fwrite(disk->data, 1, disk->bytes, file) != disk->bytes ||
        fclose(file) != 0) {
        printf("FAIL cannot write %s\n", path);
        exit(1);
    }
}

int run(const char *format, ...)
{
    char command[2048], all[2304];
    va_list arguments;
    int status;

    va_start(arguments, format);
    vsnprintf(command, sizeof(command), format, arguments);
    va_end(arguments);
    snprintf(all, sizeof(all), "(%s) >%s/log 2>&1", command, folder);
    status = system(all);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

void test_folder(void)
{
    snprintf(folder, sizeof(folder), "/dev/shm/tessera-ext4-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        snprintf(folder, sizeof(folder), "/tmp/tessera-ext4-XXXXXX");
        if (mkdtemp(folder) == NULL)
            exit(1);
    }
}

void test_folder_remove(void)
{
    char command[96];

    snprintf(command, sizeof(command), "rm -rf %s", folder);
    if (system(command) != 0)
        printf("# %s is left behind\n", folder);
}
