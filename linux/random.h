/* SPDX-License-Identifier: BSD-2-Clause */
/* Random numbers of the sandbox. */
#ifndef LINUX_RANDOM_H
#define LINUX_RANDOM_H

#include <stddef.h>

/** Fill memory with bytes that nobody can foretell. Never waits. */
void random_bytes(void *to, size_t bytes);

#endif
