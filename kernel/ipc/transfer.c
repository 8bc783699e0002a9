/* SPDX-License-Identifier: BSD-2-Clause */
#include "transfer.h"

#include <arch/arch.h>
#include <cap/cap.h>

/* First granule of the thread's message buffer, NIL if it has none. */
static ref_t buffer_of(ref_t thread)
{
    return slot_object(thread_buffer(thread));
}

enum error transfer_check_long(ref_t from, word_t grant)
{
    word_t tag = thread_tag(from);

    if (tag_words(tag) > MESSAGE_WORDS || tag_caps(tag) > MESSAGE_CAPS)
        return E_MESSAGE;
    if (tag_caps(tag) != 0 && !grant)
        return E_RIGHTS;
    if ((tag_words(tag) > MESSAGE_REGS || tag_caps(tag) != 0) && buffer_of(from) == NIL)
        return E_MESSAGE;
    return E_OK;
}

/* Words 8 to words - 1, exactly: what lies behind them in the sender's page is not the receiver's
 * business. */
/*@ requires is_page(from) && is_page(to) && words <= MESSAGE_WORDS && asid_wf;
    assigns ALL_MEMORY;
    ensures asid: asid_wf;
*/
static inline void copy_long(ref_t from, ref_t to, word_t words)
{
    if (words == 2 * GRANULE_WORDS)
        granule_copy(granule_at(from, 1), granule_at(to, 1));
    else if (words > GRANULE_WORDS)
        arch_copy(from, to, GRANULE_WORDS, words - GRANULE_WORDS);
}

/* Hand over one capability. @return the slot index in which it arrived, 0 if it did not */
/*@ requires CAP_WF && is_thread(from) && is_thread(to);
    assigns ANY_TREE;
    CAP_KEPT
    ensures where: \result == 0 || \result == wanted;
*/
static word_t carry_cap(ref_t from, ref_t to, word_t given, word_t wanted)
{
    ref_t src = cap_slot(from, given % CAP_RIGHTS);
    ref_t dst = cap_slot(to, wanted);

    if (src == NIL || dst == NIL || slot_type(src) == TYPE_NULL || slot_type(dst) != TYPE_NULL)
        return 0;
    /*@ assert full: linked(src) && src != dst; */
    /*@ assert empty: empty_slot(dst); */
    if (given / CAP_MOVE % 2 == 1) {
        if (slot_type(src) == TYPE_TABLES)
            return 0;
        cap_move(src, dst);
    } else {
        if (!cap_copyable(src))
            return 0;
        cap_copy(src, dst, given / CAP_RIGHTS % 16);
    }
    return wanted;
}

/* Say where capability `i` arrived. */
/*@ requires asid_wf && is_page(target) && i < MESSAGE_CAPS;
    assigns ALL_MEMORY;
    ensures asid: asid_wf;
*/
static inline void tell_cap(ref_t target, word_t i, word_t where)
{
    K_WORD(target, BUFFER_CAPS / GRANULE_WORDS, i) = where;
}

/*@ requires CAP_WF && asid_wf && is_thread(from) && is_thread(to);
    requires buffers: is_page(Slot_object(Thread_buffer(from))) &&
        is_page(Slot_object(Thread_buffer(to)));
    assigns ANY_TREE, ALL_MEMORY;
    CAP_KEPT
    ensures asid: asid_wf;
*/
static __attribute__((noinline)) void carry_caps(ref_t from, ref_t to, word_t caps)
{
    ref_t source = buffer_of(from);
    ref_t target = buffer_of(to);

    /*@ loop invariant 0 <= i <= MESSAGE_CAPS;
        loop invariant CAP_WF;
        loop invariant asid_wf;
        loop assigns i, ANY_TREE, ALL_MEMORY;
        loop variant MESSAGE_CAPS - i; */
    for (word_t i = 0; i < caps && i < MESSAGE_CAPS; i++) {
        word_t given = K_WORD(source, BUFFER_CAPS / GRANULE_WORDS, i);
        word_t wanted =
            K_WORD(target, BUFFER_RECEIVE / GRANULE_WORDS, BUFFER_RECEIVE % GRANULE_WORDS + i);

        tell_cap(target, i, carry_cap(from, to, given, wanted));
    }
}

/* What does not travel in registers, if both threads have a buffer. @return tag of what arrived */
/*@ requires CAP_WF && asid_wf && is_thread(from) && is_thread(to);
    requires checked: tag % 256 <= MESSAGE_WORDS && tag / 256 % 256 <= MESSAGE_CAPS;
    assigns ANY_TREE, ALL_MEMORY;
    CAP_KEPT
    ensures asid: asid_wf;
    ensures label: \result / 65536 == tag / 65536;
*/
static word_t carry_long(ref_t from, ref_t to, word_t tag)
{
    ref_t source = buffer_of(from);
    ref_t target = buffer_of(to);
    word_t words = tag_words(tag);

    if (source == NIL || target == NIL)
        return tag_label(tag) * 65536u + (words < MESSAGE_REGS ? words : MESSAGE_REGS);
    copy_long(source, target, words);
    if (tag_caps(tag) != 0)
        carry_caps(from, to, tag_caps(tag));
    return tag;
}

/* The words that travel in registers. */
/*@ requires asid_wf && is_thread(from) && is_thread(to);
    assigns K[to + 2][0 .. 7];
    ensures asid: asid_wf;
    ensures words: from != to ==>
        \forall integer w; 0 <= w < 8 ==> K[to + 2][w] == \old(K[from + 2][w]);
*/
static inline void carry_words(ref_t from, ref_t to)
{
    granule_copy(granule_at(from, THREAD_WORD0), granule_at(to, THREAD_WORD0));
}

void transfer_message(ref_t from, ref_t to)
{
    word_t tag = thread_tag(from);

    carry_words(from, to);
    if (tag % 65536u > MESSAGE_REGS)
        tag = carry_long(from, to, tag);
    thread_set_tag(to, tag);
}

void transfer_set_word(ref_t to, word_t i, word_t value)
{
    if (buffer_of(to) != NIL)
        K_WORD(buffer_of(to), i / GRANULE_WORDS, i % GRANULE_WORDS) = value;
}

word_t transfer_word(ref_t from, word_t i)
{
    if (i < MESSAGE_REGS)
        return K_WORD(from, THREAD_WORD0, i);
    return buffer_of(from) == NIL ? 0
                                  : K_WORD(buffer_of(from), i / GRANULE_WORDS, i % GRANULE_WORDS);
}
