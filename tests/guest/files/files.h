/* SPDX-License-Identifier: BSD-2-Clause */
/* The roles of tests/guest/files; see tests/qemu/files.yaml. */
#ifndef FILES_TEST_H
#define FILES_TEST_H

#include <filelib/files.h>
#include <stdbool.h>

/** Say the outcome of a case. */
void report(bool good, const char *name);

/** What a client hammers with: its own names in one directory, and what must be in them. */
#define HAMMER_FILES 24u

struct hammer {
    struct files_place directory;
    uint64_t state; /**< of the random numbers */
    char prefix;
    struct {
        bool there;
        uint64_t size, content; /**< byte i of contents c is a function of both */
        struct file_handle file;
    } file[HAMMER_FILES];
    uint64_t contents;
    const char *wrong; /**< NULL: all has been as it must */
    unsigned line;
};

/** @param path an existing directory */
bool hammer_begin(struct hammer *h, const char *path, char prefix, uint64_t seed);

/** One random operation. @return false: something was not as it must be */
bool hammer_once(struct hammer *h);

/** Is all there that must be, and nothing else of this prefix? */
bool hammer_whole(struct hammer *h);

/** Do all that a client should not. @return NULL: the server stayed as it must */
const char *hostile(cap_t server);

#endif
