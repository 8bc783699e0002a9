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
/*@ requires is_thread(from);
    assigns \nothing;
    ensures ok: \result == E_OK ==> message_tag(Thread_tag(from));
    ensures rights: \result == E_OK && grant == 0 ==> Thread_tag(from) / 256 % 256 == 0;
*/
enum error transfer_check_long(ref_t from, word_t grant);

/** Can `from` send a message with its present tag? @param grant may capabilities go along @return
 * E_MESSAGE, E_RIGHTS */
/*@ requires is_thread(from);
    assigns \nothing;
    ensures ok: \result == E_OK ==> message_tag(Thread_tag(from));
*/
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
/*@ requires CAP_WF && asid_wf && is_thread(from) && is_thread(to);
    requires checked: message_tag(Thread_tag(from));
    assigns ANY_TREE, ALL_MEMORY, Thread_tag(to);
    CAP_KEPT
    ensures asid: asid_wf;
    ensures words: from != to && Thread_tag(from) % 65536 <= MESSAGE_REGS ==>
        \forall integer w; 0 <= w < 8 ==> K[to + 2][w] == \old(K[from + 2][w]);
    ensures tag: Thread_tag(to) / 65536 == \old(Thread_tag(from)) / 65536;
*/
void transfer_message(ref_t from, ref_t to);

/** Write words 8 and up of a kernel-made message, if the thread has a buffer. */
/*@ requires inside_wf && slots_null_wf && asid_wf && is_thread(to) && i < MESSAGE_WORDS;
    assigns ALL_MEMORY;
    ensures asid: asid_wf;
    ensures written: Slot_object(Thread_buffer(to)) != NIL ==>
        K[Slot_object(Thread_buffer(to)) + i / 8][i % 8] == value;
*/
void transfer_set_word(ref_t to, word_t i, word_t value);

/** Word `i` of a thread's message, from register or buffer; 0 if it has no buffer. @param i below
 * MESSAGE_WORDS */
/*@ requires inside_wf && slots_null_wf && is_thread(from) && i < MESSAGE_WORDS;
    assigns \nothing;
    ensures register: i < MESSAGE_REGS ==> \result == K[from + 2][i];
    ensures none: i >= MESSAGE_REGS && Slot_object(Thread_buffer(from)) == NIL ==> \result == 0;
    ensures word: i >= MESSAGE_REGS && Slot_object(Thread_buffer(from)) != NIL ==>
        \result == K[Slot_object(Thread_buffer(from)) + i / 8][i % 8];
*/
word_t transfer_word(ref_t from, word_t i);

#endif
