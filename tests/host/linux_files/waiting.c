/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls that wait, and what wakes them. */
#include "fake.h"

void cases_waiting(void)
{
}

void cases_proc(void)
{
}
