/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations, carried out by the server and by the model. */
#ifndef RAMFS_TEST_DRIVE_H
#define RAMFS_TEST_DRIVE_H

#include "fake.h"
#include "model.h"

enum what {
    MAKE,
    MAKE_LINK,
    LINK,
    REMOVE,
    RENAME,
    WRITE,
    APPEND,
    TRUNCATE,
    ALLOCATE,
    PUNCH,
    ZERO,
    SET_VALUE,
    REMOVE_VALUE,
    SET_MODE,
    OPEN,
    CLOSE,
    READ,
    WHATS,
};

/** An operation with its arguments; files are numbers of the model's. */
struct op {
    enum what what;
    int client;
    int a, b;
    char name[24], new_name[24];
    enum file_kind kind;
    bool flag;
    int mode;
    uint64_t offset, size, seed, token;
    /* What came of it. */
    enum file_error error;
    struct file_handle made;
    uint64_t done;
};

extern struct model *model;

/** A random operation that makes sense for the model as it is, or nearly. */
struct op drive_choose(void);

/** Carry it out on the server. */
void drive_server(void *op);

/** Carry it out on the model. @return the error that it must have; *made as for model_new */
enum file_error drive_model(struct model *m, const struct op *op, int *made);

/** Is everything the server has what the model has? Says where not. */
bool drive_same(struct model *m, bool aloud);

uint64_t random_number(void);
uint64_t random_below(uint64_t limit);
void random_seed(uint64_t seed);

#endif
