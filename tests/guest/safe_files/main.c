/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes, fills, extends, renames and removes files on a disk whose writes are recorded, and says
 * `safe N` when everything of round N is synchronized. See tests/qemu/powercut_files.py, which
 * knows the same rules, and cuts the power anywhere.
 */
#include <filelib/connection.h>
#include <rt/bytes.h>
#include <rt/format.h>
#include <rt/program.h>

#define PAGES  36u
#define ROUNDS 48u
#define KEPT   6u /* files that are there at a time: the one of KEPT rounds ago is removed */

static struct files_connection files;
static struct file_handle root;

static void must(enum file_error error, const char *what)
{
    if (error != FILE_OK)
        rt_fail(__FILE__, __LINE__, "%s: error %x", what, (unsigned)error);
}

static uint8_t byte_at(unsigned round, uint32_t offset)
{
    return (uint8_t)(offset * 7 + (offset >> 8) * 13 + round * 31);
}

static uint32_t size_of(unsigned round)
{
    return 1 + round * 7919u % 90000u;
}

static size_t name_of(char name[static 24], const char *what, unsigned round)
{
    return rt_format(name, 24, "%s-%u", what, round);
}

static void write_part(struct file_handle file, unsigned round, uint32_t from, uint32_t to)
{
    size_t done;
    uint64_t after;

    for (uint32_t at = from; at < to; at += (uint32_t)done) {
        size_t part = to - at < files_room(&files) ? to - at : files_room(&files);

        for (size_t i = 0; i < part; i++)
            files_data(&files)[i] = byte_at(round, at + (uint32_t)i);
        must(files_write_part(&files, file, at, 0, part, 0, &done, &after), "write");
    }
}

/* In two parts, with a synchronization between, under a name for the time being; then it takes the
 * place of one that has that name already, in every second round. */
static void make(unsigned round)
{
    struct file_attributes a;
    char name[24], other[24];
    size_t size = name_of(name, "temporary", round), other_size = name_of(other, "file", round);

    must(files_make(&files, root, name, size, FILE_KIND_REGULAR, 0644, 0, &a), "make");
    write_part(a.file, round, 0, size_of(round) / 2);
    must(files_sync(&files, a.file, FILE_EXTENT_DATA), "synchronize data");
    write_part(a.file, round, size_of(round) / 2, size_of(round));
    must(files_sync(&files, a.file, FILE_EXTENT_FILE), "synchronize a file");
    if (round % 2 == 0) {
        struct file_attributes old;

        must(files_make(&files, root, other, other_size, FILE_KIND_REGULAR, 0600, 0, &old),
             "make the old one");
    }
    must(files_rename(&files, root, name, size, root, other, other_size, FILE_REPLACE_YES),
         "rename");
}

int main(void)
{
    char name[24];

    must(files_connect(&files, rt_uses("file"), PAGES), "connect");
    root = files.root;
    for (unsigned round = 1; round <= ROUNDS; round++) {
        make(round);
        if (round > KEPT)
            must(files_remove(&files, root, name, name_of(name, "file", round - KEPT), false),
                 "remove");
        must(files_sync(&files, root, FILE_EXTENT_ALL), "synchronize all");
        rt_say(2, "safe %u", round);
    }
    rt_say(2, "recorded");
    return 0;
}
