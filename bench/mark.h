/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Marks: no-operations that tell the counter (tools/bench/counter.c) where a path begins and ends.
 * They may be in different threads and address spaces. Between the marks nothing is counted but the
 * path.
 */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#include "paths.h"

enum path {
    PATH_BOOT = 0,
#define PATH(name, text) PATH_##name,
#include "paths.h"
#undef PATH
    PATH_COUNT
};

/* nopl magic(%rax): seven bytes; bits 31 to 16 magic, 13 and 12 what, 11 to 0 path. */
#define MARK_MAGIC 0x7e550000u
#define MARK_BEGIN 1u
#define MARK_END   2u
#define MARK_LAP   3u
#define MARK(what, path)                                                                          \
    __asm__ volatile(".byte 0x0f, 0x1f, 0x80; .long %c0"                                          \
                     :                                                                            \
                     : "i"(MARK_MAGIC | (unsigned)(what) << 12 | (unsigned)(path))                \
                     : "memory")

/** A run begins behind this. */
#define BEGIN(path) MARK(MARK_BEGIN, path)
/** It ends before this. No effect if that path's has not begun. */
#define END(path) MARK(MARK_END, path)
/** Both: at the head of a loop it counts the loop's own instructions too. */
#define LAP(path) MARK(MARK_LAP, path)

/** For functions to which a path is passed, which must be a constant in the mark. */
#define ALWAYS_INLINE static inline __attribute__((always_inline))

#endif
