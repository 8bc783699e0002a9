/* SPDX-License-Identifier: BSD-2-Clause */
/* Executables as root loads them, and the boot image that holds them. */
#ifndef MANIFEST_IMAGE_H
#define MANIFEST_IMAGE_H

#include <stdint.h>

#define PAGE         4096ul
#define SEGMENTS_MAX 8u

/** A part of an executable, from and to page boundaries in the file. */
struct segment {
    char *data;          /**< file_bytes of it, what is outside the segment cleared */
    uint64_t vaddr;      /**< page-aligned */
    uint64_t file_bytes; /**< multiple of a page */
    uint64_t used_bytes; /**< of them that mean something, from the start */
    uint64_t memory_bytes;
    uint32_t flags; /**< PF_R, PF_W, PF_X */
};

/** An executable, reduced to what a loader and a backtrace need. */
struct executable {
    uint64_t entry;
    unsigned count;
    struct segment segments[SEGMENTS_MAX];
    void *symbols; /**< struct symbol_table */
    uint64_t symbol_bytes;
};

/** Read one; a file that cannot be a component ends the program, with the reason. */
struct executable *executable_read(const char *file);

/** The same as a small ELF file whose segments lie on pages. @return memory; *bytes is its length
 */
void *executable_write(const struct executable *e, uint64_t *bytes);

/** A file being put together. */
struct output {
    char *data;
    uint64_t used, room;
};

/** Add bytes (NULL: zeros). */
void output_add(struct output *o, const void *data, uint64_t bytes);

/** Add zeros up to a multiple. */
void output_align(struct output *o, uint64_t to);

/** Add a file to a newc archive that began at offset `start`, so that its contents lie on a page
 * (`page`) of the output. */
void archive_add(struct output *o, const char *name, const void *data, uint64_t bytes, int page);

/** End the archive. */
void archive_end(struct output *o);

#endif
