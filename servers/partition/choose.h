/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which part of the disk a client has: an argument in the manifest,
 *
 *   CLIENT=WHAT,ro   or   CLIENT=WHAT,rw
 *
 * where WHAT is `disk` (all of it), a partition's number, `label:TEXT`, or `type:` and the type: of
 * a GPT as it is written everywhere (0fc63daf-8483-4772-8e79-3d69d8477de4), of an MBR two
 * hexadecimal digits. Of several that fit, the first. Pure.
 */
#ifndef PARTITION_CHOOSE_H
#define PARTITION_CHOOSE_H

#include "table.h"

/** What came of it. */
enum choose_error {
    CHOOSE_OK = 0,
    CHOOSE_SYNTAX = 1, /**< the rule cannot be understood */
    CHOOSE_NONE = 2,   /**< there is no such partition */
};

/** A part of the disk. */
struct choice {
    uint64_t first, blocks;
    bool read_only;
};

/** @param rule what stands behind the client's name and `=` */
enum choose_error choose(struct choice *choice, const char *rule, const struct table *t,
                         uint64_t disk_blocks);

#endif
