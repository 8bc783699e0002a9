/* SPDX-License-Identifier: BSD-2-Clause */
/* The boot image in memory: its archive, and its pages as frames that components can share. */
#ifndef ROOT_ARCHIVE_H
#define ROOT_ARCHIVE_H

#include <abi/abi.h>

/** A file of the archive; its contents are readable at `data`, 4-byte aligned at least. */
struct archive_file {
    const char *data;
    word_t bytes;
};

/** Called once: map the boot image. */
void archive_init(void);

/** Find a file by its name. @return data NULL: there is none */
struct archive_file archive_find(const char *name);

/** The CNode that has the frames of the boot image; page i of the image is in slot i + 1. */
cap_t archive_frames(void);

/** The pages of the archive in that CNode: the first one's slot, and how many there are. */
word_t archive_first(void);
word_t archive_pages(void);

/** Slot, in archive_frames(), of the page that `data` is in. @param data inside a file of the
 * archive */
word_t archive_slot(const char *data);

#endif
