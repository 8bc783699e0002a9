/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kinds of work share. */
#ifndef TOIL_TOIL_H
#define TOIL_TOIL_H

#include <abi/call.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What came of a turn. */
enum result {
    RIGHT,
    WRONG, /**< and nobody told of it */
    TOLD,  /**< an error, or a loss that was reported */
};

/** A pseudo-random number. */
word_t random_word(void);

/** One turn with files: writes, reads, renames and removals against a model. (files.c) */
enum result on_files(void);

/** One turn with a disk: blocks are written, read and flushed. (disk.c) */
enum result on_disk(void);

#endif
