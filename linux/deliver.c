/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a signal does: nothing, end the process, stop it, or run a handler in the program, for which
 * a frame as of Linux's x86-64 ABI is put on its stack. State of the FPU is saved and restored by
 * the program itself, in the code of the vdso page that it passes through on both ways.
 */
#include "core_priv.h"
#include "futex_priv.h"
#include "handlers.h"
#include "ptrace.h"
#include "space_priv.h"
#include "trace.h"
#include "vdso_priv.h"

#include <abi/invoke.h>
#include <rt/program.h>

#define SIG_DFL 0ul
#define SIG_IGN 1ul

#define SA_NOCLDSTOP 1ul
#define SA_NOCLDWAIT 2ul
#define SA_SIGINFO   4ul
#define SA_ONSTACK   0x08000000ul
#define SA_RESTART   0x10000000ul
#define SA_NODEFER   0x40000000ul
#define SA_RESETHAND 0x80000000ul

#define SS_ONSTACK    1u
#define SS_DISABLE    2u
#define SS_AUTODISARM 0x80000000u

#define RED_ZONE 128u
#define TRAP_FLAG (1ul << 8)

/* As in Linux's asm/sigcontext.h and asm/ucontext.h. */
struct sigcontext {
    word_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, flags;
    uint16_t cs, gs, fs, ss;
    word_t error, trap, old_mask, cr2, fpu, reserved[8];
};

struct frame {
    word_t restorer;
    word_t uc_flags, uc_link;
    word_t stack;
    uint32_t stack_flags, pad;
    word_t stack_bytes;
    struct sigcontext context;
    sigset_t mask;
    struct siginfo info;
};
_Static_assert(sizeof(struct sigcontext) == 256, "the layout is Linux's");
_Static_assert(offsetof(struct frame, mask) == 8 + 40 + 256, "the layout is Linux's");

static bool on_alt_stack(const struct task *t, word_t sp)
{
    return t->alt_stack_bytes != 0 && sp > t->alt_stack && sp - t->alt_stack <= t->alt_stack_bytes;
}

unsigned alt_stack_state(const struct task *t, word_t sp)
{
    if (t->alt_stack_bytes == 0)
        return SS_DISABLE;
    return on_alt_stack(t, sp) && !(t->alt_stack_flags & SS_AUTODISARM)
               ? SS_ONSTACK
               : t->alt_stack_flags & SS_AUTODISARM;
}

static void fill_context(struct sigcontext *c, const struct task *t, const struct regs *r)
{
    *c = (struct sigcontext){
        .r8 = r->r8, .r9 = r->r9, .r10 = r->r10, .r11 = r->r11, .r12 = r->r12, .r13 = r->r13,
        .r14 = r->r14, .r15 = r->r15, .rdi = r->rdi, .rsi = r->rsi, .rbp = r->rbp, .rbx = r->rbx,
        .rdx = r->rdx, .rax = r->rax, .rcx = r->rcx, .rsp = r->sp, .rip = r->ip,
        .flags = r->flags, .cs = 0x33, .ss = 0x2b, .cr2 = t->fault_address,
        .error = t->fault_access, .trap = 14, .old_mask = t->blocked,
    };
}

/* Put the frame on the stack and make the registers those of the handler. @return false: there is
 * no such memory */
static bool push_frame(struct task *t, struct regs *r, const struct sigaction *a,
                       const struct siginfo *info)
{
    word_t sp = r->sp - RED_ZONE, fpu;
    struct frame f = {
        .restorer = t->space->vdso + VDSO_RESTORER, /* does the program's work in shorter time */
        .uc_flags = 6 /* UC_SIGCONTEXT_SS, UC_STRICT_RESTORE_SS */ | (vdso_xsave ? 1 : 0),
        .stack = t->alt_stack, .stack_bytes = t->alt_stack_bytes,
        .stack_flags = alt_stack_state(t, r->sp),
        .mask = t->restore_blocked ? t->saved_blocked : t->blocked, .info = *info,
    };

    if (a->flags & SA_ONSTACK && t->alt_stack_bytes != 0 && !on_alt_stack(t, r->sp))
        sp = t->alt_stack + t->alt_stack_bytes;
    fill_context(&f.context, t, r);
    fpu = (sp - vdso_fpu_bytes) & ~63ul;
    sp = ((fpu - sizeof f + 8) & ~15ul) - 8;
    f.context.fpu = fpu;
    if (!vdso_prepare_fpu(t, fpu) || user_write(t, sp, &f, sizeof f) != 0)
        return false;
    if (t->alt_stack_flags & SS_AUTODISARM)
        t->alt_stack = t->alt_stack_bytes = t->alt_stack_flags = 0;
    r->sp = sp;
    r->rdi = (word_t)info->number;
    r->rsi = sp + offsetof(struct frame, info);
    r->r8 = sp + offsetof(struct frame, uc_flags);
    r->rcx = fpu;
    r->r9 = a->handler;
    r->ip = t->space->vdso + VDSO_SIGNAL;
    r->flags &= ~(1ul << 10 | TRAP_FLAG); /* direction, trap */
    return true;
}

/* What the interrupted call gives, now that a handler runs. */
static void end_call(struct task *t, struct regs *r, const struct sigaction *a, long result)
{
    if (result == IN_USER_MODE)
        return;
    if (t->is_fault)
        return; /* it is made again by itself */
    if (result != INTERRUPTED) {
        r->rax = (word_t)result;
    } else if ((calls[t->number].interrupted == CALL_RESTARTS && a->flags & SA_RESTART) ||
               futex_begins_anew(t)) {
        r->rax = t->number;
        r->ip -= 2;
    } else {
        r->rax = (word_t)-EINTR;
    }
}

static bool run_handler(struct task *t, struct regs *r, int number, struct siginfo *info,
                        long result)
{
    struct sigaction *a = &t->process->action[number], was = *a;

    end_call(t, r, &was, result);
    if (t->ptrace != NULL)
        ptrace_jumps(t, r);
    if (was.flags & SA_RESETHAND)
        a->handler = SIG_DFL;
    if (!push_frame(t, r, &was, info))
        return false;
    t->restore_blocked = false;
    signal_set_mask(t, t->blocked | was.mask | (was.flags & SA_NODEFER ? 0 : SIGNAL_BIT(number)));
    return true;
}

static bool stops(int number)
{
    return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/* Nothing, with the default of these. */
static bool is_harmless(int number)
{
    return number == SIGCHLD || number == SIGCONT || number == SIGURG || number == SIGWINCH;
}

/* @return DELIVER_NOTHING: the next signal, please */
static enum delivery by_default(struct task *t, int number)
{
    struct process *p = t->process;

    if (is_harmless(number) || (p->parent == NULL && t->fatal != number))
        return DELIVER_NOTHING;
    if (stops(number)) {
        if (number != SIGSTOP && process_group_orphaned(p->pgid))
            return DELIVER_NOTHING;
        process_stop(p, number);
        return DELIVER_STOPPED;
    }
    process_exit(p, number);
    return DELIVER_GONE;
}

/* The next signal, after what else a tracer is to see. @return 0: none; -1: the task has stopped */
static int next_signal(struct task *t, struct siginfo *info, long result)
{
    int number;

    if (t->ptrace == NULL)
        return signal_take_due(t, info);
    number = ptrace_passed(t, info);
    if (number != 0)
        return number;
    if (!(signal_pending(t) & SIGNAL_BIT(SIGKILL)) && ptrace_trap(t, result))
        return -1;
    number = signal_take_due(t, info);
    return number != 0 && ptrace_signal(t, number, info) ? -1 : number;
}

enum delivery signal_deliver(struct task *t, struct regs *r, long *result)
{
    struct siginfo info;
    int number;

    if (ptrace_fpu_busy(t) && !(signal_pending(t) & SIGNAL_BIT(SIGKILL)))
        return DELIVER_NOTHING;
    if (t->process->stopped)
        return DELIVER_STOPPED;
    while ((number = next_signal(t, &info, *result)) > 0) {
        word_t handler = t->process->action[number].handler;
        enum delivery d;

        if (t->traced)
            trace_signal(t, number, info.code);
        if (handler == SIG_IGN && number != SIGKILL && number != SIGSTOP)
            continue;
        if (handler != SIG_DFL && number != SIGKILL && number != SIGSTOP) {
            if (run_handler(t, r, number, &info, *result))
                return DELIVER_REGS;
            process_exit(t->process, signal_pending(t) & SIGNAL_BIT(SIGKILL) ? SIGKILL : SIGSEGV);
            return DELIVER_GONE;
        }
        d = by_default(t, number);
        if (d != DELIVER_NOTHING)
            return d;
    }
    return number < 0 ? DELIVER_STOPPED : DELIVER_NOTHING;
}

/* The program did something that the processor refused: it cannot go on, even if it blocks the
 * signal. */
void signal_fault(struct task *t, int number, int code, word_t address)
{
    struct siginfo info = {.number = number, .code = code, .fault = {address}};
    struct sigaction *a = &t->process->action[number];

    if (t->blocked & SIGNAL_BIT(number) || a->handler == SIG_IGN) {
        a->handler = SIG_DFL;
        signal_set_mask(t, t->blocked & ~SIGNAL_BIT(number));
    }
    if (a->handler == SIG_DFL && t->ptrace == NULL) {
        struct regs r;

        t->fatal = number; /* even for the first process */
        task_regs_read(t, &r);
        rt_say(2, "%s (%d): signal %d, code %d at %lx, ip %lx sp %lx", t->name, t->process->pid,
               number, code, address, r.ip, r.sp);
    }
    signal_force(t, &info);
}

static void regs_from(struct regs *r, const struct sigcontext *c)
{
    r->r8 = c->r8, r->r9 = c->r9, r->r10 = c->r10, r->r11 = c->r11, r->r12 = c->r12;
    r->r13 = c->r13, r->r14 = c->r14, r->r15 = c->r15, r->rdi = c->rdi, r->rsi = c->rsi;
    r->rbp = c->rbp, r->rbx = c->rbx, r->rdx = c->rdx, r->rax = c->rax, r->rcx = c->rcx;
    r->sp = c->rsp, r->ip = c->rip, r->flags = c->flags;
}

/* The frame that the handler returned to: its restorer has taken the first word off. */
static bool read_frame(struct task *t, struct regs *r, struct frame *f)
{
    task_regs_read(t, r);
    return user_read(t, f, r->sp - 8, sizeof *f) == 0;
}

static long bad_frame(struct task *t)
{
    signal_fault(t, SIGSEGV, SI_KERNEL, 0);
    return 0;
}

static void restore_stack(struct task *t, const struct frame *f)
{
    t->alt_stack = f->stack;
    t->alt_stack_bytes = f->stack_flags & SS_DISABLE ? 0 : f->stack_bytes;
    t->alt_stack_flags = f->stack_flags & SS_AUTODISARM;
}

/* The frame's end is near the stack that it interrupted: all that the restorer can do with. */
static bool is_simple(const struct regs *r, const struct frame *f)
{
    return f->context.rip < USER_END && !(f->context.flags & TRAP_FLAG) &&
           f->context.rsp - r->sp < sizeof *f + vdso_fpu_bytes + RED_ZONE + 256;
}

/*
 * From the restorer of the vdso. @return 1: it restores the registers itself; 0: it calls
 * sys_vdso_sigreturn, because something is unusual, or somebody is to see the registers restored: a
 * tracer, or the handler of a signal that is due with the old mask.
 */
static long begin_return(struct task *t)
{
    struct regs r;
    struct frame f;

    if (t->watched || t->ptrace != NULL || t->attention || !read_frame(t, &r, &f) ||
        !is_simple(&r, &f) || signal_pending(t) & ~f.mask)
        return 0;
    restore_stack(t, &f);
    signal_set_mask(t, f.mask);
    return 1;
}

/*
 * A signal comes while the restorer is at work. Its handler's frame would be put below the one that
 * is not needed any more, and many of them would fill the stack: so it goes back to the call of
 * sys_vdso_sigreturn, after which the handler runs.
 */
bool signal_turn_back(struct task *t, struct regs *r)
{
    word_t at = r->ip - t->space->vdso, ip;

    if (t->ptrace != NULL || at < VDSO_RESTORED || at > VDSO_LAST ||
        signal_pending(t) & SIGNAL_BIT(SIGKILL))
        return false;
    if (at == VDSO_LAST) {
        if (user_read(t, &ip, r->sp, sizeof ip) == 0) {
            r->ip = ip;
            r->sp += 8 + RED_ZONE;
        }
        return false;
    }
    if (at == VDSO_FLAGS)
        r->sp += 8;
    r->ip = t->space->vdso + (at < VDSO_SIGRETURN ? VDSO_RESTORED : VDSO_SIGRETURN);
    r->rax = 0;
    return true;
}

/* By way of the vdso, which restores the FPU and then calls sys_vdso_sigreturn. */
long sys_rt_sigreturn(struct task *t, const word_t *arg)
{
    struct regs r;
    struct frame f;

    if (t->call_ip == t->space->vdso + VDSO_RESTORED)
        return begin_return(t);
    if (!read_frame(t, &r, &f))
        return bad_frame(t);
    if (f.context.fpu == 0)
        return sys_vdso_sigreturn(t, arg);
    r.rcx = f.context.fpu;
    r.ip = t->space->vdso + VDSO_RETURN;
    task_answer_regs(t, &r);
    return NO_REPLY;
}

long sys_vdso_sigreturn(struct task *t, const word_t *arg)
{
    struct regs r;
    struct frame f;

    (void)arg;
    if (!read_frame(t, &r, &f) || f.context.rip >= USER_END)
        return bad_frame(t);
    regs_from(&r, &f.context);
    restore_stack(t, &f);
    signal_set_mask(t, f.mask);
    if (t->ptrace != NULL)
        ptrace_jumps(t, &r);
    task_answer_regs(t, &r);
    return NO_REPLY;
}
