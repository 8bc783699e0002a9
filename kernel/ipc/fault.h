/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A fault is a Call that the kernel makes for a thread on its fault endpoint. The message does not
 * pass through the thread's registers, which the handler may want to see; it is put together when
 * the handler takes it.
 */
#ifndef IPC_FAULT_H
#define IPC_FAULT_H

#include <model/fields.h>

/**
 * The thread, which runs, cannot go on: tell its handler. Without one it is suspended.
 * @param label FAULT_*  @param a,b first words of the message (PAGE: address, access; EXCEPTION:
 * vector, error; TIMEOUT: consumed)
 */
void fault_raise(ref_t thread, word_t label, word_t a, word_t b);

/** Put the fault message of `from` into the registers of `to`. */
void fault_message(ref_t from, ref_t to);

/** Can the message of `from` answer the fault of `thread`? @return E_MESSAGE, E_ARG */
enum error fault_check_reply(ref_t thread, ref_t from);

/** Let `thread` go on as the message of `from` says. */
void fault_resume(ref_t thread, ref_t from);

/** Make `thread` do again what faulted, once it runs. */
void fault_repeat(ref_t thread);

#endif
