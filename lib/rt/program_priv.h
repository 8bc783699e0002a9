/* SPDX-License-Identifier: BSD-2-Clause */
/* What the start code (start.S) calls. */
#ifndef RT_PROGRAM_PRIV_H
#define RT_PROGRAM_PRIV_H

/** The main thread begins here. */
_Noreturn void rt_start(void);

/** The component's. */
int main(int argc, char **argv);

#endif
