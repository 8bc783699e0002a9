/* SPDX-License-Identifier: BSD-2-Clause */
/* Where things are in the kernel's address space, and in its descriptor table. For C, assembler and
 * the linker script. docs: the picture is in kernel.lds. */
#ifndef ARCH_LAYOUT_H
#define ARCH_LAYOUT_H

#ifdef __ASSEMBLER__
#define LAYOUT(x) x
#else
#define LAYOUT(x) x##ul
#endif

/* All of physical memory that is RAM, writable, never executable: a reference to a granule is an
 * address in it.
 */
#define DIRECT_MAP LAYOUT(0xffff800000000000)
/* How much of it one top-level entry covers: RAM beyond is not used. */
#define DIRECT_MAP_SIZE LAYOUT(0x8000000000)
/* The kernel image at physical address p is linked at KERNEL_BASE + p. */
#define KERNEL_BASE LAYOUT(0xffffffff80000000)
/* Where it is loaded: in its own 2 MiB, which it must not outgrow. */
#define KERNEL_LOAD LAYOUT(0x200000)
/* Registers of the interrupt controllers and the timer, one page each. */
#define DEVICE_BASE  LAYOUT(0xffffffffc0000000)
#define DEVICE_PAGES 64

#define PAGE_BYTES 4096

/* The stacks are one array, x86_stacks, whose unmapped pages keep them apart: a page of guard, two
 * of kernel stack, then five times a page of guard and a page of stack. Offsets of their tops. */
#define KERNEL_STACK_TOP    12288
#define URGENT_STACK_TOP(i) (KERNEL_STACK_TOP + 8192 * (i))
#define STACKS_BYTES        URGENT_STACK_TOP(5)

/* Who uses the five: entries of the interrupt stack table, and, with page-table isolation, all
 * that comes from user mode, until the kernel's page tables are loaded. */
#define URGENT_STACKS 4
#define URGENT_NMI    1
#define URGENT_DOUBLE 2
#define URGENT_CHECK  3
#define URGENT_DEBUG  4
#define DOOR_STACK    5

/* cpu.frame is this far into the Thread object: right behind the registers, for short offsets. */
#define FRAME_BYTES 256
#define IDLE_BYTES  256

/* Selectors. SYSRET wants user data and user code in this order. */
#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10
#define USER_DATA   0x1b
#define USER_CODE   0x23
#define TASK_STATE  0x28

/* RFLAGS. */
#define FLAGS_ONE       LAYOUT(0x2)
#define FLAGS_TRAP      LAYOUT(0x100)
#define FLAGS_INTERRUPT LAYOUT(0x200)

#endif
