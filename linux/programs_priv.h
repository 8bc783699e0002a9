/* SPDX-License-Identifier: BSD-2-Clause */
/* The files in the component's own image (programs.S). */
#ifndef LINUX_PROGRAMS_PRIV_H
#define LINUX_PROGRAMS_PRIV_H

#include <stdint.h>

/** A cpio archive. */
extern const uint8_t programs[], programs_end[];

#endif
