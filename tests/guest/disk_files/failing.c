/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disks that fail, or go away, as a client of ext4 sees it. tests/qemu/ext4_errors.py says what
 * fails: block BAD of `from-host`, the directory `shut`, the journal, flushes, all.
 */
#include "disk_files.h"

#include <rt/bytes.h>
#include <rt/program.h>

#define BAD   5u /* block of `from-host` */
#define BLOCK 4096u

static enum file_error make(const char *name, struct file_attributes *made)
{
    return files_make(&files, root, name, rt_length(name), FILE_KIND_REGULAR, 0600, 0, made);
}

/* Nothing else is the worse for it. */
static void goes_on(void)
{
    struct file_attributes made;
    enum file_error error = make("after", &made);

    if (error == FILE_OK)
        error = fill(made.file, 3 * BLOCK);
    if (error == FILE_OK)
        error = files_sync(&files, root, FILE_EXTENT_ALL);
    check_value(error == FILE_OK, "all else goes on", error);
}

static enum file_error read_block(unsigned block)
{
    struct file_attributes file;
    enum file_error error = find("from-host", &file);
    size_t done = 0;

    if (error == FILE_OK)
        error = files_read_part(&files, file.file, block * BLOCK, 0, BLOCK, &done);
    return error == FILE_OK && done != BLOCK ? FILE_E_BEYOND_END : error;
}

static void failing_reads(void)
{
    enum file_error error = read_block(BAD);

    check_value(error == FILE_E_IO, "a block that cannot be read", error);
    error = read_block(BAD - 1) != FILE_OK ? read_block(BAD - 1) : read_block(BAD + 1);
    check_value(error == FILE_OK, "those beside it can", error);
    error = read_block(BAD);
    check_value(error == FILE_E_IO, "it is told each time", error);
    goes_on();
}

static void failing_directory(void)
{
    struct file_attributes file;
    enum file_error error = find("shut/inside", &file);

    check_value(error == FILE_E_IO, "a directory that cannot be read", error);
    goes_on();
}

static void failing_writes(void)
{
    struct file_attributes file;
    enum file_error error = find("from-host", &file), told;
    uint64_t after;
    size_t done;

    memset(files_data(&files), 'x', BLOCK);
    if (error == FILE_OK)
        error = files_write_part(&files, file.file, BAD * BLOCK, 0, BLOCK, 0, &done, &after);
    check_value(error == FILE_OK, "a write is taken", error);
    told = files_sync(&files, file.file, FILE_EXTENT_FILE);
    check_value(told == FILE_E_IO, "the sync says that it did not get to the disk", told);
    told = files_sync(&files, file.file, FILE_EXTENT_FILE);
    check_value(told == FILE_OK, "once", told);
    goes_on();
}

/* A commit that fails: the journal is aborted, as on Linux. */
static void aborted(enum file_error error)
{
    struct file_attributes made;

    check_value(error == FILE_E_IO, "a commit that fails is told", error);
    error = make("more", &made);
    check_value(error == FILE_E_READ_ONLY, "after it nothing can be changed", error);
    error = find("from-host", &made);
    check_value(error == FILE_OK, "reading goes on", error);
}

static void failing_commit(void)
{
    struct file_attributes made;
    enum file_error error = make("file", &made);

    check_value(error == FILE_OK, "a file is made", error);
    aborted(files_sync(&files, root, FILE_EXTENT_ALL));
}

/* A disk that answers no more, or whose flushes fail from some moment on. Whatever is tried until
 * then succeeds; then the first sync fails. */
static void gone(void)
{
    enum file_error error = FILE_OK;
    struct file_attributes file;

    rt_say(2, "take the disk away");
    if (find("from-host", &file) != FILE_OK)
        error = FILE_E_NOT_FOUND;
    while (error == FILE_OK) {
        error = fill(file.file, BLOCK);
        if (error == FILE_OK)
            error = files_sync(&files, file.file, FILE_EXTENT_FILE);
    }
    check_value(error == FILE_E_IO, "a disk that goes away", error);
    for (unsigned i = 0; i < 10 && error == FILE_E_IO; i++) {
        error = make("more", &file);
        if (error == FILE_OK || error == FILE_E_EXISTS)
            error = files_sync(&files, root, FILE_EXTENT_ALL);
    }
    check_value(error == FILE_E_READ_ONLY, "then nothing can be changed", error);
    error = find("test", &file);
    check_value(error == FILE_OK, "what is cached can be read", error);
}

void failing_disk(char what)
{
    switch (what) {
    case 'r': failing_reads(); break;
    case 'd': failing_directory(); break;
    case 'w': failing_writes(); break;
    case 'j': failing_commit(); break;
    case 'e':
    case 'g': gone(); break;
    default: check_value(false, "a known test", (word_t)what);
    }
}
