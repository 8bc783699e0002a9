/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminals: a pseudo-terminal is typed at and read from. */
#include "fake.h"

void cases_tty(void)
{
}
