/* SPDX-License-Identifier: BSD-2-Clause */
/* ptrace(2), as debuggers call it; and process_vm_readv(2), by which they read much at once. */
#include "ptrace.h"

#include "core_priv.h"
#include "file.h"
#include "handlers.h"
#include "space_priv.h"

#include <rt/program.h>

enum {
    PTRACE_TRACEME, PTRACE_PEEKTEXT, PTRACE_PEEKDATA, PTRACE_PEEKUSER, PTRACE_POKETEXT,
    PTRACE_POKEDATA, PTRACE_POKEUSER, PTRACE_CONT, PTRACE_KILL, PTRACE_SINGLESTEP,
    PTRACE_GETREGS = 12, PTRACE_SETREGS, PTRACE_GETFPREGS, PTRACE_SETFPREGS, PTRACE_ATTACH,
    PTRACE_DETACH, PTRACE_SYSCALL = 24, PTRACE_ARCH_PRCTL = 30,
    PTRACE_SETOPTIONS = 0x4200, PTRACE_GETEVENTMSG, PTRACE_GETSIGINFO, PTRACE_SETSIGINFO,
    PTRACE_GETREGSET, PTRACE_SETREGSET, PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_LISTEN,
    PTRACE_GETSIGMASK = 0x420a, PTRACE_SETSIGMASK, PTRACE_GET_SYSCALL_INFO = 0x420e,
};

#define OPTIONS    0x10007fu /* SECCOMP is not among them */
#define NT_PRSTATUS 1
#define NT_FPREGSET 2
#define USER_BYTES 912u      /* struct user: registers, FPU, ..., debug registers */
#define USER_DEBUG 848u
#define ARCH_X86_64 0xc000003eu

bool ptrace_may(const struct task *t, const struct task *other)
{
    const struct identity *a = &t->process->identity, *b = &other->process->identity;

    return a->euid == 0 || (a->uid == b->uid && a->uid == b->euid && a->uid == b->suid &&
                            a->gid == b->gid && a->gid == b->egid && a->gid == b->sgid &&
                            other->process->dumpable);
}

/* --- beginning ------------------------------------------------------------------------------ */

static long trace_me(struct task *t)
{
    if (t->ptrace != NULL || t->process->parent == NULL)
        return -EPERM;
    return ptrace_begin(t, t->process->parent, 0, false);
}

static long attach(struct task *t, struct task *other, bool seize, word_t address, word_t options)
{
    struct siginfo info = {.number = SIGSTOP, .code = SI_USER};
    long e;

    if (seize && (address != 0 || options & ~(word_t)OPTIONS))
        return -EIO;
    if (other->process == t->process || other->ptrace != NULL || !ptrace_may(t, other))
        return -EPERM;
    e = ptrace_begin(other, t->process, seize ? (unsigned)options : 0, seize);
    if (e != 0)
        return e;
    if (other->process->stopped)
        ptrace_group_stop(other, other->process->stop_signal);
    else if (!seize)
        e = signal_task(other, &info);
    return e;
}

/* The request's task, which must be the caller's tracee. @param stopped and have stopped */
static struct task *tracee(const struct task *t, word_t tid, bool stopped)
{
    struct task *other = tid - 1 < PID_MAX ? task_find((int)tid) : NULL;

    if (other == NULL || other->ptrace == NULL || other->ptrace->tracer != t->process)
        return NULL;
    return stopped && !other->ptrace->stopped ? NULL : other;
}

static long interrupt(struct task *other)
{
    struct ptrace *p = other->ptrace;

    if (!p->seized)
        return -EIO;
    if (p->listening) {
        ptrace_group_continues(other);
    } else if (!p->stopped) {
        p->interrupt = true;
        signal_recalculate(other);
        task_kick(other);
    }
    return 0;
}

static long listen(struct task *other)
{
    struct ptrace *p = other->ptrace;

    if (!p->seized || p->code >> 8 != EVENT_STOP)
        return -EIO;
    p->listening = true;
    if (!other->process->stopped)
        ptrace_group_continues(other);
    return 0;
}

/* --- memory --------------------------------------------------------------------------------- */

static long peek(struct task *t, struct task *other, word_t from, word_t to)
{
    word_t word;
    long e = space_read_forced(other->space, &word, from, sizeof word);

    if (e == -EFAULT)
        return -EIO;
    return e != 0 ? e : user_write(t, to, &word, sizeof word);
}

static long poke(struct task *other, word_t to, word_t word)
{
    long e = space_write_forced(other->space, to, &word, sizeof word);

    return e == -EFAULT || e == -EACCES ? -EIO : e;
}

/* --- struct user ---------------------------------------------------------------------------- */

static bool in_user(word_t at)
{
    return at % 8 == 0 && at < USER_BYTES;
}

static long peek_user(struct task *t, struct task *other, word_t at, word_t to)
{
    word_t regs[USER_REGS], word = 0;

    if (!in_user(at))
        return -EIO;
    ptrace_user_get(other, regs);
    if (at / 8 < USER_REGS)
        word = regs[at / 8];
    return user_write(t, to, &word, sizeof word);
}

/* Debug registers are not there: all that can be done with them is to clear them. */
static long poke_user(struct task *other, word_t at, word_t word)
{
    word_t regs[USER_REGS];

    if (!in_user(at))
        return -EIO;
    if (at >= USER_DEBUG)
        return word == 0 ? 0 : -EINVAL;
    if (at / 8 >= USER_REGS)
        return -EIO;
    ptrace_user_get(other, regs);
    regs[at / 8] = word;
    return ptrace_user_set(other, regs);
}

static long get_regs(struct task *t, struct task *other, word_t to, size_t bytes)
{
    word_t regs[USER_REGS];

    ptrace_user_get(other, regs);
    return user_write(t, to, regs, bytes);
}

static long set_regs(struct task *t, struct task *other, word_t from, size_t bytes)
{
    word_t regs[USER_REGS];

    ptrace_user_get(other, regs);
    if (user_read(t, regs, from, bytes) != 0)
        return -EFAULT;
    return ptrace_user_set(other, regs);
}

static long get_fpu(struct task *t, struct task *other, word_t to, size_t bytes)
{
    uint8_t fpu[FPU_BYTES];
    long e = ptrace_fpu_get(t, other, fpu);

    return e != 0 ? e : user_write(t, to, fpu, bytes);
}

static long set_fpu(struct task *t, struct task *other, word_t from)
{
    uint8_t fpu[FPU_BYTES];

    if (user_read(t, fpu, from, sizeof fpu) != 0)
        return -EFAULT;
    fpu[26] = fpu[27] = 0; /* of MXCSR there are 16 bits */
    return ptrace_fpu_set(t, other, fpu);
}

static long regset(struct task *t, struct task *other, bool set, word_t kind, word_t vector)
{
    size_t most = kind == NT_PRSTATUS ? USER_REGS * 8 : FPU_BYTES;
    struct iovec v;
    long e;

    if (user_read(t, &v, vector, sizeof v) != 0)
        return -EFAULT;
    if ((kind != NT_PRSTATUS && kind != NT_FPREGSET) || v.bytes % 8 != 0)
        return -EINVAL;
    if (v.bytes > most)
        v.bytes = most;
    if (kind == NT_PRSTATUS)
        e = set ? set_regs(t, other, v.base, v.bytes) : get_regs(t, other, v.base, v.bytes);
    else if (set && v.bytes < most)
        return -EINVAL;
    else
        e = set ? set_fpu(t, other, v.base) : get_fpu(t, other, v.base, v.bytes);
    return e != 0 ? e : user_write(t, vector + 8, &v.bytes, sizeof v.bytes);
}

static long arch_prctl(struct task *t, struct task *other, word_t where, word_t what)
{
    enum { SET_GS = 0x1001, SET_FS, GET_FS, GET_GS };
    struct regs r;
    word_t orig;

    ptrace_regs_get(other, &r, &orig);
    switch (what) {
    case GET_FS: return user_write(t, where, &r.tls, 8);
    case GET_GS: return user_write(t, where, &r.gs, 8);
    case SET_FS: r.tls = where; break;
    case SET_GS: r.gs = where; break;
    default: return -EINVAL;
    }
    return ptrace_regs_set(other, &r, orig) != 0 ? -EPERM : 0;
}

/* --- what a stop is about ------------------------------------------------------------------- */

/* Linux's struct ptrace_syscall_info. */
struct call_info {
    uint8_t op, pad[3];
    uint32_t arch;
    word_t ip, sp;
    union {
        struct { word_t number, arg[6]; } entry;
        struct { int64_t value; uint8_t is_error; } exit;
    };
};
_Static_assert(sizeof(struct call_info) == 80, "the layout is Linux's");

static long call_info(struct task *t, struct task *other, word_t bytes, word_t to)
{
    struct call_info info = {.op = other->ptrace->op, .arch = ARCH_X86_64};
    word_t actual = offsetof(struct call_info, entry), orig;
    struct regs r;
    long e;

    ptrace_regs_get(other, &r, &orig);
    info.ip = r.ip;
    info.sp = r.sp;
    if (info.op == 1) {
        const word_t arg[6] = {r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9};

        info.entry.number = orig;
        memcpy(info.entry.arg, arg, sizeof arg);
        actual = sizeof info;
    } else if (info.op == 2) {
        info.exit.value = (int64_t)r.rax;
        info.exit.is_error = r.rax >= -4095ul;
        actual = offsetof(struct call_info, exit.is_error) + 1;
    }
    e = user_write(t, to, &info, bytes < actual ? bytes : actual);
    return e != 0 ? e : (long)actual;
}

static long signal_info(struct task *t, struct task *other, bool set, word_t where)
{
    struct ptrace *p = other->ptrace;

    if (!p->has_info)
        return -EINVAL; /* a group-stop */
    return set ? user_read(t, &p->info, where, sizeof p->info)
               : user_write(t, where, &p->info, sizeof p->info);
}

static long signal_mask(struct task *t, struct task *other, bool set, word_t bytes, word_t where)
{
    sigset_t mask = other->restore_blocked ? other->saved_blocked : other->blocked;

    if (bytes != sizeof mask)
        return -EINVAL;
    if (!set)
        return user_write(t, where, &mask, sizeof mask);
    if (user_read(t, &mask, where, sizeof mask) != 0)
        return -EFAULT;
    signal_set_mask(other, mask);
    return 0;
}

static long set_options(struct task *other, word_t options)
{
    if (options & ~(word_t)OPTIONS)
        return -EINVAL;
    other->ptrace->options = (unsigned)options;
    return 0;
}

/* --- the call ------------------------------------------------------------------------------- */

static long go_on(struct task *other, word_t request, word_t number)
{
    if (number > SIGNALS)
        return -EIO;
    if (request == PTRACE_DETACH)
        ptrace_detach(other, (int)number);
    else
        ptrace_resume(other, request == PTRACE_SYSCALL      ? MODE_CALLS
                             : request == PTRACE_SINGLESTEP ? MODE_STEP
                                                            : MODE_CONTINUE, (int)number);
    return 0;
}

/* Of one that has stopped. */
static long look_or_change(struct task *t, struct task *other, const word_t *arg)
{
    word_t address = arg[2], data = arg[3];

    switch (arg[0]) {
    case PTRACE_PEEKTEXT:
    case PTRACE_PEEKDATA: return peek(t, other, address, data);
    case PTRACE_POKETEXT:
    case PTRACE_POKEDATA: return poke(other, address, data);
    case PTRACE_PEEKUSER: return peek_user(t, other, address, data);
    case PTRACE_POKEUSER: return poke_user(other, address, data);
    case PTRACE_GETREGS: return get_regs(t, other, data, USER_REGS * 8);
    case PTRACE_SETREGS: return set_regs(t, other, data, USER_REGS * 8);
    case PTRACE_GETFPREGS: return get_fpu(t, other, data, FPU_BYTES);
    case PTRACE_SETFPREGS: return set_fpu(t, other, data);
    case PTRACE_GETREGSET: return regset(t, other, false, address, data);
    case PTRACE_SETREGSET: return regset(t, other, true, address, data);
    case PTRACE_ARCH_PRCTL: return arch_prctl(t, other, address, data);
    case PTRACE_SETOPTIONS: return set_options(other, data);
    case PTRACE_GETEVENTMSG: return user_write(t, data, &other->ptrace->message, 8);
    case PTRACE_GETSIGINFO: return signal_info(t, other, false, data);
    case PTRACE_SETSIGINFO: return signal_info(t, other, true, data);
    case PTRACE_GETSIGMASK: return signal_mask(t, other, false, address, data);
    case PTRACE_SETSIGMASK: return signal_mask(t, other, true, address, data);
    case PTRACE_GET_SYSCALL_INFO: return call_info(t, other, address, data);
    case PTRACE_LISTEN: return listen(other);
    case PTRACE_CONT:
    case PTRACE_SYSCALL:
    case PTRACE_SINGLESTEP:
    case PTRACE_DETACH: return go_on(other, arg[0], data);
    default: return -EIO;
    }
}

long sys_ptrace(struct task *t, const word_t *arg)
{
    struct task *other;

    if (arg[0] == PTRACE_TRACEME)
        return trace_me(t);
    if (arg[0] == PTRACE_ATTACH || arg[0] == PTRACE_SEIZE) {
        other = arg[1] - 1 < PID_MAX ? task_find((int)arg[1]) : NULL;
        return other == NULL ? -ESRCH
                             : attach(t, other, arg[0] == PTRACE_SEIZE, arg[2], arg[3]);
    }
    other = tracee(t, arg[1], arg[0] != PTRACE_KILL && arg[0] != PTRACE_INTERRUPT);
    if (other == NULL)
        return -ESRCH;
    if (arg[0] == PTRACE_INTERRUPT)
        return interrupt(other);
    if (arg[0] == PTRACE_KILL) {
        signal_send(other->process, SIGKILL);
        return 0;
    }
    return look_or_change(t, other, arg);
}

/* --- process_vm_readv, process_vm_writev ------------------------------------------------------ */

#define PIECE_MAX 1024u

/* One piece of the other's memory. @return bytes, or an error if none */
static long move_piece(struct transfer *mine, struct task *other, struct iovec piece, bool write)
{
    static uint8_t bytes[PAGE];
    size_t done = 0;

    while (done < piece.bytes && mine->left > 0) {
        word_t at = piece.base + done;
        size_t n = PAGE - at % PAGE;
        long e;

        if (n > piece.bytes - done)
            n = piece.bytes - done;
        if (n > mine->left)
            n = mine->left;
        e = write ? 0 : space_read(other->space, bytes, at, n);
        if (e == 0)
            e = write ? transfer_in(mine, bytes, n) : transfer_out(mine, bytes, n);
        if (e > 0 && write) {
            long failed = space_write(other->space, at, bytes, (size_t)e);

            e = failed != 0 ? failed : e;
        }
        if (e <= 0)
            return done > 0 ? (long)done : e;
        done += (size_t)e;
    }
    return (long)done;
}

static long process_vm(struct task *t, const word_t *arg, bool write)
{
    struct task *other = arg[0] - 1 < PID_MAX ? task_find((int)arg[0]) : NULL;
    struct transfer mine;
    struct iovec piece;
    long sum = 0, n = transfer_vector(&mine, t, arg[1], arg[2]);

    if (arg[5] != 0 || arg[4] > PIECE_MAX)
        return -EINVAL;
    if (n != 0)
        return n;
    if (other == NULL)
        return -ESRCH;
    if (other->process != t->process && !ptrace_may(t, other))
        return -EPERM;
    for (word_t i = 0; i < arg[4] && mine.left > 0; i++) {
        if (user_read(t, &piece, arg[3] + i * sizeof piece, sizeof piece) != 0)
            return sum > 0 ? sum : -EFAULT;
        n = move_piece(&mine, other, piece, write);
        if (n < 0)
            return sum > 0 ? sum : n;
        sum += n;
        if ((size_t)n < piece.bytes)
            break;
    }
    return sum;
}

long sys_process_vm_readv(struct task *t, const word_t *arg)
{
    return process_vm(t, arg, false);
}

long sys_process_vm_writev(struct task *t, const word_t *arg)
{
    return process_vm(t, arg, true);
}
