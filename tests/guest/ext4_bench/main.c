/* SPDX-License-Identifier: BSD-2-Clause */
/* What files cost that are on a disk: client, ext4, driver and kernel. Run by tools/bench. */
#include <bench/mark.h>
#include <filelib/files.h>
#include <rt/format.h>
#include <rt/guard.h>
#include <rt/memory.h>
#include <rt/program.h>

#define RUNS  100u
#define PAGE  4096u
#define CHUNK 65536u
#define LARGE (40u << 20) /* several times the cache */

static uint8_t data[CHUNK] __attribute__((aligned(PAGE)));
static struct files_place small, large;

static void make(const char *path, enum file_kind kind, struct files_place *made)
{
    struct files_place directory;
    char name[FILE_NAME_MAX + 1];
    size_t size;

    RT_CHECK(files_parent(path, &directory, name, &size) == FILE_OK);
    RT_CHECK(files_make(directory.connection, directory.attributes.file, name, size, kind, 0755, 0,
                        &made->attributes) == FILE_OK);
    made->connection = directory.connection;
}

static void fill(const struct files_place *file, uint64_t size)
{
    size_t done;

    for (uint64_t at = 0; at < size; at += CHUNK)
        RT_CHECK(files_write(file, at, data, CHUNK, &done) == FILE_OK && done == CHUNK);
    RT_CHECK(files_sync(file->connection, file->attributes.file, FILE_EXTENT_ALL) == FILE_OK);
}

/* The large file was written to its end: its start is not in the cache any more. */
static void cold(void)
{
    size_t done;

    for (uint64_t at = 0; at < 16; at++) {
        BEGIN(PATH_ext4_mib);
        for (unsigned i = 0; i < (1u << 20) / CHUNK; i++)
            RT_CHECK(files_read_part(large.connection, large.attributes.file,
                                     (at << 20) + i * CHUNK, 0, CHUNK, &done) == FILE_OK);
        END(PATH_ext4_mib);
    }
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_ext4_cold);
        RT_CHECK(files_read_part(large.connection, large.attributes.file,
                                 (20ul << 20) + (i * 37 % RUNS) * 2 * CHUNK % (16u << 20), 0, PAGE,
                                 &done) == FILE_OK);
        END(PATH_ext4_cold);
    }
}

static void cached(void)
{
    size_t done = 0;

    fill(&small, CHUNK);
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_ext4_read);
        RT_CHECK(files_read(&small, i % 16 * PAGE, data, PAGE, &done) == FILE_OK);
        END(PATH_ext4_read);
    }
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_ext4_write);
        RT_CHECK(files_write(&small, i % 16 * PAGE, data, PAGE, &done) == FILE_OK);
        END(PATH_ext4_write);
    }
    for (unsigned i = 0; i < RUNS; i++) {
        struct files_place place;

        BEGIN(PATH_ext4_path);
        RT_CHECK(files_find("/usr/share/text", true, &place) == FILE_OK);
        END(PATH_ext4_path);
    }
}

static void mapped(void)
{
    cap_t frame = 0;
    uint32_t size;
    const void *page;

    RT_CHECK(files_map(small.connection, small.attributes.file, 3, &frame, &size) == FILE_OK);
    page = rt_frames_map(frame, 1, MAP_READ);
    RT_CHECK(page != NULL && size == PAGE);
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_ext4_mapped);
        RT_CHECK(rt_guard_copy(data, page, PAGE));
        END(PATH_ext4_mapped);
    }
}

static void asked(void)
{
    struct files_connection *c = small.connection;
    struct file_attributes found;
    enum file_stop stop;
    uint32_t taken;

    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_ext4_attributes);
        RT_CHECK(files_lookup(c, c->root, 0, "usr/share/text", 14, &stop, &taken, &found) ==
                 FILE_OK);
        END(PATH_ext4_attributes);
        RT_CHECK(stop == FILE_STOP_END);
    }
}

static void names(const struct files_place *directory)
{
    for (unsigned i = 0; i < RUNS; i++) {
        struct file_attributes made;
        char name[24];
        size_t size = rt_format(name, sizeof(name), "name-%u", i);

        BEGIN(PATH_ext4_create);
        RT_CHECK(files_make(directory->connection, directory->attributes.file, name, size,
                            FILE_KIND_REGULAR, 0644, 0, &made) == FILE_OK);
        END(PATH_ext4_create);
    }
}

int main(void)
{
    struct files_place directory;

    RT_CHECK(rt_guard_begin());
    MARK(MARK_BEGIN, PATH_BOOT);
    make("/usr", FILE_KIND_DIRECTORY, &directory);
    make("/usr/share", FILE_KIND_DIRECTORY, &directory);
    make("/usr/share/text", FILE_KIND_REGULAR, &small);
    make("/usr/share/large", FILE_KIND_REGULAR, &large);
    fill(&large, LARGE);
    cold();
    cached();
    mapped();
    asked();
    names(&directory);
    rt_say(2, "bench: done");
    return 0;
}
