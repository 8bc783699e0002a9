/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the loader says, whichever it was, in one form. Read before anything is written to memory
 * that the loader may have used; strings are copied. In this folder only.
 */
#ifndef BOOT_LOADER_H
#define BOOT_LOADER_H

/* Who started us: start.S says so to boot_main(). */
#define LOADER_UNKNOWN    0
#define LOADER_PVH        1
#define LOADER_MULTIBOOT2 2

#ifndef __ASSEMBLER__
#include "ranges.h"

/** What the loader said. */
struct loader {
    struct ranges usable;   /* RAM, as reported: not rounded to pages, overlaps joined */
    struct ranges reserved; /* what is certainly not free, whatever else was said of it */
    word_t image_first;     /* the first module; image_bytes is 0 if there is none */
    word_t image_bytes;
    word_t rsdp;      /* physical address of the RSDP, or of a copy of it, 0: look for it */
    word_t rsdp_copy; /* 1: it is a copy in memory that will be reused */
    char command[BOOT_COMMAND];
};

/** Where a physical address below 4 GiB is for boot; refuses higher ones. @param what names it */
const void *boot_at(word_t paddr, word_t bytes, const char *what);

/** Copies a command line, as much of it as fits. @param paddr its address, 0: there is none */
void loader_command(struct loader *l, word_t paddr);

/** Takes a range of the loader's memory map. @param type 1 is RAM (E820's number, and both
 * loaders') */
void loader_range(struct loader *l, word_t first, word_t bytes, word_t type);

/**
 * Reads what the loader left; refuses what Tessera cannot run with, such as no boot image.
 * @param kind LOADER_* @param info physical address
 */
void loader_read(struct loader *l, word_t kind, word_t info);

/** Reads what PVH gives. @param info address of its start information */
void pvh_read(struct loader *l, word_t info);

/** Reads what Multiboot2 gives. @param info address of its information */
void multiboot2_read(struct loader *l, word_t info);
#endif

#endif
