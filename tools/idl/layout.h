/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How a list of parameters lies in a message; the wire format is this:
 *
 * - Every scalar takes one word, in order; a struct is its fields in order. A
 *   string or byte string takes one word here, its length in bytes; a buffer
 *   takes two, offset and length. These words are fixed by the method.
 * - The bytes follow, each string from a word boundary on, its last word
 *   filled up with zeros; the first begins at word 8, or behind the fixed
 *   words if these are more than 8. So what is fixed travels in registers.
 * - The message is exactly as long as that. Capabilities are numbered in order.
 */
#ifndef IDL_LAYOUT_H
#define IDL_LAYOUT_H

#include "tree.h"

enum {
    MESSAGE_REGS = 8,
    MESSAGE_WORDS = 120,
    MESSAGE_CAPS = 4,
    DATA_BYTES_MAX = (MESSAGE_WORDS - MESSAGE_REGS) * 8,
    PATH_MAX_SIZE = 256
};

enum leaf_kind {
    LEAF_VALUE,             /* a scalar, or a field of a struct */
    LEAF_SIZE,              /* length of a string or byte string */
    LEAF_OFFSET,            /* of a buffer */
    LEAF_LENGTH             /* of a buffer, right behind its offset */
};

/* One fixed word. */
struct leaf {
    enum leaf_kind kind;
    const struct type *type;
    const struct item *item;        /* the parameter that it belongs to */
    char path[PATH_MAX_SIZE];       /* ".field.field" inside it, or "" */
};

struct layout {
    struct leaf leaves[MESSAGE_WORDS];
    size_t fixed;                   /* words; may exceed MESSAGE_WORDS, leaves are then cut */
    size_t data_words;              /* most words of string bytes */
    bool data;                      /* it has strings */
    bool buffers;
    size_t caps;
};

/* Add one parameter. Its type is resolved. */
void layout_add(struct layout *layout, const struct item *item);
/* The layout of a whole list that check.c has accepted. */
struct layout layout_of(const struct item *list);
/* The word at which bytes begin, if there are any. */
size_t layout_data_start(const struct layout *layout);
/* Words of the longest such message. */
size_t layout_words_max(const struct layout *layout);

/* A number as text, in decimal. */
void number_print(char *to, size_t room, number_t number);

#endif
