/* SPDX-License-Identifier: BSD-2-Clause */
#include "registers.h"

#include "transfer.h"

#include <arch/arch.h>

enum error registers_check(ref_t from)
{
    word_t words = tag_words(thread_tag(from));

    if (words != REGISTERS_SHORT && words != REGISTERS_ALL)
        return E_MESSAGE;
    if (words == REGISTERS_ALL && slot_object(thread_buffer(from)) == NIL)
        return E_MESSAGE;
    if (thread_word0(from) >= USER_END || thread_word3(from) >= USER_END ||
        thread_word4(from) >= USER_END)
        return E_ARG;
    return E_OK;
}

void registers_write(ref_t thread, ref_t from)
{
    thread_set_rip(thread, thread_word0(from));
    thread_set_rsp(thread, thread_word1(from));
    thread_set_rflags(thread, arch_flags_user(thread_word2(from)));
    thread_set_fs_base(thread, thread_word3(from));
    thread_set_gs_base(thread, thread_word4(from));
    thread_set_rdi(thread, thread_word5(from));
    thread_set_tag(thread, thread_word6(from));
    thread_set_word0(thread, thread_word7(from));
    thread_set_resumed(thread, 1);
    if (tag_words(thread_tag(from)) == REGISTERS_ALL) {
        thread_set_rax(thread, transfer_word(from, 8));
        thread_set_rbx(thread, transfer_word(from, 9));
        thread_set_rcx(thread, transfer_word(from, 10));
        thread_set_rbp(thread, transfer_word(from, 11));
        thread_set_word2(thread, transfer_word(from, 12));
        thread_set_word3(thread, transfer_word(from, 13));
        thread_set_word1(thread, transfer_word(from, 14));
        thread_set_r11(thread, transfer_word(from, 15));
        thread_set_word4(thread, transfer_word(from, 16));
        thread_set_word5(thread, transfer_word(from, 17));
        thread_set_word6(thread, transfer_word(from, 18));
        thread_set_word7(thread, transfer_word(from, 19));
    }
    arch_bases_load(thread);
}

/* The first eight words. */
/*@ requires is_thread(thread) && is_thread(to) && asid_wf;
    assigns ALL_MEMORY;
    ensures asid: asid_wf;
*/
static inline void read_short(ref_t thread, ref_t to, word_t rdx)
{
    thread_set_word0(to, thread_rip(thread));
    thread_set_word1(to, thread_rsp(thread));
    thread_set_word2(to, thread_rflags(thread));
    thread_set_word3(to, thread_fs_base(thread));
    thread_set_word4(to, thread_gs_base(thread));
    thread_set_word5(to, thread_rdi(thread));
    thread_set_word6(to, thread_tag(thread));
    thread_set_word7(to, rdx);
}

void registers_read(ref_t thread, ref_t to)
{
    word_t rdx = thread_word0(thread);

    arch_bases_save(thread);
    transfer_set_word(to, 8, thread_rax(thread));
    transfer_set_word(to, 9, thread_rbx(thread));
    transfer_set_word(to, 10, thread_rcx(thread));
    transfer_set_word(to, 11, thread_rbp(thread));
    transfer_set_word(to, 12, thread_word2(thread));
    transfer_set_word(to, 13, thread_word3(thread));
    transfer_set_word(to, 14, thread_word1(thread));
    transfer_set_word(to, 15, thread_r11(thread));
    transfer_set_word(to, 16, thread_word4(thread));
    transfer_set_word(to, 17, thread_word5(thread));
    transfer_set_word(to, 18, thread_word6(thread));
    transfer_set_word(to, 19, thread_word7(thread));
    transfer_set_word(to, 20, 0);
    read_short(thread, to, rdx);
}
