/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault.h"

#include "ipc.h"
#include "registers.h"
#include "transfer.h"

#include <cap/cap.h>
#include <sched/sched.h>

/* Length of the SYSCALL instruction: going back by it makes a thread do its system call again. */
#define SYSCALL_BYTES 2u

void fault_raise(ref_t thread, word_t label, word_t a, word_t b)
{
    ref_t slot = label == FAULT_TIMEOUT ? thread_timeout(thread) : thread_handler(thread);

    /*@ assert slot: is_slot(slot) && slot > 0; */

    thread_set_fault(thread, label);
    thread_set_fault_a(thread, a);
    thread_set_fault_b(thread, b);
    if (slot_type(slot) == TYPE_ENDPOINT) {
        (void)ipc_send(thread, slot, 1, 1); /* a fault cannot be refused */
        return;
    }
    sched_block(thread);
    thread_set_state(thread, THREAD_STATE_SUSPENDED);
}

static void set_words(ref_t to, ref_t from, word_t words)
{
    thread_set_word0(to, thread_fault_a(from));
    thread_set_word1(to, thread_fault_b(from));
    thread_set_word2(to, thread_rip(from));
    thread_set_word3(to, thread_rsp(from));
    thread_set_word4(to, thread_rflags(from));
    thread_set_word5(to, 0);
    thread_set_word6(to, 0);
    thread_set_word7(to, 0);
    thread_set_tag(to, thread_fault(from) * 65536u + words);
}

void fault_message(ref_t from, ref_t to)
{
    if (thread_fault(from) != FAULT_SYSCALL) {
        set_words(to, from, thread_fault(from) == FAULT_TIMEOUT ? 1 : 5);
        return;
    }
    thread_set_word0(to, thread_rax(from));
    thread_set_word1(to, thread_rdi(from));
    thread_set_word2(to, thread_tag(from));
    thread_set_word3(to, thread_word0(from));
    thread_set_word4(to, thread_word1(from));
    thread_set_word5(to, thread_word2(from));
    thread_set_word6(to, thread_word3(from));
    thread_set_word7(to, thread_rip(from));
    thread_set_tag(to, FAULT_SYSCALL * 65536u + 8u);
}

enum error fault_check_reply(ref_t thread, ref_t from)
{
    word_t words = tag_words(thread_tag(from));

    if (words == 0 || (words == 1 && thread_fault(thread) == FAULT_SYSCALL))
        return E_OK;
    return words == REGISTERS_ALL ? registers_check(from) : E_MESSAGE;
}

void fault_resume(ref_t thread, ref_t from)
{
    word_t words = tag_words(thread_tag(from));

    thread_set_fault(thread, 0);
    if (words == 1)
        thread_set_rax(thread, thread_word0(from));
    else if (words == REGISTERS_ALL)
        registers_write(thread, from);
}

void fault_repeat(ref_t thread)
{
    if (thread_fault(thread) == FAULT_SYSCALL)
        thread_set_rip(thread, thread_rip(thread) - SYSCALL_BYTES);
    thread_set_fault(thread, 0);
}
