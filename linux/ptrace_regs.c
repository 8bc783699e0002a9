/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registers of a traced task (ptrace.h). What the FPU has only the thread itself can save: it is
 * sent through code of the vDSO page (vdso.S), which ends in a call of our own.
 */
#include "ptrace.h"

#include "core_priv.h"
#include "futex_priv.h"
#include "handlers.h"
#include "space_priv.h"
#include "vdso_priv.h"

#include <abi/invoke.h>
#include <rt/program.h>

#define TRAP_FLAG (1ul << 8)

/* What RAX shows of a call that was interrupted and would be made anew: ERESTARTSYS, and for calls
 * that SA_RESTART does not concern ERESTARTNOHAND. */
#define RESTART_SYS     (-512L)
#define RESTART_NO_HAND (-514L)

static word_t shown_result(const struct task *t)
{
    if (t->ptrace->at_entry)
        return (word_t)-ENOSYS;
    if (t->has_result)
        return (word_t)t->result;
    if (t->progress != 0)
        return t->progress;
    return (word_t)(t->number < CALL_COUNT && calls[t->number].interrupted == CALL_EINTR
                        ? RESTART_NO_HAND : RESTART_SYS);
}

void ptrace_regs_get(const struct task *t, struct regs *r, word_t *orig)
{
    *orig = NO_CALL;
    if (t->ptrace->fpu_busy) {
        *r = t->ptrace->fpu_regs;
        *orig = t->ptrace->orig;
        return;
    }
    task_regs_read(t, r);
    if (t->ptrace->stepped)
        r->flags &= ~TRAP_FLAG;
    if (t->suspended) {
        *orig = t->ptrace->orig;
    } else if (!t->is_fault) {
        *orig = t->number;
        r->rcx = r->ip;
        r->r11 = r->flags;
        r->rax = shown_result(t);
    }
}

void ptrace_take_out(struct task *t)
{
    struct regs r;
    word_t orig;

    if (t->reply == 0) { /* it may run: a tracer ends while it makes a step */
        RT_CHECK(thread_suspend(t->thread) == E_OK);
        t->suspended = true;
    }
    ptrace_regs_get(t, &r, &orig);
    task_unwait(t);
    task_forget_ready(t);
    futex_forget(t);
    RT_CHECK(thread_suspend(t->thread) == E_OK);
    if (t->reply != 0)
        loop_free_reply(t->reply);
    t->reply = 0;
    t->has_result = t->is_fault = t->ptrace->at_entry = t->ptrace->stepped = false;
    t->state = TASK_RUNNING;
    t->suspended = true;
    t->ptrace->orig = orig;
    task_regs_write(t, &r);
}

long ptrace_regs_set(struct task *t, const struct regs *r, word_t orig)
{
    if (r->ip >= USER_END || r->tls >= USER_END || r->gs >= USER_END)
        return -EIO;
    if (t->ptrace->at_entry && orig < CALL_COUNT) { /* another call, or other arguments */
        const word_t arg[6] = {r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9};

        t->number = orig;
        memcpy(t->arg, arg, sizeof arg);
        return 0;
    }
    if (!t->suspended)
        ptrace_take_out(t);
    task_regs_write(t, r);
    t->ptrace->orig = orig;
    t->ptrace->stepped = false;
    return 0;
}

/* --- struct user_regs_struct ---------------------------------------------------------------- */

enum { USER_R15, USER_R14, USER_R13, USER_R12, USER_RBP, USER_RBX, USER_R11, USER_R10, USER_R9,
       USER_R8, USER_RAX, USER_RCX, USER_RDX, USER_RSI, USER_RDI, USER_ORIG, USER_RIP, USER_CS,
       USER_FLAGS, USER_RSP, USER_SS, USER_FS_BASE, USER_GS_BASE };

void ptrace_user_get(const struct task *t, word_t to[USER_REGS])
{
    struct regs r;
    word_t orig;

    ptrace_regs_get(t, &r, &orig);
    memset(to, 0, USER_REGS * sizeof *to);
    to[USER_R15] = r.r15, to[USER_R14] = r.r14, to[USER_R13] = r.r13, to[USER_R12] = r.r12;
    to[USER_RBP] = r.rbp, to[USER_RBX] = r.rbx, to[USER_R11] = r.r11, to[USER_R10] = r.r10;
    to[USER_R9] = r.r9, to[USER_R8] = r.r8, to[USER_RAX] = r.rax, to[USER_RCX] = r.rcx;
    to[USER_RDX] = r.rdx, to[USER_RSI] = r.rsi, to[USER_RDI] = r.rdi, to[USER_ORIG] = orig;
    to[USER_RIP] = r.ip, to[USER_CS] = 0x33, to[USER_FLAGS] = r.flags, to[USER_RSP] = r.sp;
    to[USER_SS] = 0x2b, to[USER_FS_BASE] = r.tls, to[USER_GS_BASE] = r.gs;
}

long ptrace_user_set(struct task *t, const word_t from[USER_REGS])
{
    struct regs r = {
        .ip = from[USER_RIP], .sp = from[USER_RSP], .flags = from[USER_FLAGS],
        .tls = from[USER_FS_BASE], .gs = from[USER_GS_BASE], .rdi = from[USER_RDI],
        .rsi = from[USER_RSI], .rdx = from[USER_RDX], .rax = from[USER_RAX],
        .rbx = from[USER_RBX], .rcx = from[USER_RCX], .rbp = from[USER_RBP], .r8 = from[USER_R8],
        .r9 = from[USER_R9], .r10 = from[USER_R10], .r11 = from[USER_R11], .r12 = from[USER_R12],
        .r13 = from[USER_R13], .r14 = from[USER_R14], .r15 = from[USER_R15],
    };

    return ptrace_regs_set(t, &r, from[USER_ORIG]);
}

/* --- the FPU -------------------------------------------------------------------------------- */

/* Send the task through code at `entry`, which has the address of its page in RCX. */
static long run_fpu_code(struct task *asker, struct task *t, word_t entry, const uint8_t *from)
{
    struct ptrace *p = t->ptrace;
    word_t orig, at = space_find(t->space, PAGE);
    struct regs r;
    long e = at == 0 ? -ENOMEM
                     : space_map(t->space, at, PAGE, PROT_READ | PROT_WRITE, NULL);

    if (e == 0)
        e = from != NULL ? user_write(t, at, from, FPU_BYTES) : user_clear(t, at, FPU_BYTES);
    if (e != 0)
        return e;
    ptrace_regs_get(t, &p->fpu_regs, &orig);
    if (!t->suspended)
        ptrace_take_out(t);
    p->orig = orig;
    r = p->fpu_regs;
    r.ip = t->space->vdso + entry;
    r.rcx = at;
    r.flags &= ~TRAP_FLAG;
    task_regs_write(t, &r);
    p->fpu_page = at;
    p->fpu_busy = true;
    p->fpu_done = false;
    p->fpu_asker = asker;
    t->suspended = false;
    RT_CHECK(thread_resume(t->thread) == E_OK);
    return task_wait(asker, NULL, NEVER);
}

/* It is held as before. */
static void end_fpu_code(struct task *t)
{
    struct ptrace *p = t->ptrace;

    RT_CHECK(thread_suspend(t->thread) == E_OK);
    p->fpu_busy = p->stepped = false;
    t->suspended = true;
    task_regs_write(t, &p->fpu_regs);
    if (p->fpu_asker != NULL)
        task_make_ready(p->fpu_asker);
    p->fpu_asker = NULL;
}

/* The code has run. */
long sys_vdso_fpu(struct task *t, const word_t *arg)
{
    (void)arg;
    if (!ptrace_fpu_busy(t))
        return -ENOSYS;
    t->ptrace->fpu_done = true;
    end_fpu_code(t);
    return NO_REPLY;
}

static long finish(struct task *t, uint8_t *to)
{
    struct ptrace *p = t->ptrace;
    long e = to != NULL ? user_read(t, to, p->fpu_page, FPU_BYTES) : 0;

    p->fpu_done = false;
    (void)space_unmap(t->space, p->fpu_page, PAGE);
    return e;
}

/* First the code is run, which lets the asker wait; asked again, it has been. */
static long fpu_move(struct task *asker, struct task *t, word_t entry, const uint8_t *from,
                     uint8_t *to)
{
    if (t->ptrace->fpu_busy)
        return -EBUSY;
    if (asker->saved_arg == 0) {
        asker->saved_arg = 1;
        return run_fpu_code(asker, t, entry, from);
    }
    return t->ptrace->fpu_done ? finish(t, to) : -ESRCH;
}

long ptrace_fpu_get(struct task *asker, struct task *t, uint8_t *to)
{
    return fpu_move(asker, t, VDSO_FPU_SAVE, NULL, to);
}

long ptrace_fpu_set(struct task *asker, struct task *t, const uint8_t *from)
{
    return fpu_move(asker, t, VDSO_FPU_RESTORE, from, NULL);
}

void ptrace_fpu_forget(struct task *t)
{
    if (ptrace_fpu_busy(t))
        end_fpu_code(t);
}

void ptrace_asker_ends(const struct task *asker)
{
    for (unsigned i = 1; i <= TASK_MAX; i++) {
        if (tasks[i] != NULL && tasks[i]->ptrace != NULL && tasks[i]->ptrace->fpu_asker == asker)
            tasks[i]->ptrace->fpu_asker = NULL;
    }
}
