/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is typed, read by a thread of its own, because the serving thread cannot wait in two places.
 * It is signalled when something has come.
 */
#ifndef CONSOLE_KEYBOARD_H
#define CONSOLE_KEYBOARD_H

#include <abi/call.h>
#include <stdbool.h>
#include <stddef.h>

/** Start reading. @param serial whom to read from; signal: signalled when there is something
 * @return false: no thread */
bool keyboard_start(cap_t serial, cap_t signal);

/** The next byte, if there is one. */
bool keyboard_get(uint8_t *byte);

/** Drop what has not been taken. */
void keyboard_drop(void);

#endif
