/* SPDX-License-Identifier: BSD-2-Clause */
#include "ready.h"

#include <common/bits.h>

static void add_only(ref_t sc, word_t p)
{
    cpu.ready_head[p] = sc;
    cpu.ready_tail[p] = sc;
    cpu.ready_bits[p / 64] = bit_set(cpu.ready_bits[p / 64], p % 64);
    cpu.ready_top = bit_set(cpu.ready_top, p / 64);
    sched_context_set_qnext(sc, NIL);
    sched_context_set_qprev(sc, NIL);
}

void ready_add(ref_t sc, bool in_front)
{
    word_t p = sched_context_priority(sc);
    ref_t head = cpu.ready_head[p];
    ref_t tail = cpu.ready_tail[p];

    /*@ assert ends: head + 6 <= GRANULES && tail + 6 <= GRANULES; */

    sched_context_set_state(sc, SC_QUEUED);
    if (head == NIL) {
        add_only(sc, p);
    } else if (in_front) {
        sched_context_set_qnext(sc, head);
        sched_context_set_qprev(sc, NIL);
        sched_context_set_qprev(head, sc);
        cpu.ready_head[p] = sc;
    } else {
        sched_context_set_qnext(sc, NIL);
        sched_context_set_qprev(sc, tail);
        sched_context_set_qnext(tail, sc);
        cpu.ready_tail[p] = sc;
    }
}

void ready_remove(ref_t sc)
{
    word_t p = sched_context_priority(sc);
    ref_t next = sched_context_qnext(sc);
    ref_t prev = sched_context_qprev(sc);

    /*@ assert near: next + 6 <= GRANULES && prev + 6 <= GRANULES; */

    if (next != NIL)
        sched_context_set_qprev(next, prev);
    else
        cpu.ready_tail[p] = prev;
    if (prev != NIL)
        sched_context_set_qnext(prev, next);
    else
        cpu.ready_head[p] = next;
    sched_context_set_state(sc, SC_IDLE);
    if (next != NIL || prev != NIL)
        return;
    cpu.ready_bits[p / 64] = bit_clear(cpu.ready_bits[p / 64], p % 64);
    if (cpu.ready_bits[p / 64] == 0)
        cpu.ready_top = bit_clear(cpu.ready_top, p / 64);
}

ref_t ready_first(void)
{
    if (cpu.ready_top == 0)
        return NIL;

    word_t i = bit_highest(cpu.ready_top);

    if (i >= 4) /* never: only four bits are ever set; spares the proof an invariant */
        return NIL;
    return cpu.ready_head[64 * i + bit_highest(cpu.ready_bits[i])];
}
