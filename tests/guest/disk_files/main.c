/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of a disk, seen by a client of ext4. What is tested stands in the file `test` on the
 * disk, so that one boot image serves all boots of tests/qemu/ext4.py; what the host has put there
 * is in `from-host`, and the host looks at what this leaves in `made`.
 */
#include "disk_files.h"

#include <proto/supervisor.h>
#include <rt/bytes.h>
#include <rt/format.h>
#include <rt/memory.h>
#include <rt/program.h>

#define PAGES 36u
#define VAULT_BYTES (1ul << 20) /* ext4's, by its manifest */

struct files_connection files;
struct file_handle root;

enum file_error find(const char *path, struct file_attributes *to)
{
    enum file_stop stop;
    uint32_t taken;
    enum file_error error = files_lookup(&files, root, 0, path, rt_length(path), &stop, &taken, to);

    return error != FILE_OK ? error : stop == FILE_STOP_END ? FILE_OK : FILE_E_NOT_FOUND;
}

/* Bytes that depend on their place. */
static uint8_t byte_at(uint64_t offset)
{
    return (uint8_t)(offset * 7 + (offset >> 8) * 13);
}

static void read_from_host(void)
{
    struct file_attributes a;
    enum file_error error = find("from-host", &a);
    uint64_t offset = 0;
    size_t done = 1;

    while (error == FILE_OK && done > 0) {
        error = files_read_part(&files, a.file, offset, 0, files_room(&files), &done);
        for (size_t i = 0; error == FILE_OK && i < done; i++)
            if (files_data(&files)[i] != byte_at(offset + i))
                error = FILE_E_DAMAGED;
        offset += done;
    }
    check_value(error == FILE_OK && offset == a.size && offset > 1000000,
                "what the host wrote is read", error);
}

enum file_error fill(struct file_handle file, uint64_t size)
{
    enum file_error error = FILE_OK;
    uint64_t after;
    size_t done;

    for (uint64_t at = 0; at < size && error == FILE_OK; at += done) {
        size_t piece = size - at < files_room(&files) ? size - at : files_room(&files);

        for (size_t i = 0; i < piece; i++)
            files_data(&files)[i] = byte_at(at + i);
        error = files_write_part(&files, file, at, 0, piece, 0, &done, &after);
    }
    return error;
}

static void make_files(void)
{
    struct file_attributes directory, file;
    enum file_error error;
    char name[24];

    error = files_make(&files, root, "made", 4, FILE_KIND_DIRECTORY, 0755, 0, &directory);
    check_value(error == FILE_OK, "a directory is made", error);
    error = files_make(&files, directory.file, "big", 3, FILE_KIND_REGULAR, 0644, 0, &file);
    if (error == FILE_OK)
        error = fill(file.file, 3 << 20);
    check_value(error == FILE_OK, "3 MiB are written", error);
    for (unsigned i = 0; i < 500 && error == FILE_OK; i++) {
        rt_format(name, sizeof(name), "name-%u", i);
        error = files_make(&files, directory.file, name, rt_length(name), FILE_KIND_REGULAR, 0600,
                           0, &file);
    }
    check_value(error == FILE_OK, "500 files are made", error);
    for (unsigned i = 0; i < 500 && error == FILE_OK; i += 2) {
        rt_format(name, sizeof(name), "name-%u", i);
        error = files_remove(&files, directory.file, name, rt_length(name), false);
    }
    check_value(error == FILE_OK, "250 are removed", error);
    error = files_rename(&files, directory.file, "name-1", 6, root, "moved", 5, FILE_REPLACE_YES);
    check_value(error == FILE_OK, "one is moved", error);
    error = files_make_link(&files, directory.file, "link", 4, "../moved", 8, &file);
    check_value(error == FILE_OK, "a symbolic link is made", error);
}

static unsigned count_entries(struct file_handle directory)
{
    unsigned count = 0;
    uint64_t cookie = 0;
    bool end = false;

    while (!end) {
        size_t done;

        if (files_read_entries(&files, directory, cookie, 0, 4096, &done, &end) != FILE_OK)
            return 0;
        for (size_t at = 0; at < done;) {
            struct {
                uint64_t inode, generation, cookie;
                uint16_t size;
            } head;

            memcpy(&head, files_data(&files) + at, 26);
            cookie = head.cookie;
            at += head.size;
            count++;
        }
    }
    return count;
}

static void list(void)
{
    struct file_attributes directory;
    enum file_error error = find("made", &directory);
    unsigned count = error == FILE_OK ? count_entries(directory.file) : 0;

    check_value(count == 251, "all names are listed", count);
}

/* The server dies; a file that was open and has no name is still there. */
static void kill_server(void)
{
    struct file_attributes made, file;
    enum file_error error = find("made", &made);
    size_t done = 0;
    uint64_t after;
    cap_t root_server = rt_uses("supervisor");

    error = files_make(&files, made.file, "open", 4, FILE_KIND_REGULAR, 0600, FILE_OPEN, &file);
    memset(files_data(&files), 'x', 1000);
    if (error == FILE_OK)
        error = files_write_part(&files, file.file, 0, 0, 1000, 0, &done, &after);
    if (error == FILE_OK)
        error = files_remove(&files, made.file, "open", 4, false);
    check_value(error == FILE_OK, "an open file loses its name", error);
    check_value(supervisor_restart(root_server, "ext4") == SUPERVISOR_OK, "the server is ended", 0);
    memset(files_data(&files), 0, 1000);
    error = files_read_part(&files, file.file, 0, 0, 2000, &done);
    check_value(error == FILE_OK && done == 1000 && files_data(&files)[999] == 'x',
          "the next one has the file without a name, never synced", error);
    check_value(files.attaches > 1, "it was another one", files.attaches);
    error = files_close(&files, file.file);
    check_value(error == FILE_OK &&
                    files_read_part(&files, file.file, 0, 0, 10, &done) == FILE_E_STALE,
                "closed, it is gone", error);
    list();
}

static const uint8_t *map_first(struct file_handle file, enum file_error *error)
{
    uint32_t size = 0;
    cap_t frame = 0;

    *error = files_map(&files, file, 0, &frame, &size);
    return *error == FILE_OK && size == 4096 ? rt_frames_map(frame, 1, MAP_READ) : NULL;
}

/* Is a page that was shown there, and the file's first one? */
static bool shows(const uint8_t *page)
{
    static uint8_t copy[4096];
    bool right = page != NULL && rt_guard_copy(copy, page, sizeof(copy));

    for (size_t i = 0; right && i < sizeof(copy); i++)
        right = copy[i] == byte_at(i);
    return right;
}

static bool gone(const uint8_t *page)
{
    uint8_t byte;

    return page != NULL && !rt_guard_copy(&byte, page, 1);
}

/* Pages of the cache are seen by who mapped them for as long as they are the file's. */
static void map_pages(struct file_handle directory, bool pages)
{
    struct file_attributes file, other;
    enum file_error error;
    const uint8_t *page;
    uint64_t after;
    size_t done;

    error = files_make(&files, directory, "mapped", 6, FILE_KIND_REGULAR, 0600, 0, &file);
    if (error == FILE_OK)
        error = fill(file.file, 8192);
    page = map_first(file.file, &error);
    if (!pages) {
        check_value(error == FILE_E_NOT_SUPPORTED, "blocks that are no pages are not mapped",
                    error);
        return;
    }
    check_value(shows(page), "a page of the cache is mapped", error);
    error = files_make(&files, directory, "much", 4, FILE_KIND_REGULAR, 0600, 0, &other);
    if (error == FILE_OK)
        error = fill(other.file, 24 << 20); /* three caches: what was used has a second chance */
    check_value(error == FILE_OK && gone(page), "taken back when the cache needs it for others",
                error);
    page = map_first(file.file, &error);
    check_value(shows(page), "mapped again", error);
    error = files_remove(&files, directory, "much", 4, false);
    if (supervisor_restart(rt_uses("supervisor"), "ext4") == SUPERVISOR_OK)
        error = files_read_part(&files, file.file, 0, 0, 16, &done);
    check_value(error == FILE_OK && gone(page), "taken back when the server is a new one", error);
    page = map_first(file.file, &error);
    files_data(&files)[0] = byte_at(0) ^ 1;
    if (shows(page))
        error = files_write_part(&files, file.file, 0, 0, 1, 0, &done, &after);
    check_value(error == FILE_OK && page != NULL && !gone(page) && !shows(page), "writes show",
                error);
    error = files_remove(&files, directory, "mapped", 6, false);
    check_value(error == FILE_OK && gone(page), "taken back when the file is removed", error);
}

static void full_disk(void)
{
    struct file_attributes file;
    enum file_error error = files_make(&files, root, "fill", 4, FILE_KIND_REGULAR, 0600, 0, &file);
    struct file_space space;

    if (error == FILE_OK)
        error = fill(file.file, 1ull << 30);
    check_value(error == FILE_E_NO_SPACE, "a full disk says so", error);
    error = files_space(&files, &space);
    check_value(error == FILE_OK && space.free < 100, "nothing is free", space.free);
    error = files_remove(&files, root, "fill", 4, false);
    if (error == FILE_OK)
        error = files_sync(&files, root, FILE_EXTENT_ALL);
    if (error == FILE_OK)
        error = files_space(&files, &space);
    check_value(error == FILE_OK && space.free > 1000, "removed, all is free again", space.free);
}

/* What driver, partition and file system have taken, with the region that is the cache: it is
 * among platform's memory. */
static void memory(void)
{
    static const char *const names[] = {"virtio_blk", "partition", "ext4", "platform"};
    struct supervisor_status status = {0};
    struct file_attributes file;
    word_t sum = VAULT_BYTES;
    enum file_error error;

    error = files_make(&files, root, "much", 4, FILE_KIND_REGULAR, 0600, 0, &file);
    if (error == FILE_OK)
        error = fill(file.file, 40 << 20);
    check_value(error == FILE_OK, "several times the cache is written", error);
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (supervisor_query(rt_uses("supervisor"), names[i], &status) != SUPERVISOR_OK)
            sum += 1ul << 40;
        rt_say(2, "%s: %lu KiB", names[i], status.memory_bytes / 1024);
        sum += status.memory_bytes;
    }
    rt_say(2, "memory: %lu KiB", sum / 1024);
    check_value(sum <= 16ul << 20, "driver and file system have at most 16 MiB", sum);
}

int main(void)
{
    struct file_attributes test;
    struct file_space space;
    enum file_error error = files_connect(&files, rt_uses("file"), PAGES);
    size_t done = 0;

    RT_CHECK(rt_guard_begin());
    root = files.root;
    if (error == FILE_OK)
        error = find("test", &test);
    if (error == FILE_OK)
        error = files_read_part(&files, test.file, 0, 0, 16, &done);
    check_value(error == FILE_OK && done > 0, "the disk says what to test", error);
    switch (done > 0 ? files_data(&files)[0] : 0) {
    case 'a':
        read_from_host();
        make_files();
        list();
        kill_server();
        if (find("made", &test) == FILE_OK && files_space(&files, &space) == FILE_OK)
            map_pages(test.file, space.block_size == 4096);
        break;
    case 'f': full_disk(); break;
    case 'm': memory(); break;
    default:
        failing_disk(done > 0 ? (char)files_data(&files)[0] : 0);
        return check_end();
    }
    (void)files_sync(&files, root, FILE_EXTENT_ALL);
    return check_end();
}
