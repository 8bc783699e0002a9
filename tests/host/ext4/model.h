/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file system as it should be, in plain memory, and random operations that are done to it and to
 * a real one alike: every outcome and everything read must be the same.
 */
#ifndef TEST_EXT4_MODEL_H
#define TEST_EXT4_MODEL_H

#include "cases.h"

#define MODEL_FILES 256u
#define MODEL_BYTES (192u * 1024)
#define MODEL_VALUES 3u

struct model_file {
    bool used;
    uint16_t mode;
    uint32_t links, user;
    struct ext4_handle handle;
    unsigned holds;
    uint64_t size;
    uint8_t *data;      /* regular: MODEL_BYTES */
    char target[300];
    struct model_file *parent; /* of a directory */
    uint8_t value[MODEL_VALUES]; /* 0: none; else its length is 40 times this */
    uint64_t changed;   /* operation that changed the contents last */
    uint64_t unlinked;  /* operation that took the last name away; 0: none */
};

struct model_name {
    struct model_file *directory, *file; /* directory NULL: unused */
    char name[64];
};

struct model {
    struct ext4 *fs;
    struct model_file files[MODEL_FILES];
    struct model_name names[MODEL_FILES];
    struct model_file *root;
    uint32_t random;
    uint64_t operation; /* number of the one that is under way, from 1 on */
    const char *wrong;
    char what[160];     /* the operation, for people */
    uint64_t done[32];
    /* Called after a file was made durable (NULL: all). */
    void (*durable)(void *self, struct model *model, struct model_file *file);
    void *self;
};

/** Begin with the empty file system that is mounted. */
void model_init(struct model *model, struct ext4 *fs, uint32_t seed);
void model_free(struct model *model);
/** One random operation. @return NULL, or what was wrong */
const char *model_step(struct model *model);
/** Compare everything. */
const char *model_compare(struct model *model);
/** The same after the file system was mounted anew: nothing is held any more. */
void model_remounted(struct model *model, struct ext4 *fs);
/** A number for all names, kinds, links, targets and values: not for contents. */
uint64_t model_names_hash(const struct model *model);
/** The same of the real one. @return false: it cannot be read */
bool real_names_hash(struct ext4 *fs, uint64_t *hash);
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size);

#endif
