/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file system must do, as simply as it can be said: files are byte arrays, a directory is a
 * list of names. Written from POSIX and Linux's manual pages, not from ramfs.
 */
#ifndef RAMFS_TEST_MODEL_H
#define RAMFS_TEST_MODEL_H

#include <proto/file.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_FILES   400
#define MODEL_NAMES   1200
#define MODEL_VALUES  4
#define MODEL_LARGEST (300u * 1024)

struct model_value {
    char name[16];
    size_t size;
    uint8_t *data; /* NULL: none */
};

struct model_file {
    bool used;
    enum file_kind kind;
    unsigned links; /* names that it has; a directory: also its own and those of what is in it */
    bool open[2];
    uint64_t size;
    uint8_t *data;
    uint16_t mode;
    int parent; /* of a directory */
    struct model_value value[MODEL_VALUES];
    struct file_handle handle; /* of the file that plays this one */
};

struct model_name {
    bool used;
    int directory, file;
    char name[24];
};

struct model {
    struct model_file file[MODEL_FILES];
    struct model_name name[MODEL_NAMES];
};

void model_make(struct model *m);

/** Number of a name. @return -1: it is not there */
int model_find(const struct model *m, int directory, const char *name);

/* Each does one operation or says why not. Files go when nothing refers to them any more. */
enum file_error model_new(struct model *m, int directory, const char *name, enum file_kind kind,
                          uint16_t mode, const char *target, int *made);
enum file_error model_link(struct model *m, int file, int directory, const char *name);
enum file_error model_remove(struct model *m, int directory, const char *name, bool is_directory);
enum file_error model_rename(struct model *m, int from, const char *name, int to,
                             const char *new_name, enum file_replace replace);
enum file_error model_write(struct model *m, int file, uint64_t offset, const uint8_t *data,
                            size_t size);
enum file_error model_truncate(struct model *m, int file, uint64_t size);
enum file_error model_zero(struct model *m, int file, uint64_t offset, uint64_t size, bool keep);
enum file_error model_extend(struct model *m, int file, uint64_t end);
enum file_error model_set_value(struct model *m, int file, const char *name, const uint8_t *data,
                                size_t size, enum file_value_mode mode);
enum file_error model_remove_value(struct model *m, int file, const char *name);
void model_open(struct model *m, int file, int client, bool open);

/** A copy, and its end. */
struct model *model_copy(const struct model *m);
void model_free(struct model *m);

#endif
