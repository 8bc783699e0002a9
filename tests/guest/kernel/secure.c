/* SPDX-License-Identifier: BSD-2-Clause */
/* What a program must not see or do, and that the kernel leaves its registers alone. */
#include "test.h"

#define US        (first_info()->ticks_per_second / 1000000)
#define KERNEL    0xffff800000000000ul
#define REGISTERS 16u

/* Registers that a system call is made with, and what they are behind it. */
static volatile word_t regs_in[REGISTERS] __attribute__((used)),
    regs_out[REGISTERS] __attribute__((used));

/* rax rbx rcx rdx rsi rdi rbp r8 r9 r10 r11 r12 r13 r14 r15 flags */
static void __attribute__((noinline)) call_with_registers(void)
{
    __asm__ volatile(
        "push %%rbp\n"
        "mov regs_in+8*0, %%rax\n   mov regs_in+8*1, %%rbx\n   mov regs_in+8*2, %%rcx\n"
        "mov regs_in+8*3, %%rdx\n   mov regs_in+8*4, %%rsi\n   mov regs_in+8*5, %%rdi\n"
        "mov regs_in+8*6, %%rbp\n   mov regs_in+8*7, %%r8\n    mov regs_in+8*8, %%r9\n"
        "mov regs_in+8*9, %%r10\n   mov regs_in+8*10, %%r11\n  mov regs_in+8*11, %%r12\n"
        "mov regs_in+8*12, %%r13\n  mov regs_in+8*13, %%r14\n  mov regs_in+8*14, %%r15\n"
        "syscall\n"
        "mov %%rax, regs_out+8*0\n   mov %%rbx, regs_out+8*1\n   mov %%rcx, regs_out+8*2\n"
        "mov %%rdx, regs_out+8*3\n   mov %%rsi, regs_out+8*4\n   mov %%rdi, regs_out+8*5\n"
        "mov %%rbp, regs_out+8*6\n   mov %%r8, regs_out+8*7\n    mov %%r9, regs_out+8*8\n"
        "mov %%r10, regs_out+8*9\n   mov %%r11, regs_out+8*10\n  mov %%r12, regs_out+8*11\n"
        "mov %%r13, regs_out+8*12\n  mov %%r14, regs_out+8*13\n  mov %%r15, regs_out+8*14\n"
        "pop %%rbp\n"
        "pushf\n pop %%rax\n mov %%rax, regs_out+8*15\n cld\n"
        :
        :
        : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
          "r15", "memory", "cc");
}

/* No register has anything of the kernel's; words of the message are small. */
static void check_registers(void)
{
    for (word_t i = 0; i < REGISTERS - 1; i++) {
        if (regs_out[i] >= KERNEL && i != 4) /* rsi: the tag; its label may be all ones */
            test_equal(regs_out[i], i, "a register behind a system call", __FILE__, __LINE__);
    }
    EQUAL(regs_out[6], regs_in[6]);              /* rbp */
    BETWEEN((word_t)call_with_registers, regs_out[2], (word_t)call_with_registers + 512); /* rcx */
    EQUAL(regs_out[10] & ~0x8d5ul, 0x202);       /* r11 */
    EQUAL(regs_out[15] & 0x47700ul, 0x200);      /* flags */
}

TEST(secure_registers,
     "no register has anything of the kernel's behind a system call, whatever its outcome")
{
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);
    static const word_t labels[] = {0, 3, 6, 8, 15}; /* none of these changes the caller */
    cap_t memory = test_untyped(1), frame = test_make(TYPE_FRAME, 0);
    cap_t reply = test_make(TYPE_REPLY, 0);
    cap_t caps[] = {0,          ROOT_CNODE,   ROOT_THREAD, ROOT_SCHED, ROOT_IOPORT, ROOT_IMAGE,
                    test_slot(), notification, memory,      reply,      frame,       test_beyond()};

    for (word_t c = 0; c < sizeof(caps) / sizeof(caps[0]); c++) {
        for (word_t number = 0; number < 24; number++) {
            for (word_t l = 0; l < sizeof(labels) / sizeof(labels[0]); l++) {
                if (number == SYS_RECV && caps[c] == notification)
                    continue; /* would wait */
                for (word_t i = 0; i < REGISTERS; i++)
                    regs_in[i] = 100 + i;
                regs_in[0] = number;
                regs_in[5] = caps[c];
                regs_in[4] = MESSAGE_TAG(labels[l], 0, 0);
                call_with_registers();
                check_registers();
            }
        }
    }
}

TEST(secure_registers_wait, "nor when the thread has waited, or was preempted in between")
{
    struct server s = {0};
    static struct beat b;

    (void)test_server(&s, TEST_ABOVE);
    test_beat(&b, 3 * US);
    for (word_t n = 0; n < 300; n++) {
        for (word_t i = 0; i < REGISTERS; i++)
            regs_in[i] = 100 + i;
        regs_in[0] = SYS_CALL;
        regs_in[5] = s.endpoint;
        regs_in[4] = MESSAGE_TAG(1, n % 9, 0);
        call_with_registers();
        EQUAL(regs_out[0], E_OK);
        check_registers();
    }
    CHECK(b.ticks > 20);
}

/* Fourteen registers and the direction flag, kept for a long time; a counter in rcx. */
static volatile word_t kept_wrong;

static void keep_registers(word_t rounds)
{
    word_t wrong;

    __asm__ volatile("push %%rbp\n std\n mov $1, %%eax\n mov $2, %%ebx\n mov $3, %%edx\n mov $4, "
                     "%%esi\n mov $5, %%edi\n"
                     "mov $6, %%ebp\n mov $8, %%r8d\n mov $9, %%r9d\n mov $10, %%r10d\n mov $11, "
                     "%%r11d\n mov $12, %%r12d\n"
                     "mov $13, %%r13d\n mov $14, %%r14d\n mov $15, %%r15d\n"
                     "1: dec %%rcx\n jnz 1b\n"
                     "cmp $2, %%rbx\n jne 2f\n cmp $3, %%rdx\n jne 2f\n cmp $4, %%rsi\n jne 2f\n "
                     "cmp $5, %%rdi\n jne 2f\n"
                     "cmp $6, %%rbp\n jne 2f\n cmp $8, %%r8\n jne 2f\n cmp $9, %%r9\n jne 2f\n cmp "
                     "$10, %%r10\n jne 2f\n"
                     "cmp $11, %%r11\n jne 2f\n cmp $12, %%r12\n jne 2f\n cmp $13, %%r13\n jne "
                     "2f\n cmp $14, %%r14\n jne 2f\n"
                     "cmp $15, %%r15\n jne 2f\n cmp $1, %%rax\n jne 2f\n"
                     "pushf\n pop %%rcx\n and $0x400, %%ecx\n cmp $0x400, %%ecx\n jne 2f\n"
                     "xor %%eax, %%eax\n jmp 3f\n"
                     "2: mov $1, %%eax\n"
                     "3: cld\n pop %%rbp\n"
                     : "=a"(wrong), "+c"(rounds)
                     :
                     : "rbx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
                       "r15", "memory", "cc");
    kept_wrong = wrong;
}

TEST(secure_preempted,
     "a program that is interrupted at any place finds its registers and flags as they were")
{
    static struct beat b;

    test_beat(&b, 2777);
    for (word_t i = 0; i < 20; i++) {
        keep_registers(20000 + 17 * i);
        EQUAL(kept_wrong, 0);
    }
    CHECK(b.ticks > 100);
}

static volatile word_t got;

static void read_from(word_t address)
{
    got = *(volatile unsigned char *)address;
}

static void write_to(word_t address)
{
    *(volatile unsigned char *)address = 0;
}

static void jump_to(word_t address)
{
    ((void (*)(void))address)();
}

TEST(secure_memory, "kernel memory cannot be read, written or run")
{
    static const word_t places[] = {0xffff800000000000,
                                    0xffff800000200000,
                                    0xffff800001000000,
                                    0xffff8000fee00000,
                                    0xffffffff80000000,
                                    0xffffffff80200000,
                                    0xffffffff80220000,
                                    0xffffffffc0000000,
                                    0xffffffffff5fc000,
                                    0xfffffffffffff000,
                                    USER_END};
    static void (*const ways[])(word_t) = {read_from, write_to, jump_to};

    for (word_t p = 0; p < sizeof(places) / sizeof(places[0]); p++) {
        for (word_t w = 0; w < 3; w++) {
            struct faulted f;

            test_fault(&f, ways[w], places[p], 0);
            EQUAL(message_label(f.m.tag), FAULT_PAGE);
            EQUAL(f.m.w[0], places[p]);
            EQUAL(f.m.w[1] & 6, w == 1 ? 6 : 4);
            DONE(thread_suspend(f.w.thread));
            DONE(cnode_delete(ROOT_CNODE, f.w.thread, 1));
        }
    }
}

#define PRIVILEGED(name, code)                                                                   \
    static void name(word_t a)                                                                   \
    {                                                                                            \
        static char space[16] __attribute__((used));                                             \
        __asm__ volatile(code : "+a"(a) : "d"(space) : "rcx", "memory");                         \
    }
PRIVILEGED(do_cli, "cli")
PRIVILEGED(do_sti, "sti")
PRIVILEGED(do_in, "mov $0x80, %%edx; in %%dx, %%al")
PRIVILEGED(do_out, "mov $0x80, %%edx; out %%al, %%dx")
PRIVILEGED(do_cr0, "mov %%cr0, %%rax")
PRIVILEGED(do_cr3, "mov %%cr3, %%rax")
PRIVILEGED(do_to_cr4, "mov %%rax, %%cr4")
PRIVILEGED(do_dr7, "mov %%rax, %%dr7")
PRIVILEGED(do_rdmsr, "mov $0xc0000082, %%ecx; rdmsr")
PRIVILEGED(do_wrmsr, "mov $0xc0000082, %%ecx; wrmsr")
PRIVILEGED(do_lgdt, "lgdt (%%rdx)")
PRIVILEGED(do_lidt, "lidt (%%rdx)")
PRIVILEGED(do_ltr, "ltr %%ax")
PRIVILEGED(do_invlpg, "invlpg (%%rdx)")
PRIVILEGED(do_wbinvd, "wbinvd")
PRIVILEGED(do_clts, "clts")
PRIVILEGED(do_swapgs, "swapgs")
PRIVILEGED(do_selector, "mov $0x8, %%eax; mov %%eax, %%ds")
PRIVILEGED(do_data, "mov $0x10, %%eax; mov %%eax, %%ss")

TEST(secure_privileged, "privileged instructions are refused: vector 13")
{
    static void (*const ways[])(word_t) = {do_cli,  do_sti,    do_in,       do_out,    do_cr0,
                                           do_cr3,  do_to_cr4, do_dr7,      do_rdmsr,  do_wrmsr,
                                           do_lgdt, do_lidt,   do_ltr,      do_invlpg, do_wbinvd,
                                           do_clts, do_swapgs, do_selector, do_data};

    for (word_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
        struct faulted f;

        test_fault(&f, ways[w], 0, 0);
        test_equal(f.m.tag, MESSAGE_TAG(FAULT_EXCEPTION, 5, 0), "the fault", __FILE__, (int)w);
        test_equal(f.m.w[0], 13, "the vector", __FILE__, (int)w);
    }
}

PRIVILEGED(do_sgdt, "sgdt (%%rdx)")
PRIVILEGED(do_sidt, "sidt (%%rdx)")
PRIVILEGED(do_sldt, "sldt %%ax")
PRIVILEGED(do_smsw, "smsw %%ax")
PRIVILEGED(do_str, "str %%ax")

TEST(secure_tables,
     "a program cannot ask where the kernel's tables are, where the processor can forbid it")
{
    static void (*const ways[])(word_t) = {do_sgdt, do_sidt, do_sldt, do_smsw, do_str};

    if (!(test_cpuid(7, 0).c >> 2 & 1))
        test_skip("the processor has no UMIP");
    for (word_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
        struct faulted f;

        test_fault(&f, ways[w], 0, 0);
        test_equal(f.m.tag, MESSAGE_TAG(FAULT_EXCEPTION, 5, 0), "the fault", __FILE__, (int)w);
        test_equal(f.m.w[0], 13, "the vector", __FILE__, (int)w);
    }
}

PRIVILEGED(do_step_syscall, "pushf; orl $0x100, (%%rsp); popf; mov $99, %%eax; syscall; nop")
PRIVILEGED(do_sysenter, "sysenter")

TEST(secure_step, "single-stepping over a system call stops behind it, in the program")
{
    struct faulted f;

    test_fault(&f, do_step_syscall, 0, 0);
    for (word_t i = 0; i < 3; i++) {
        EQUAL(f.m.tag, MESSAGE_TAG(FAULT_EXCEPTION, 5, 0));
        EQUAL(f.m.w[0], 1);
        BETWEEN((word_t)do_step_syscall, f.m.w[2], (word_t)do_step_syscall + 64);
        test_answer(&f, 0);
        DONE(sys_recv(f.endpoint, f.reply, &f.m, SYS_NONBLOCK));
    }
}

TEST(secure_sysenter, "the other system call instruction is none")
{
    struct faulted f;

    test_fault(&f, do_sysenter, 0, 0);
    EQUAL(message_label(f.m.tag), FAULT_EXCEPTION);
    CHECK(f.m.w[0] == 6 || f.m.w[0] == 13);
}

TEST(secure_last_page,
     "a system call from the last bytes of the last page returns to nowhere, as a page fault")
{
    cap_t frame;
    unsigned char *page = test_page(&frame);
    cap_t copy = test_copy(frame, RIGHT_ALL);
    struct faulted f;

    page[4094] = 0x0f;
    page[4095] = 0x05;
    DONE(address_space_map(ROOT_SPACE, 0, copy, 1, USER_END - 4096, MAP_READ | MAP_EXECUTE));
    test_fault(&f, jump_to, USER_END - 2, 0);
    EQUAL(f.m.tag, MESSAGE_TAG(FAULT_PAGE, 5, 0));
    EQUAL(f.m.w[0], USER_END);
    EQUAL(f.m.w[2], USER_END);
}

static void bad_stack(word_t stack)
{
    __asm__ volatile("mov %0, %%rsp; mov $99, %%eax; syscall; ud2" : : "r"(stack));
}

TEST(secure_stack, "the kernel does not use the program's stack pointer, whatever it is")
{
    static const word_t stacks[] = {
        0, 0xffffffff80200000, 0xffff800000200000, 0x0000800000000000, ~0ul, 7};

    for (word_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
        struct faulted f;

        test_fault(&f, bad_stack, stacks[i], 0);
        EQUAL(f.m.w[0], 6);
        EQUAL(f.m.w[3], stacks[i]);
    }
}
