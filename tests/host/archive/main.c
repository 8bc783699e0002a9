/* SPDX-License-Identifier: BSD-2-Clause */
/* An archive made here, read; then cut off at each length, and damaged at random. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operations.h"

#define MUTANTS 30000

static unsigned passed, failed;
static unsigned char image[65536];
static size_t used;

bool files_copy(void *to, const void *from, size_t size)
{
    memcpy(to, from, size);
    return true;
}

static void report(const char *name, bool good)
{
    printf("%s %s%s\n", good ? "ok" : "FAIL", name, good ? "" : ": it is not so");
    *(good ? &passed : &failed) += 1;
}

static void put(const char *name, unsigned mode, const void *data, size_t size)
{
    used += (size_t)sprintf((char *)image + used,
                            "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1u, mode,
                            5u, 6u, 1u, 77u, (unsigned)size, 0u, 0u, 3u, 4u,
                            (unsigned)strlen(name) + 1, 0u);
    strcpy((char *)image + used, name);
    used = (used + strlen(name) + 1 + 3) / 4 * 4;
    memcpy(image + used, data, size);
    used = (used + size + 3) / 4 * 4;
}

static void make(void)
{
    memset(image, 0, sizeof(image));
    used = 0;
    put("plain", 0100644, "some text", 9);
    put("bin", 0040755, "", 0);
    put("bin/tool", 0100755, "tool", 4);
    put("deep/er/still", 0100600, "x", 1);
    put("link", 0120777, "bin/tool", 8);
    put("../escape", 0100644, "no", 2);
    put("plain/below", 0100644, "no", 2);
    put("dev", 0020600, "", 0);
    put("plain", 0100444, "second text", 11);
    put("TRAILER!!!", 0, "", 0);
}

static struct archive_system s;
static void *memory;

/* In memory of exactly its size, so that the sanitizer sees each step beyond it. */
static unsigned char *open_copy(size_t bytes)
{
    unsigned char *copy = malloc(bytes + 1);
    size_t need;

    memcpy(copy, image, bytes);
    need = archive_need(copy, bytes);
    free(memory);
    memory = calloc(1, need);
    archive_open(&s.archive, copy, bytes, memory);
    return copy;
}

static struct file_handle found(const char *directory, const char *name, enum file_kind *kind)
{
    const struct files_operations *op = archive_operations();
    struct file_handle at = op->root(&s), file = {0};

    if (directory[0] != 0 &&
        op->find(&s, at, directory, strlen(directory), &at, kind) != FILE_OK)
        return file;
    if (op->find(&s, at, name, strlen(name), &file, kind) != FILE_OK)
        file.inode = 0;
    return file;
}

static bool reads(const char *directory, const char *name, const char *text)
{
    char data[64] = {0};
    enum file_kind kind;
    size_t done = 0;

    return archive_operations()->read(&s, found(directory, name, &kind), 0, data, 60, &done) ==
               FILE_OK &&
           done == strlen(text) && strcmp(data, text) == 0;
}

static bool count_entry(void *to, const struct files_entry *entry)
{
    unsigned *count = to;

    (void)entry;
    return ++*count < 10000;
}

/* Everything that can be asked about everything. */
static void ask_all(void)
{
    const struct files_operations *op = archive_operations();

    for (uint64_t i = 0; i <= s.archive.count; i++) {
        struct file_handle file = {.inode = i, .generation = 1};
        struct file_attributes a;
        char data[70000];
        unsigned count = 0;
        uint64_t place;
        size_t done;
        bool end;

        (void)op->attributes(&s, file, &a);
        (void)op->read(&s, file, 0, data, sizeof(data), &done);
        (void)op->read_link(&s, file, data, sizeof(data), &done);
        (void)op->seek(&s, file, 3, FILE_PART_HOLE, &place);
        (void)op->parent(&s, file, &file);
        file.inode = i;
        if (op->list(&s, file, 0, count_entry, &count, &end) == FILE_OK && count >= 10000)
            abort(); /* it goes in a circle */
    }
}

static void good_archive(void)
{
    struct file_attributes a = {0};
    enum file_kind kind = 0;
    unsigned count = 0;
    bool end;

    unsigned char *copy;

    make();
    free(open_copy(0));
    report("an empty one is damaged and has a root", s.archive.damaged && s.archive.count == 2);
    copy = open_copy(used);
    report("a whole one is not damaged", !s.archive.damaged);
    report("files are read", reads("bin", "tool", "tool"));
    report("the last of two with one name counts", reads("", "plain", "second text"));
    report("directories come with names in them", found("deep", "er", &kind).inode != 0 &&
                                                       kind == FILE_KIND_DIRECTORY);
    report("no name leads out of it", found("", "..", &kind).inode == 0 &&
                                          found("", "escape", &kind).inode == 0);
    report("no name leads through a file", found("plain", "below", &kind).inode == 0);
    (void)archive_operations()->attributes(&s, found("", "dev", &kind), &a);
    report("attributes are those of the archive", a.kind == FILE_KIND_CHARACTER && a.mode == 0600 &&
                                                      a.user == 5 && a.group == 6 && a.major == 3 &&
                                                      a.minor == 4 && a.modified.seconds == 77);
    (void)archive_operations()->list(&s, archive_operations()->root(&s), 0, count_entry, &count,
                                     &end);
    report("a directory lists what is in it", end && count == 5);
    free(copy);
}

static void damaged_archives(void)
{
    make();
    for (size_t bytes = 0; bytes < used; bytes++) {
        unsigned char *copy = open_copy(bytes);

        ask_all();
        free(copy);
    }
    report("cut off at any length it is read inside its bounds", true);
    srand(1);
    for (int i = 0; i < MUTANTS; i++) {
        unsigned char *copy;

        make();
        for (int k = rand() % 4; k >= 0; k--)
            image[(size_t)rand() % used] = rand() % 2
                                               ? (unsigned char)"0123456789ABCDEF/."[rand() % 18]
                                               : (unsigned char)rand();
        copy = open_copy(used);
        ask_all();
        free(copy);
    }
    report("damaged anywhere it is read inside its bounds", true);
}

int main(void)
{
    good_archive();
    damaged_archives();
    free(memory);
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
