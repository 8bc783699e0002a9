/* SPDX-License-Identifier: BSD-2-Clause */
/* What files cost that are in memory: client, ramfs and kernel. Run by tools/bench. */
#include <bench/mark.h>
#include <filelib/files.h>
#include <rt/guard.h>
#include <rt/memory.h>
#include <rt/program.h>

#define RUNS 200u
#define PAGE 4096u

static uint8_t data[PAGE] __attribute__((aligned(PAGE)));
static struct files_place file;

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

static void reads(void)
{
    size_t done = 0;

    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_file_write);
        RT_CHECK(files_write(&file, i % 16 * PAGE, data, PAGE, &done) == FILE_OK);
        END(PATH_file_write);
    }
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_file_read);
        RT_CHECK(files_read(&file, i % 16 * PAGE, data, PAGE, &done) == FILE_OK);
        END(PATH_file_read);
        RT_CHECK(done == PAGE);
    }
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_file_window);
        RT_CHECK(files_read_part(file.connection, file.attributes.file, i % 16 * PAGE, 0, PAGE,
                                 &done) == FILE_OK);
        END(PATH_file_window);
    }
}

static void mapped(void)
{
    cap_t frame = 0;
    uint32_t size;
    const void *page;

    RT_CHECK(files_map(file.connection, file.attributes.file, 3, &frame, &size) == FILE_OK);
    page = rt_frames_map(frame, 1, MAP_READ);
    RT_CHECK(page != NULL && size == PAGE);
    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_file_mapped);
        RT_CHECK(rt_guard_copy(data, page, PAGE));
        END(PATH_file_mapped);
    }
}

static void names(void)
{
    struct files_connection *c = file.connection;
    struct file_attributes found;
    enum file_stop stop;
    uint32_t taken;

    for (unsigned i = 0; i < RUNS; i++) {
        BEGIN(PATH_file_attributes);
        RT_CHECK(files_lookup(c, c->root, 0, "usr/share/text", 14, &stop, &taken, &found) ==
                 FILE_OK);
        END(PATH_file_attributes);
        RT_CHECK(stop == FILE_STOP_END);
    }
    for (unsigned i = 0; i < RUNS; i++) {
        struct files_place place;

        BEGIN(PATH_file_path);
        RT_CHECK(files_find("/usr/share/text", true, &place) == FILE_OK);
        END(PATH_file_path);
    }
}

int main(void)
{
    struct files_place directory;

    RT_CHECK(rt_guard_begin());
    MARK(MARK_BEGIN, PATH_BOOT);
    make("/usr", FILE_KIND_DIRECTORY, &directory);
    make("/usr/share", FILE_KIND_DIRECTORY, &directory);
    make("/usr/share/text", FILE_KIND_REGULAR, &file);
    reads();
    mapped();
    names();
    rt_say(2, "bench: done");
    return 0;
}
