/* SPDX-License-Identifier: BSD-2-Clause */
#include "cases.h"
void test_cases(void) {}
