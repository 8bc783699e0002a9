/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot image: what the kernel needs to start the first component, and behind it an archive
 * (newc cpio, cpio(5)) that only the first component reads. Little-endian; all offsets from the
 * start of the image. Made by tools/manifest.
 */
#ifndef ABI_IMAGE_H
#define ABI_IMAGE_H

#include <abi/abi.h>

#define IMAGE_MAGIC    0x6567616d49737354ul /* "TssImage" */
#define IMAGE_VERSION  1u
#define IMAGE_SEGMENTS 8u

/** A part of the first component, mapped in place. */
struct image_segment {
    word_t offset;       /**< in the image, page-aligned */
    word_t file_bytes;   /**< above 0; the rest of its last page in the image is 0 */
    word_t vaddr;        /**< page-aligned */
    word_t memory_bytes; /**< at least file_bytes; what is beyond its pages is clear memory */
    word_t flags;        /**< MAP_READ, MAP_WRITE, MAP_EXECUTE */
};

/** The head of the image, at its start; the first page is the header's. */
struct image_header {
    word_t magic;
    word_t version;
    word_t total_bytes;    /**< of the whole image, a multiple of 4096 */
    word_t sum_a, sum_b;   /**< image_sum() of everything from byte 4096 on */
    word_t entry;          /**< first instruction of the first component */
    word_t segment_count;  /**< 1 to IMAGE_SEGMENTS */
    word_t archive_offset; /**< page-aligned */
    word_t archive_bytes;
    struct image_segment segments[IMAGE_SEGMENTS];
};

/** Checksum over words: the sum of all, and the sum of all partial sums (after Fletcher, 1982). */
struct image_sum {
    word_t a, b;
};

/** Add a word to a checksum that began as {0, 0}. */
static inline struct image_sum image_sum_add(struct image_sum s, word_t w)
{
    s.a += w;
    s.b += s.a;
    return s;
}

#endif
