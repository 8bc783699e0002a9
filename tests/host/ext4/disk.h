/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A disk in memory for the tests of lib/ext4: it can record every write and flush, so that what a
 * loss of power would have left can be made again, and can fail on demand.
 */
#ifndef TEST_EXT4_DISK_H
#define TEST_EXT4_DISK_H

#include <ext4/ext4.h>
#include <stdio.h>

#define SECTOR 512u

/** One write, or a flush (length 0). */
struct record {
    uint64_t position;
    uint32_t length;
    uint32_t epoch; /* flushes before it */
    uint8_t *data;
};

struct disk {
    uint8_t *data;
    uint64_t bytes;
    struct ext4_device device;
    bool recording;
    struct record *records;
    size_t record_count, record_room;
    uint32_t epoch;
    uint64_t reads, writes, flushes;
    /* Errors: the n-th next operation of a kind fails, and all after it if `forever`. 0: none. */
    uint64_t fail_read, fail_write, fail_flush;
    bool forever;
    int fail_with;
    bool loud;
    uint32_t random;
    int64_t clock;
    char said[160]; /* the last report */
    void (*hook)(struct disk *disk); /* called whenever the file system calls anything here */
};

/** Make a disk of an image file. @param cache bytes */
void disk_load(struct disk *disk, const char *path, size_t cache);
void disk_free(struct disk *disk);
void disk_save(const struct disk *disk, const char *path);
/** The disk as it was when recording began, with some of the records carried out. */
void disk_forget_records(struct disk *disk);
void disk_apply(uint8_t *data, const struct record *record);

/** Run a command; its output goes to the file `log` in the test's folder. @return exit status */
int run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** The test's own folder, made by test_folder(). */
extern char folder[64];
void test_folder(void);
void test_folder_remove(void);

uint32_t random_next(uint32_t *state);

#endif
