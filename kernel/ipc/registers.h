/* SPDX-License-Identifier: BSD-2-Clause */
/* All registers of a thread as 21 message words: Thread.write_registers, read_registers, and
 * answers to faults. */
#ifndef IPC_REGISTERS_H
#define IPC_REGISTERS_H

#include <model/fields.h>

#define REGISTERS_SHORT 8u
#define REGISTERS_ALL 21u

/** Are the words of `from`, 8 or 21, registers that a thread may have? @return E_ARG, E_MESSAGE */
enum error registers_check(ref_t from);

/** Set the registers of `thread` from the message of `from`. registers_check has been passed. */
void registers_write(ref_t thread, ref_t from);

/** Put the registers of `thread` into the message of `to`. */
void registers_read(ref_t thread, ref_t to);

#endif
