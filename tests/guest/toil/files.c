/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A handful of files below the mount that the manifest gives, and what must be in them. Each word
 * follows from its file's version and its place, so a file is checked without a copy of it.
 */
#include <filelib/files.h>
#include <rt/bytes.h>
#include <rt/format.h>
#include <rt/program.h>

#include "toil.h"

#define FILES    6u
#define LARGEST 24576u
#define PIECE    4096u
#define SAID_MAX 20u

/* An error that a call ended with, for who reads the log: of a file system that can only be read
 * from now on there would be no end of them, and root ends who floods it with lines. */
static enum result told(const char *call, unsigned file, enum file_error error)
{
    static unsigned said;

    if (said++ < SAID_MAX)
        rt_say(1, "%s of file %u: %s (%u)", call, file, files_error_text(error), (unsigned)error);
    return TOLD;
}

static enum result wrong(const char *what, unsigned file, size_t have, size_t wanted)
{
    rt_say(0, "file %u: wrong %s: %lu, not %lu", file, what, have, wanted);
    return WRONG;
}

/* What is known of a file: nothing, that it is not there, or what is in it. */
struct model {
    enum { UNKNOWN, ABSENT, PRESENT } state;
    uint64_t version;
    size_t size;
};

static struct model models[FILES];
static uint64_t versions;

/* Eight bytes at a time: a turn that computes for long would be part of every pause. */
static uint64_t word_of(uint64_t version, size_t at)
{
    uint64_t x = (version * 0x9e3779b97f4a7c15ul) ^ ((at / 8 + 1) * 0xbf58476d1ce4e5b9ul);

    return x ^ x >> 29;
}

/* What is in a file from a multiple of 8 on. */
static void fill(uint64_t words[PIECE / 8], uint64_t version, size_t at)
{
    for (size_t i = 0; i < PIECE / 8; i++)
        words[i] = word_of(version, at + i * 8);
}

static bool is_part(const uint64_t words[PIECE / 8 + 1], uint64_t version, size_t at, size_t bytes)
{
    uint64_t last = word_of(version, at + bytes / 8 * 8);

    for (size_t i = 0; i < bytes / 8; i++)
        if (words[i] != word_of(version, at + i * 8))
            return false;
    return memcmp(&words[bytes / 8], &last, bytes % 8) == 0;
}

static const char *path_of(unsigned file)
{
    static char path[2][40];
    static unsigned turn;
    struct files_mount *mounts;

    turn ^= 1;
    rt_format(path[turn], sizeof path[turn], "%s/toil-%u",
              files_mounts(&mounts) > 0 ? mounts[0].path : "", file);
    return path[turn];
}

static enum result write_file(unsigned file)
{
    static uint64_t words[PIECE / 8];
    struct model *m = &models[file];
    struct files_place place;
    enum file_error error;
    size_t size = random_word() % LARGEST;

    m->state = UNKNOWN;
    m->version = ++versions;
    error = files_create(path_of(file), 0644, &place);
    if (error != FILE_OK)
        return told("create", file, error);
    for (size_t at = 0; at < size;) {
        size_t piece = size - at < PIECE ? size - at : PIECE, done = 0;

        fill(words, m->version, at);
        error = files_write(&place, at, words, piece, &done);
        if (done < piece)
            done = done / 8 * 8;
        if (error != FILE_OK || done == 0)
            return told("write", file, error);
        at += done;
    }
    m->size = size;
    m->state = PRESENT;
    return RIGHT;
}

static enum result read_file(unsigned file)
{
    static uint64_t words[PIECE / 8 + 1];
    const struct model *m = &models[file];
    struct files_place place;
    enum file_error error = files_find(path_of(file), true, &place);

    if (m->state == ABSENT && error == FILE_E_NOT_FOUND)
        return RIGHT;
    if (error != FILE_OK && error != FILE_E_NOT_FOUND)
        return told("lookup", file, error);
    if (m->state == ABSENT || error == FILE_E_NOT_FOUND)
        return wrong("presence", file, error == FILE_OK, m->state == PRESENT);
    if (place.attributes.size != m->size)
        return wrong("size", file, place.attributes.size, m->size);
    for (size_t at = 0; at < m->size;) {
        size_t done = 0;

        error = files_read(&place, at, words, PIECE, &done);
        if (error != FILE_OK)
            return told("read", file, error);
        if (!is_part(words, m->version, at, done))
            return wrong("bytes", file, at, m->size);
        if (at + done < m->size)
            done = done / 8 * 8;
        if (done == 0)
            return wrong("end", file, at, m->size);
        at += done;
    }
    return RIGHT;
}

static enum result remove_file(unsigned file)
{
    char name[FILE_NAME_MAX + 1];
    struct files_place directory;
    enum file_error error;
    size_t size;

    models[file].state = UNKNOWN;
    error = files_parent(path_of(file), &directory, name, &size);
    if (error == FILE_OK)
        error = files_remove(directory.connection, directory.attributes.file, name, size, false);
    if (error != FILE_OK)
        return told("remove", file, error);
    models[file].state = ABSENT;
    return RIGHT;
}

static enum result rename_file(unsigned from, unsigned to)
{
    char name[FILE_NAME_MAX + 1], other[FILE_NAME_MAX + 1];
    struct files_place directory;
    struct model moved = models[from];
    enum file_error error;
    size_t size, other_size;

    models[from].state = models[to].state = UNKNOWN;
    error = files_parent(path_of(to), &directory, other, &other_size);
    if (error == FILE_OK)
        error = files_parent(path_of(from), &directory, name, &size);
    if (error == FILE_OK)
        error = files_rename(directory.connection, directory.attributes.file, name, size,
                             directory.attributes.file, other, other_size, FILE_REPLACE_YES);
    if (error != FILE_OK)
        return told("rename", from, error);
    models[from].state = ABSENT;
    models[to] = moved;
    return RIGHT;
}

enum result on_files(void)
{
    unsigned file = (unsigned)(random_word() % FILES), other = (unsigned)(random_word() % FILES);
    enum result result;

    if (models[file].state == UNKNOWN)
        return write_file(file);
    switch (random_word() % 8) {
    case 0:
    case 1:
        return write_file(file);
    case 2:
        return models[file].state == PRESENT ? remove_file(file) : RIGHT;
    case 3:
        return models[file].state == PRESENT && file != other ? rename_file(file, other) : RIGHT;
    default:
        result = read_file(file);
        if (result != RIGHT)
            models[file].state = UNKNOWN; /* told once */
        return result;
    }
}
