/* SPDX-License-Identifier: BSD-2-Clause */
/* The archive as a file system for lib/file. */
#ifndef ARCHIVE_OPERATIONS_H
#define ARCHIVE_OPERATIONS_H

#include <filelib/serve.h>

#include "tree.h"

struct archive_system {
    struct archive archive;
    /** The frame of a page of the archive, with READ alone; NULL: none are to be had. */
    cap_t (*frame)(uint64_t page);
    /** A frame with these bytes and zeros behind them, kept under `number`. @return 0: no memory */
    cap_t (*tail)(uint32_t number, const void *data, size_t size);
};

/** The table for files_server.op; files_server.fs is the struct archive_system. */
const struct files_operations *archive_operations(void);

#endif
