/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Processor time of the sandbox: the scheduling contexts that its tasks run on, and what they may
 * use together. The key `cpu` of the manifest says it; the kernel holds the component's own threads
 * to it, and this file the tasks, whose time counts with the component's own.
 */
#ifndef LINUX_BUDGET_H
#define LINUX_BUDGET_H

#include <abi/call.h>
#include <stdbool.h>

/** Before the first task. @return false: the manifest gives no right to processor time */
bool budget_init(void);
/** The scheduling context of a task's index; it stays for the next task of that index.
 * @return 0: no memory */
cap_t budget_context(unsigned index);
/** Ticks that a context has consumed since it was made. */
word_t budget_consumed(cap_t context);

#endif
