/* SPDX-License-Identifier: BSD-2-Clause */
/* All registers of a thread as 21 message words: Thread.write_registers, read_registers, and
 * answers to faults. */
#ifndef IPC_REGISTERS_H
#define IPC_REGISTERS_H

#include <model/fields.h>

#define REGISTERS_SHORT 8u
#define REGISTERS_ALL 21u

/** Are the words of `from`, 8 or 21, registers that a thread may have? @return E_ARG, E_MESSAGE */
/*@ requires is_thread(from) && inside_wf && slots_null_wf;
    assigns \nothing;
    ensures words: \result == E_OK ==> Thread_tag(from) % 256 == REGISTERS_SHORT ||
        (Thread_tag(from) % 256 == REGISTERS_ALL && Slot_object(Thread_buffer(from)) != NIL);
    ensures user: \result == E_OK ==> K[from + 2][0] < USER_END && K[from + 2][3] < USER_END &&
        K[from + 2][4] < USER_END;
*/
enum error registers_check(ref_t from);

/** Set the registers of `thread` from the message of `from`. registers_check has been passed. */
/*@ requires is_thread(thread) && is_thread(from) && inside_wf && slots_null_wf && asid_wf;
    assigns REGISTERS(thread), ALL_MEMORY;
    ensures asid: asid_wf;
*/
void registers_write(ref_t thread, ref_t from);

/** Put the registers of `thread` into the message of `to`. */
/*@ requires is_thread(thread) && is_thread(to) && inside_wf && slots_null_wf && asid_wf;
    assigns Thread_fs_base(thread), Thread_gs_base(thread), ALL_MEMORY;
    ensures asid: asid_wf;
*/
void registers_read(ref_t thread, ref_t to);

#endif
