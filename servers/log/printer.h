/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Prints lines as they come, on a thread of its own: however long the console takes, or stays away,
 * nobody who writes a line waits for it.
 */
#ifndef LOG_PRINTER_H
#define LOG_PRINTER_H

#include "lines.h"

/**
 * Start printing, if the manifest routes a console here and gives a further thread. The argument
 * print=LEVEL says what is worth it (failure, warning, info, debug, none); info if it is not given.
 */
void printer_start(void);

/** There is a new line. */
void printer_wake(void);

#endif
