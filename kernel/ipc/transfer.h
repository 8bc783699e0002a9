/* SPDX-License-Identifier: BSD-2-Clause */
/* Carrying a message from one thread to another. */
#ifndef IPC_TRANSFER_H
#define IPC_TRANSFER_H

#include <model/fields.h>

/** Tags above this are the kernel's: no thread can send what looks like a signal. (In a reply,
 * nobody takes it for one.) */
#define MESSAGE_TAG_MAX (WORD_MAX / 2)

/** Label, words and capabilities of a tag. A tag comes from a user: an allegation until
 * transfer_check. */
static inline word_t tag_label(word_t tag) { return tag / 65536u; }
static inline word_t tag_words(word_t tag) { return tag % 256u; }
static inline word_t tag_caps(word_t tag) { return tag / 256u % 256u; }

/** For transfer_check. */
enum error transfer_check_long(ref_t from, word_t grant);

/** Can `from` send a message with its present tag? @param grant may capabilities go along @return
 * E_MESSAGE, E_RIGHTS */
static inline enum error transfer_check(ref_t from, word_t grant)
{
    if (thread_tag(from) % 65536u <= MESSAGE_REGS) /* no capabilities, and all in registers */
        return E_OK;
    return transfer_check_long(from, grant);
}

/**
 * Carry the message of `from`, which passed transfer_check, over to `to`. If `to` has no
 * message buffer it gets the words that travel in registers. Capabilities that `to` does not accept
 * stay where they are.
 */
void transfer_message(ref_t from, ref_t to);

/** Write words 8 and up of a kernel-made message, if the thread has a buffer. */
void transfer_set_word(ref_t to, word_t i, word_t value);

/** Word `i` of a thread's message, from register or buffer; 0 if it has no buffer. @param i below
 * MESSAGE_WORDS */
word_t transfer_word(ref_t from, word_t i);

#endif
