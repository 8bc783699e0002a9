/* SPDX-License-Identifier: BSD-2-Clause */
/* Blocks of a disk, and which version of each was acknowledged last. */
#include <block/client.h>
#include <rt/bytes.h>
#include <rt/program.h>

#include "toil.h"

#define BLOCKS 64u
#define BLOCK  4096u
#define BIT    1u

static struct block_client disk;
static bool opened;
static uint64_t version_of[BLOCKS]; /* 0: unknown */
static uint64_t versions;

static bool open_disk(void)
{
    struct block_options options = {
        .server = rt_uses("block"), .session = 1, .pages = 16, .bits = BIT};

    opened = opened || block_client_open(&disk, &options) == BLOCK_OK;
    return opened;
}

static uint64_t word_of(unsigned block, uint64_t version, size_t at)
{
    return (version << 20 | block << 10 | at) * 0x9e3779b97f4a7c15ul;
}

static enum result write_block(unsigned block)
{
    uint64_t *words = (uint64_t *)(void *)disk.region;
    uint64_t version = ++versions;
    struct block_io io = {.finished = NULL};

    version_of[block] = 0;
    for (size_t i = 0; i < BLOCK / 8; i++)
        words[i] = word_of(block, version, i);
    block_io_write(&io, block * (uint64_t)BLOCK, BLOCK, 0);
    if (block_client_run(&disk, &io) != BLOCK_DONE)
        return TOLD;
    version_of[block] = version;
    return RIGHT;
}

static enum result read_block(unsigned block)
{
    const uint64_t *words = (const uint64_t *)(const void *)(disk.region + BLOCK);
    struct block_io io = {.finished = NULL};

    if (version_of[block] == 0)
        return RIGHT;
    memset(disk.region + BLOCK, 0, BLOCK);
    block_io_read(&io, block * (uint64_t)BLOCK, BLOCK, BLOCK);
    if (block_client_run(&disk, &io) != BLOCK_DONE)
        return TOLD;
    for (size_t i = 0; i < BLOCK / 8; i++)
        if (words[i] != word_of(block, version_of[block], i)) {
            version_of[block] = 0; /* told once */
            return WRONG;
        }
    return RIGHT;
}

enum result on_disk(void)
{
    unsigned block = (unsigned)(random_word() % BLOCKS);
    struct block_io io = {.finished = NULL};

    if (!open_disk())
        return TOLD;
    switch (random_word() % 8) {
    case 0:
        block_io_flush(&io);
        return block_client_run(&disk, &io) == BLOCK_DONE ? RIGHT : TOLD;
    case 1:
    case 2:
    case 3:
        return write_block(block);
    default:
        return read_block(block);
    }
}
