/* SPDX-License-Identifier: BSD-2-Clause */
/* The rest of the architecture contract on the machine that builds. */
#include <arch/arch.h>

#include <stdio.h>
#include <stdlib.h>

word_t K[HOST_GRANULES][GRANULE_WORDS];
struct host host;

_Noreturn void arch_panic(const char *what, word_t a, word_t b)
{
    fprintf(stderr, "kernel panic: %s (%#lx, %#lx)\n", what, (unsigned long)a, (unsigned long)b);
    abort();
}

void arch_timer_fired(void)
{
    host.timer = WORD_MAX;
}

void arch_bases_save(ref_t t)
{
    (void)t; /* nothing but the kernel changes them here */
}

void arch_bases_load(ref_t t)
{
    (void)t;
}

void arch_fpu_init(ref_t t)
{
    K[t + THREAD_FPU][0] = 0x37f;
}

void arch_fpu_forget(ref_t t)
{
    if (host.fpu_owner == t)
        host.fpu_owner = NIL;
    if (host.bases_owner == t)
        host.bases_owner = NIL;
}

void arch_fpu_trap(void)
{
    host.fpu_owner = cpu.thread;
    thread_set_fpu_used(cpu.thread, 1);
}

void arch_space_init(ref_t root)
{
    K[root + SMALL_GRANULES - 1][7] =
        arch_pte_table(1); /* the kernel's half: any entry beyond USER_END */
}

void arch_space_forget(ref_t root, word_t asid)
{
    (void)asid;
    if (host.root == root) {
        host.root = NIL;
        host.asid = 0;
    }
    for (word_t i = 0; i < HOST_TLB; i++) {
        if (host.tlb[i].root == root)
            host.tlb[i].root = NIL;
    }
}

void arch_page_flush(ref_t root, word_t asid, word_t vaddr)
{
    (void)asid;
    for (word_t i = 0; i < HOST_TLB; i++) {
        if (host.tlb[i].root == root && host.tlb[i].vaddr == vaddr)
            host.tlb[i].root = NIL;
    }
}

word_t arch_irq_lines(void)
{
    return HOST_LINES;
}

bool arch_irq_exists(word_t line)
{
    return line < HOST_LINES && line != 2;
}

void arch_irq_route(word_t line, word_t vector, word_t flags)
{
    (void)flags;
    host.vector_of[line] = vector;
    host.masked[line] = 1;
}

void arch_irq_mask(word_t line, word_t masked)
{
    host.masked[line] = masked;
}

void arch_irq_unroute(word_t line)
{
    host.vector_of[line] = 0;
    host.masked[line] = 1;
}

void arch_irq_eoi(void)
{
    host.eoi++;
}

word_t arch_msi_address(word_t vector)
{
    (void)vector;
    return 0xfee00000u;
}

word_t arch_msi_data(word_t vector)
{
    return vector;
}

word_t arch_port_read(word_t port, word_t width)
{
    return port * 8 + width;
}

void arch_port_write(word_t port, word_t width, word_t value)
{
    host.ports++;
    host.port_last = port + width * 65536u + (value & 0xffu) * 0x1000000u;
}
