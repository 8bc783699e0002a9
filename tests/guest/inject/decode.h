/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Machine code as compilers write it (Intel SDM, volume 2, appendix A), far enough to know where
 * instructions end and which of their bits say what; and the classic mutations of it.
 */
#ifndef INJECT_DECODE_H
#define INJECT_DECODE_H

#include <abi/call.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** One instruction. Offsets are from its start; 0: it has none. */
struct instruction {
    unsigned bytes;
    unsigned opcode; /**< offset of the last byte of the opcode */
    bool two;        /**< the opcode has two bytes, 0f first */
    unsigned modrm;
    unsigned immediate;
    unsigned immediate_bytes;
};

/** Decode. @return false: it is unknown, or longer than `size` */
bool decode(const uint8_t *code, size_t size, struct instruction *to);

/** What a programmer's mistakes look like in machine code. */
enum mutation {
    MUTATE_SOURCE,      /**< another source register */
    MUTATE_DESTINATION, /**< another destination register */
    MUTATE_BRANCH,      /**< a condition turned round */
    MUTATE_DELETE,      /**< an instruction missing */
    MUTATE_BOUND,       /**< a comparison or sum with one more or less */
    MUTATE_INIT,        /**< a value that is not set at first */
    MUTATIONS
};

/** Mutate an instruction in place. @return false: not one of this kind */
bool mutate(uint8_t *code, const struct instruction *i, enum mutation kind, word_t random);

#endif
