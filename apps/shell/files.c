/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands about files, in the namespace that the shell's manifest composes (the key `files`). */
#include <filelib/files.h>
#include <hash/sha256.h>
#include <proto/console.h>
#include <rt/bytes.h>
#include <rt/format.h>

#include "shell.h"

#define PIECE 4096u

/* Say what went wrong with a path. @return true: nothing did */
static bool good(enum file_error error, const char *path)
{
    struct files_mount *mounts;

    if (error == FILE_OK)
        return true;
    if (files_mounts(&mounts) == 0)
        print("no files are routed to the shell: add `files` to it in the manifest\n");
    else if (error == FILE_E_NO_SPACE)
        print("%s: %s; `df` shows by how much\n", path, files_error_text(error));
    else
        print("%s: %s\n", path, files_error_text(error));
    return false;
}

/* "drwxr-xr-x", without the set-id bits. */
static void mode_text(char text[static 11], const struct file_attributes *a)
{
    static const char kinds[] = "?pc?d?b?-?l?s", rights[] = "rwxrwxrwx";

    text[0] = kinds[a->kind];
    for (unsigned i = 0; i < 9; i++)
        text[1 + i] = a->mode >> (8 - i) & 1 ? rights[i] : '-';
    text[10] = 0;
}

static void print_line(const struct files_place *file, const char *name)
{
    const struct file_attributes *a = &file->attributes;
    char target[256] = "", mode[11];
    size_t size = 0;

    mode_text(mode, a);
    if (a->kind == FILE_KIND_LINK &&
        files_read_link(file->connection, a->file, target, sizeof(target) - 1, &size) == FILE_OK)
        target[size] = 0;
    print("%s %4u %10lu  %s%s%s\n", mode, a->links, a->size, name, target[0] != 0 ? " -> " : "",
          target);
}

static bool list_entry(void *context, const struct files_packed *entry, const char *name)
{
    const struct files_place *directory = context;
    struct files_place file = {.connection = directory->connection};
    struct file_handle handle = {.inode = entry->inode, .generation = entry->generation};

    if (files_attributes(directory->connection, handle, 0, &file.attributes) == FILE_OK)
        print_line(&file, name);
    return true;
}

/* Mounts are not entries of the directory that they stand in. */
static void list_mounts(const char *path)
{
    struct files_mount *mounts;
    unsigned count = files_mounts(&mounts);
    bool root = path[0] == 0 || rt_same(path, "/");

    for (unsigned i = 0; root && i < count; i++)
        if (mounts[i].size != 0)
            print("%-22s%s/\n", "(mounted)", mounts[i].path + 1);
}

static void ls(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "/";
    struct files_place place;
    enum file_error error = files_find(path, true, &place);

    if (error == FILE_OK && place.attributes.kind != FILE_KIND_DIRECTORY) {
        print_line(&place, path);
        return;
    }
    if (error == FILE_OK)
        error = files_list(&place, list_entry, &place);
    list_mounts(path);
    if (error != FILE_E_NOT_FOUND || !rt_same(path, "/"))
        (void)good(error, path);
}

/* Each piece of a file. */
static enum file_error each_piece(const char *path,
                                  void (*visit)(void *context, const void *data, size_t size),
                                  void *context)
{
    struct files_place file;
    enum file_error error = files_find(path, true, &file);
    uint8_t piece[PIECE];
    size_t size = 0;

    for (uint64_t at = 0; error == FILE_OK; at += size) {
        error = files_read(&file, at, piece, sizeof(piece), &size);
        if (error != FILE_OK || size == 0)
            break;
        visit(context, piece, size);
    }
    return error;
}

static void show_piece(void *context, const void *data, size_t size)
{
    char *last = context;

    for (size_t at = 0; at < size; at += CONSOLE_CHUNK_MAX) {
        size_t part = size - at < CONSOLE_CHUNK_MAX ? size - at : CONSOLE_CHUNK_MAX;

        (void)console_write(shell.console, (const char *)data + at, part);
    }
    *last = ((const char *)data)[size - 1];
}

static void cat(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char last = '\n';

        if (!good(each_piece(argv[i], show_piece, &last), argv[i]))
            return;
        if (last != '\n')
            print("\n");
    }
}

static void add_piece(void *context, const void *data, size_t size)
{
    hash_sha256_add(context, data, size);
}

static void sha256(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char text[2 * HASH_SHA256_BYTES + 1];
        uint8_t bytes[HASH_SHA256_BYTES];
        struct hash_sha256 hash;

        hash_sha256_begin(&hash);
        if (!good(each_piece(argv[i], add_piece, &hash), argv[i]))
            return;
        hash_sha256_end(&hash, bytes);
        for (unsigned k = 0; k < HASH_SHA256_BYTES; k++)
            rt_format(text + 2 * k, 3, "%02x", bytes[k]);
        print("%s  %s\n", text, argv[i]);
    }
}

/* write FILE WORD...: the words, a line. */
static void write_text(int argc, char **argv)
{
    char text[CONSOLE_LINE_MAX + 2];
    struct files_place file;
    size_t size = 0, done;
    enum file_error error;

    text[0] = 0;
    for (int i = 2; i < argc; i++)
        size += rt_format(text + size, sizeof(text) - size, "%s%s", i > 2 ? " " : "", argv[i]);
    text[size++] = '\n';
    error = files_create(argv[1], 0644, &file);
    if (error == FILE_OK)
        error = files_write(&file, 0, text, size, &done);
    (void)good(error, argv[1]);
}

/* A target that is a directory means the name of the source in it. */
static void target_of(const char *from, const char *to, char *path, size_t size)
{
    struct files_place place;
    const char *name = from + rt_length(from);

    while (name > from && name[-1] != '/')
        name--;
    if (files_find(to, true, &place) == FILE_OK && place.attributes.kind == FILE_KIND_DIRECTORY)
        rt_format(path, size, "%s/%s", to, name);
    else
        rt_format(path, size, "%s", to);
}

static enum file_error copy_pieces(const struct files_place *from, const struct files_place *to)
{
    uint8_t piece[PIECE];
    size_t size = 0, done = 0;

    for (uint64_t at = 0;; at += size) {
        enum file_error error = files_read(from, at, piece, sizeof(piece), &size);

        if (error != FILE_OK || size == 0)
            return error;
        error = files_write(to, at, piece, size, &done);
        if (error != FILE_OK)
            return error;
    }
}

static bool same_file(const struct files_place *left, const struct files_place *right)
{
    return left->connection == right->connection &&
           left->attributes.file.inode == right->attributes.file.inode;
}

/* @return false: it failed, and that has been said */
static bool copy(const char *source, const char *target)
{
    struct files_place from, to;
    enum file_error error = files_find(source, true, &from);

    if (error == FILE_OK && from.attributes.kind == FILE_KIND_DIRECTORY)
        error = FILE_E_IS_DIRECTORY;
    if (!good(error, source))
        return false;
    if (files_find(target, true, &to) == FILE_OK && same_file(&from, &to)) {
        print("%s and %s are the same file\n", source, target);
        return false;
    }
    error = files_create(target, from.attributes.mode, &to);
    if (error == FILE_OK)
        error = copy_pieces(&from, &to);
    return good(error, target);
}

static void cp(int argc, char **argv)
{
    char target[FILES_PATH_MAX];

    (void)argc;
    target_of(argv[1], argv[2], target, sizeof(target));
    (void)copy(argv[1], target);
}

/* Take a name away. */
static enum file_error remove_name(const char *path, bool is_directory)
{
    struct files_place directory;
    char name[FILE_NAME_MAX + 1];
    size_t size;
    enum file_error error = files_parent(path, &directory, name, &size);

    if (error == FILE_OK)
        error = files_remove(directory.connection, directory.attributes.file, name, size,
                             is_directory);
    return error;
}

/* Between two servers a file is copied, then removed. */
static void mv(int argc, char **argv)
{
    struct files_place from, to;
    char name[FILE_NAME_MAX + 1], new_name[FILE_NAME_MAX + 1], target[FILES_PATH_MAX];
    size_t size, new_size;
    enum file_error error = files_parent(argv[1], &from, name, &size);

    (void)argc;
    target_of(argv[1], argv[2], target, sizeof(target));
    if (!good(error, argv[1]) || !good(files_parent(target, &to, new_name, &new_size), target))
        return;
    if (from.connection == to.connection)
        error = files_rename(from.connection, from.attributes.file, name, size, to.attributes.file,
                             new_name, new_size, FILE_REPLACE_YES);
    else if (copy(argv[1], target))
        error = remove_name(argv[1], false);
    (void)good(error, argv[1]);
}

static void rm(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        enum file_error error = remove_name(argv[i], false);

        if (error == FILE_E_IS_DIRECTORY)
            error = remove_name(argv[i], true);
        (void)good(error, argv[i]);
    }
}

static void mkdir(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct files_place directory;
        struct file_attributes made;
        char name[FILE_NAME_MAX + 1];
        size_t size;
        enum file_error error = files_parent(argv[i], &directory, name, &size);

        if (error == FILE_OK)
            error = files_make(directory.connection, directory.attributes.file, name, size,
                               FILE_KIND_DIRECTORY, 0755, 0, &made);
        (void)good(error, argv[i]);
    }
}

static enum file_error make_symbolic(const struct files_place *directory, const char *name,
                                     size_t size, const char *target)
{
    struct file_attributes made;

    return files_make_link(directory->connection, directory->attributes.file, name, size, target,
                           rt_length(target), &made);
}

static enum file_error make_hard(const struct files_place *directory, const char *name, size_t size,
                                 const char *target)
{
    struct files_place file;
    enum file_error error = files_find(target, false, &file);

    if (error == FILE_OK && file.connection != directory->connection)
        error = FILE_E_INVALID; /* a name leads to a file of the same server */
    if (error == FILE_OK)
        error = files_link(file.connection, file.attributes.file, directory->attributes.file, name,
                           size);
    return error;
}

/* ln [-s] WHAT NAME */
static void ln(int argc, char **argv)
{
    bool symbolic = argc == 4 && rt_same(argv[1], "-s");
    struct files_place directory;
    char name[FILE_NAME_MAX + 1];
    size_t size;
    enum file_error error;

    if (argc == 4 && !symbolic) {
        print("usage: ln [-s] WHAT NAME\n");
        return;
    }
    error = files_parent(argv[argc - 1], &directory, name, &size);
    if (error == FILE_OK)
        error = symbolic ? make_symbolic(&directory, name, size, argv[2])
                         : make_hard(&directory, name, size, argv[1]);
    (void)good(error, argv[argc - 1]);
}

static void print_time(const char *what, struct file_time time)
{
    print("  %-10s %ld.%09u\n", what, time.seconds, time.nanoseconds);
}

static void stat(int argc, char **argv)
{
    struct files_place file;
    const struct file_attributes *a = &file.attributes;

    (void)argc;
    if (!good(files_find(argv[1], false, &file), argv[1]))
        return;
    print_line(&file, argv[1]);
    print("  inode %lu, generation %lu, change %lu\n", a->file.inode, a->file.generation,
          a->change);
    print("  user %u, group %u, %lu blocks of 512 bytes\n", a->user, a->group, a->blocks);
    print_time("accessed", a->accessed);
    print_time("modified", a->modified);
    print_time("changed", a->changed);
    print_time("born", a->born);
}

static void df(int argc, char **argv)
{
    struct files_mount *mounts;
    unsigned count = files_mounts(&mounts);

    (void)argc;
    (void)argv;
    print("%-16s %12s %12s %8s\n", "AT", "SIZE", "FREE", "FILES");
    for (unsigned i = 0; i < count; i++) {
        struct files_place root;
        struct file_space s = {0};
        const char *path = mounts[i].size == 0 ? "/" : mounts[i].path;
        enum file_error error = files_find(path, false, &root);

        if (error == FILE_OK)
            error = files_space(root.connection, &s);
        if (good(error, path))
            print("%-16s %11luK %11luK %8lu%s\n", path, s.blocks * s.block_size / 1024,
                  s.free * s.block_size / 1024, s.files - s.files_free,
                  s.read_only ? "  read-only" : "");
    }
}

/* All that was written is on the disks. */
static void sync(int argc, char **argv)
{
    struct files_mount *mounts;
    unsigned count = files_mounts(&mounts);

    (void)argc;
    (void)argv;
    for (unsigned i = 0; i < count; i++) {
        const char *path = mounts[i].size == 0 ? "/" : mounts[i].path;
        struct files_place root;
        enum file_error error = files_find(path, false, &root);

        if (error == FILE_OK)
            error = files_sync(root.connection, root.attributes.file, FILE_EXTENT_ALL);
        (void)good(error, path);
    }
}

const struct command file_commands[] = {
    {"ls", "[PATH]", "names in a directory", 0, 1, ls},
    {"cat", "FILE...", "what is in files", 1, SHELL_WORDS, cat},
    {"write", "FILE TEXT", "make a file of one line", 1, SHELL_WORDS, write_text},
    {"cp", "FROM TO", "copy a file", 2, 2, cp},
    {"mv", "FROM TO", "give a file another name or place", 2, 2, mv},
    {"rm", "PATH...", "remove files and empty directories", 1, SHELL_WORDS, rm},
    {"mkdir", "PATH...", "make directories", 1, SHELL_WORDS, mkdir},
    {"ln", "[-s] WHAT NAME", "another name for a file, or a symbolic link", 2, 3, ln},
    {"stat", "PATH", "all that is known of a file", 1, 1, stat},
    {"sha256", "FILE...", "SHA-256 of what is in files", 1, SHELL_WORDS, sha256},
    {"df", "", "how full file systems are", 0, 0, df},
    {"sync", "", "what was written is on the disk when it returns", 0, 0, sync},
    {0},
};
