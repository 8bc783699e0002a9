/* SPDX-License-Identifier: BSD-2-Clause */
/* A server without a machine: windows are plain memory here. */
#ifndef RAMFS_TEST_FAKE_H
#define RAMFS_TEST_FAKE_H

#include "check.h"
#include "tree.h"

#define WINDOW_BYTES (64u * 1024)

/** One ramfs and those who use it. */
struct world {
    struct ramfs fs;
    struct files_server server;
    size_t bytes; /**< of the arena */
    void *memory;
    uint64_t opens;
};

extern struct world world;

/** A new empty file system. */
void world_make(size_t bytes);

/**
 * The server dies and starts again, on the memory as it is.
 * @return NULL, or why it cannot be taken over
 */
const char *world_restart(void);

/** A client attaches, with a window of WINDOW_BYTES. */
void world_attach(word_t badge, uint64_t client);

/** The window of an attached client. */
uint8_t *world_window(word_t badge);

/** From now on the server dies before its `steps`th change; world_died says that it has. */
void world_kill_at(long steps);

/** Run a request that may die. @return true: it died */
bool world_try(void (*request)(void *), void *argument);

extern const struct file_server *file;

#endif
