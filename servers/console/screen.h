/* SPDX-License-Identifier: BSD-2-Clause */
/* The way to the terminal: bytes out and bytes in, by the driver of its serial line. */
#ifndef CONSOLE_SCREEN_H
#define CONSOLE_SCREEN_H

#include <abi/call.h>
#include <stddef.h>

#define SCREEN_PARTIAL 80u

/** Use this server (protocol serial). */
void screen_open(cap_t serial);

/** Bytes as they are. They are collected until screen_flush. */
void screen_raw(const char *bytes, size_t size);

/** Text of a program: a newline also goes to the start of the line. */
void screen_text(const char *bytes, size_t size);

/** Bytes of a program that moves the cursor itself, as they are. */
void screen_bytes(const char *bytes, size_t size);

/** The end of what programs have written, if no newline followed it. @return its size, at most
 * SCREEN_PARTIAL */
size_t screen_partial(char to[static SCREEN_PARTIAL + 1]);

/** Forget that: a newline has been shown. */
void screen_newline(void);

/** Send what was collected. */
void screen_flush(void);

#endif
