/* SPDX-License-Identifier: BSD-2-Clause */
/* What start code needs of threads. */
#ifndef RT_THREAD_PRIV_H
#define RT_THREAD_PRIV_H

/** Make the running main thread a struct rt_thread. */
void rt_thread_first(void);

/** First instruction of further threads (start.S). */
void rt_thread_entry(void);

/** Where they go from there. */
_Noreturn void rt_thread_body(void);

/** On another stack: call last(argument), then rt_thread_end() (start.S). */
_Noreturn void rt_thread_end_on(void *stack_top, void (*last)(void *), void *argument);

/** The end of a thread other than the main one. */
_Noreturn void rt_thread_end(void);

#endif
