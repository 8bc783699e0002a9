/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How musl asks for what Linux would do: by a function of lib/posix instead of the SYSCALL
 * instruction, which on Tessera means something else. Numbers, arguments and results are those of
 * Linux on x86-64: a result in -4095..-1 is an errno, negated.
 *
 * Four calls differ because they cannot be made from C, or not by a function:
 *   SYS_arch_prctl(ARCH_SET_FS, p)                    sets the thread pointer, at start
 *   SYS_clone(flags, stack, ptid, ctid, tls, enter)   the thread starts in enter(stack), on stack
 *   SYS_exit(status, base, size)                      size != 0: then unmap the thread's own stack
 *   SYS_rt_sigreturn                                  is never made: no signal frames
 */

#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

long posix_syscall(long number, long a, long b, long c, long d, long e, long f);

static inline long __syscall0(long n)
{
    return posix_syscall(n, 0, 0, 0, 0, 0, 0);
}

static inline long __syscall1(long n, long a)
{
    return posix_syscall(n, a, 0, 0, 0, 0, 0);
}

static inline long __syscall2(long n, long a, long b)
{
    return posix_syscall(n, a, b, 0, 0, 0, 0);
}

static inline long __syscall3(long n, long a, long b, long c)
{
    return posix_syscall(n, a, b, c, 0, 0, 0);
}

static inline long __syscall4(long n, long a, long b, long c, long d)
{
    return posix_syscall(n, a, b, c, d, 0, 0);
}

static inline long __syscall5(long n, long a, long b, long c, long d, long e)
{
    return posix_syscall(n, a, b, c, d, e, 0);
}

static inline long __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
    return posix_syscall(n, a, b, c, d, e, f);
}

#define IPC_64 0
