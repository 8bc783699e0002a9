/* SPDX-License-Identifier: BSD-2-Clause */
/* The cases of tests/host/ext4, and how they say what came of them. */
#ifndef TEST_EXT4_CASES_H
#define TEST_EXT4_CASES_H

#include "disk.h"

void case_end(const char *name, const char *why);

#define TEXT2(x) #x
#define TEXT(x) TEXT2(x)
/** In a function that returns NULL or what is wrong. */
#define WANT(condition)                                                                       \
    do {                                                                                      \
        if (!(condition))                                                                     \
            return __FILE__ ":" TEXT(__LINE__) ": not " #condition;                           \
    } while (0)

/** What is on a disk where nobody has written yet. */
#define OLD_BYTE 0xeeu

/** A new image of `megabytes` in the test's folder, by Debian's mkfs.ext4. @return exit status */
int make_image(const char *name, unsigned megabytes, const char *options);
/** e2fsck finds nothing to mend in this disk. @return NULL, or what it says */
const char *check_image(const struct disk *disk);

void cases_read(void);
void cases_write(void);
void cases_random(unsigned operations, unsigned seeds);
void cases_cut(unsigned points);
void cases_errors(void);
void cases_restart(unsigned restarts);
void cases_beside(void);
void cases_spoilt(unsigned rounds);
void cases_hostile(unsigned images);

#endif
