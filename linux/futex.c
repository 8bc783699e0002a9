/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Futexes (futex(2)). A waiter is found by a key: the space and address of a private futex, the
 * page of a shared one. Waiting tasks are in lists by hash; each keeps its place from first to last
 * wait of its call, so that it is woken in the order in which it came.
 */
#include "futex_priv.h"

#include "core_priv.h"
#include "handlers.h"
#include "space_priv.h"

enum { FUTEX_WAIT, FUTEX_WAKE, FUTEX_FD, FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP,
       FUTEX_LOCK_PI, FUTEX_UNLOCK_PI, FUTEX_TRYLOCK_PI, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET,
       FUTEX_LOCK_PI2 = 13 };
#define FUTEX_PRIVATE        128u
#define FUTEX_CLOCK_REALTIME 256u
#define BITSET_ALL           0xffffffffu

#define FUTEX_WAITERS 0x80000000u
#define FUTEX_DIED    0x40000000u
#define FUTEX_TID     0x3fffffffu

#define LISTS 256u
#define CALL_FUTEX 202u

struct futex_key {
    const void *object; /* struct space, or NULL: the page's number is in `at` */
    word_t at;
};

struct futex_wait {
    struct futex_wait *next, **link;
    struct futex_key key;
    struct task *task;
    uint32_t bits;
    bool woken;
    bool locks; /* FUTEX_LOCK_PI: is given the lock, not woken to look for it */
};

static struct futex_wait *lists[LISTS];

static struct futex_wait **list_of(struct futex_key k)
{
    word_t h = ((word_t)k.object >> 6 ^ k.at >> 2) * 0x9e3779b97f4a7c15ul;

    return &lists[h >> 56];
}

/* @return 0, -EINVAL, -EFAULT ... */
static long key_of(struct task *t, word_t address, bool private, struct futex_key *k)
{
    struct area *a;
    size_t left;
    long error = 0;
    void *p;

    if (address % 4 != 0)
        return -EINVAL;
    if (address >= SPACE_TOP)
        return -EFAULT;
    a = private ? NULL : area_at(t->space, address);
    if (a == NULL || !a->source.shared) {
        *k = (struct futex_key){t->space, address};
        return 0;
    }
    p = user_reach(t, address, false, &left, &error);
    if (p == NULL)
        return error;
    *k = (struct futex_key){NULL, (word_t)p};
    return 0;
}

static bool same(struct futex_key a, struct futex_key b)
{
    return a.object == b.object && a.at == b.at;
}

static void enter(struct futex_wait *w)
{
    struct futex_wait **at = list_of(w->key);

    while (*at != NULL)
        at = &(*at)->next;
    w->next = NULL;
    w->link = at;
    *at = w;
}

static void leave(struct futex_wait *w)
{
    if (w->link == NULL)
        return;
    *w->link = w->next;
    if (w->next != NULL)
        w->next->link = w->link;
    w->link = NULL;
}

void futex_forget(struct task *t)
{
    struct futex_wait *w = t->futex;

    if (w == NULL)
        return;
    leave(w);
    t->futex = NULL;
    heap_free(w, sizeof *w);
}

static long wake(struct futex_key k, unsigned count, uint32_t bits)
{
    unsigned woken = 0;

    for (struct futex_wait *w = *list_of(k), *next; w != NULL && woken < count; w = next) {
        next = w->next;
        if (!same(w->key, k) || !(w->bits & bits))
            continue;
        if (w->locks)
            return -EINVAL;
        leave(w);
        w->woken = true;
        task_make_ready(w->task);
        woken++;
    }
    return woken;
}

long futex_wake_at(struct task *t, word_t address, unsigned count)
{
    struct futex_key k;
    long e = key_of(t, address, false, &k);

    if (e != 0)
        return e;
    return wake(k, count, BITSET_ALL);
}

/* --- waiting -------------------------------------------------------------------------------- */

static long read_timeout(struct task *t, word_t at, bool absolute, bool realtime, word_t *deadline)
{
    struct timespec ts;
    word_t ns;

    *deadline = NEVER;
    if (at == 0)
        return 0;
    if (user_read(t, &ts, at, sizeof ts) != 0)
        return -EFAULT;
    if (timespec_check(&ts) != 0)
        return -EINVAL;
    ns = timespec_ns(&ts);
    *deadline = absolute ? clock_to_monotonic(ns, realtime) : task_deadline(t, ns);
    return 0;
}

/* A wait that has ended: once more called. */
static long wait_over(struct task *t, word_t deadline)
{
    if (t->futex->woken) {
        futex_forget(t);
        return 0;
    }
    if (t->timed_out) {
        futex_forget(t);
        return -ETIMEDOUT;
    }
    return task_wait(t, NULL, deadline);
}

static long wait(struct task *t, word_t address, unsigned flags, uint32_t value, word_t timeout,
                 bool absolute, uint32_t bits)
{
    struct futex_wait *w;
    struct futex_key k;
    uint32_t now;
    word_t deadline;
    long e = read_timeout(t, timeout, absolute, flags & FUTEX_CLOCK_REALTIME, &deadline);

    if (e != 0)
        return e;
    if (t->futex != NULL)
        return wait_over(t, deadline);
    if (bits == 0)
        return -EINVAL;
    e = key_of(t, address, flags & FUTEX_PRIVATE, &k);
    if (e == 0)
        e = user_read(t, &now, address, sizeof now);
    if (e != 0)
        return e;
    if (now != value)
        return -EAGAIN;
    w = heap_alloc(sizeof *w);
    if (w == NULL)
        return -ENOMEM;
    w->key = k;
    w->task = t;
    w->bits = bits;
    t->futex = w;
    enter(w);
    return task_wait(t, NULL, deadline);
}

/* --- waking --------------------------------------------------------------------------------- */

static long wake_call(struct task *t, word_t address, unsigned flags, word_t count, uint32_t bits)
{
    struct futex_key k;
    long e = key_of(t, address, flags & FUTEX_PRIVATE, &k);

    if (e != 0)
        return e;
    return bits == 0 ? -EINVAL : wake(k, (unsigned)count > INT32_MAX ? 0 : (unsigned)count, bits);
}

static long requeue(struct task *t, unsigned flags, const word_t *arg, bool compare)
{
    struct futex_key from, to;
    uint32_t now;
    long e, woken, moved = 0;
    int32_t most = (int32_t)arg[3];

    e = key_of(t, arg[0], flags & FUTEX_PRIVATE, &from);
    if (e == 0)
        e = key_of(t, arg[4], flags & FUTEX_PRIVATE, &to);
    if (e == 0)
        e = user_read(t, &now, arg[0], sizeof now);
    if (e != 0)
        return e;
    if ((int32_t)arg[2] < 0 || most < 0)
        return -EINVAL;
    if (compare && now != (uint32_t)arg[5])
        return -EAGAIN;
    woken = wake(from, (unsigned)arg[2], BITSET_ALL);
    for (struct futex_wait *w = *list_of(from), *next; w != NULL && moved < most; w = next) {
        next = w->next;
        if (!same(w->key, from) || same(from, to))
            continue;
        leave(w);
        w->key = to;
        enter(w);
        moved++;
    }
    return compare ? woken + moved : woken;
}

/* A word of the program changes from what was read to another value, unless the program, which may
 * run meanwhile, has changed it. @return 0, -EINTR: it has, or an error */
static long change(struct task *t, word_t address, uint32_t from, uint32_t to)
{
    size_t left;
    long error = 0;
    uint32_t *p = user_reach(t, address, true, &left, &error);

    if (p == NULL)
        return error;
    return __atomic_compare_exchange_n(p, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)
               ? 0
               : -EINTR;
}

/* The operation that FUTEX_WAKE_OP carries out. @return 0 or an error, -EINTR: once more; *met: the
 * comparison held */
static long operate(struct task *t, word_t address, uint32_t op, bool *met)
{
    uint32_t old, new, argument = (uint32_t)((int32_t)(op << 8) >> 20);
    int32_t compared = (int32_t)(op << 20) >> 20;
    long e = user_read(t, &old, address, sizeof old);

    if (e != 0)
        return e;
    if (op >> 28 & 8)
        argument = 1u << (argument & 31);
    switch (op >> 28 & 7) {
    case 0: new = argument; break;
    case 1: new = old + argument; break;
    case 2: new = old | argument; break;
    case 3: new = old & ~argument; break;
    case 4: new = old ^ argument; break;
    default: return -ENOSYS;
    }
    switch (op >> 24 & 15) {
    case 0: *met = (int32_t)old == compared; break;
    case 1: *met = (int32_t)old != compared; break;
    case 2: *met = (int32_t)old < compared; break;
    case 3: *met = (int32_t)old <= compared; break;
    case 4: *met = (int32_t)old > compared; break;
    case 5: *met = (int32_t)old >= compared; break;
    default: return -ENOSYS;
    }
    return change(t, address, old, new);
}

static long wake_op(struct task *t, unsigned flags, const word_t *arg)
{
    struct futex_key one, two;
    bool met = false;
    long e = key_of(t, arg[0], flags & FUTEX_PRIVATE, &one), woken;

    if (e == 0)
        e = key_of(t, arg[4], flags & FUTEX_PRIVATE, &two);
    if (e == 0) {
        do
            e = operate(t, arg[4], (uint32_t)arg[5], &met);
        while (e == -EINTR);
    }
    if (e != 0)
        return e;
    woken = wake(one, (unsigned)arg[2], BITSET_ALL);
    return met ? woken + wake(two, (unsigned)arg[3], BITSET_ALL) : woken;
}

/* --- locks that are given to the next ------------------------------------------------------- */

/*
 * The word is 0 or the owner's number, with FUTEX_WAITERS when somebody waits here. There is
 * nothing to inherit: all tasks of a sandbox run at one priority. What remains of the protocol is
 * that the lock goes to who has waited longest, and that an owner's end is told.
 */

/* @return 0: it is t's now; -EAGAIN: somebody has it, FUTEX_WAITERS is set if `waits` */
static long take_lock_once(struct task *t, word_t address, bool waits)
{
    uint32_t now, new;
    long e = user_read(t, &now, address, sizeof now);

    if (e != 0)
        return e;
    if ((now & FUTEX_TID) == (uint32_t)t->tid)
        return -EDEADLK;
    new = (now & FUTEX_TID) == 0 ? (now & FUTEX_DIED) | (uint32_t)t->tid : now | FUTEX_WAITERS;
    if ((now & FUTEX_TID) == 0)
        return change(t, address, now, new);
    if (task_find((int)(now & FUTEX_TID)) == NULL)
        return -ESRCH;
    e = waits ? change(t, address, now, new) : 0;
    return e != 0 ? e : -EAGAIN;
}

static long take_lock(struct task *t, word_t address, bool waits)
{
    long e;

    do
        e = take_lock_once(t, address, waits);
    while (e == -EINTR);
    return e;
}

static long try_lock(struct task *t, word_t address, unsigned flags)
{
    struct futex_key k;
    long e = key_of(t, address, flags & FUTEX_PRIVATE, &k);

    return e != 0 ? e : take_lock(t, address, false);
}

static long lock(struct task *t, word_t address, unsigned flags, word_t timeout)
{
    struct futex_wait *w;
    struct futex_key k;
    word_t deadline;
    long e = read_timeout(t, timeout, true, flags & FUTEX_CLOCK_REALTIME, &deadline);

    if (e != 0)
        return e;
    if (t->futex != NULL)
        return wait_over(t, deadline);
    e = key_of(t, address, flags & FUTEX_PRIVATE, &k);
    if (e == 0)
        e = take_lock(t, address, true);
    if (e != -EAGAIN)
        return e;
    w = heap_alloc(sizeof *w);
    if (w == NULL)
        return -ENOMEM;
    *w = (struct futex_wait){.key = k, .task = t, .bits = BITSET_ALL, .locks = true};
    t->futex = w;
    enter(w);
    return task_wait(t, NULL, deadline);
}

static struct futex_wait *first_locker(struct futex_key k)
{
    struct futex_wait *w = *list_of(k);

    while (w != NULL && !(same(w->key, k) && w->locks))
        w = w->next;
    return w;
}

/* The lock goes to the next, or is free. @param died the owner has not given it up itself */
static long hand_over(struct task *t, word_t address, struct futex_key k, uint32_t died)
{
    struct futex_wait *w = first_locker(k);
    uint32_t new = died;
    long e;

    if (w != NULL)
        new |= (uint32_t)w->task->tid | FUTEX_WAITERS;
    e = user_write(t, address, &new, sizeof new);
    if (e != 0 || w == NULL)
        return e;
    leave(w);
    w->woken = true;
    task_make_ready(w->task);
    return 0;
}

static long unlock(struct task *t, word_t address, unsigned flags)
{
    struct futex_key k;
    uint32_t now;
    long e = user_read(t, &now, address, sizeof now);

    if (e != 0)
        return address % 4 != 0 ? -EINVAL : e;
    if ((now & FUTEX_TID) != (uint32_t)t->tid)
        return -EPERM;
    e = key_of(t, address, flags & FUTEX_PRIVATE, &k);
    return e != 0 ? e : hand_over(t, address, k, 0);
}

void futex_owner_ends(struct task *t)
{
    for (unsigned i = 0; i < LISTS; i++) {
        for (struct futex_wait *w = lists[i], *next; w != NULL; w = next) {
            word_t address = w->task->arg[0];
            uint32_t now;

            next = w->next;
            if (!w->locks || user_read(w->task, &now, address, sizeof now) != 0 ||
                (now & FUTEX_TID) != (uint32_t)t->tid)
                continue;
            (void)hand_over(w->task, address, w->key, FUTEX_DIED);
            next = lists[i]; /* another of this list may have been taken off */
        }
    }
}

long sys_futex(struct task *t, const word_t *arg)
{
    unsigned flags = (unsigned)arg[1], op = flags & 127;
    uint32_t value = (uint32_t)arg[2];

    if (flags & FUTEX_CLOCK_REALTIME && op != FUTEX_WAIT && op != FUTEX_WAIT_BITSET &&
        op != FUTEX_LOCK_PI2)
        return -ENOSYS;
    switch (op) {
    case FUTEX_WAIT:
        return wait(t, arg[0], flags, value, arg[3], false, BITSET_ALL);
    case FUTEX_WAIT_BITSET:
        return wait(t, arg[0], flags, value, arg[3], true, (uint32_t)arg[5]);
    case FUTEX_WAKE:
        return wake_call(t, arg[0], flags, value, BITSET_ALL);
    case FUTEX_WAKE_BITSET:
        return wake_call(t, arg[0], flags, value, (uint32_t)arg[5]);
    case FUTEX_REQUEUE:
        return requeue(t, flags, arg, false);
    case FUTEX_CMP_REQUEUE:
        return requeue(t, flags, arg, true);
    case FUTEX_WAKE_OP:
        return wake_op(t, flags, arg);
    case FUTEX_LOCK_PI:
        return lock(t, arg[0], flags | FUTEX_CLOCK_REALTIME, arg[3]);
    case FUTEX_LOCK_PI2:
        return lock(t, arg[0], flags, arg[3]);
    case FUTEX_TRYLOCK_PI:
        return try_lock(t, arg[0], flags);
    case FUTEX_UNLOCK_PI:
        return unlock(t, arg[0], flags);
    default:
        return -ENOSYS; /* FUTEX_WAIT_REQUEUE_PI and its other half */
    }
}

bool futex_begins_anew(const struct task *t)
{
    unsigned op = (unsigned)t->arg[1] & 127;

    return t->number == CALL_FUTEX && (op == FUTEX_LOCK_PI || op == FUTEX_LOCK_PI2);
}

/* --- robust lists --------------------------------------------------------------------------- */

#define ROBUST_MOST 2048u

struct robust_head {
    word_t first, offset, pending;
};

/* A lock that the dying task may hold. Others may set FUTEX_WAITERS meanwhile. */
static void robust_mark(struct task *t, word_t address, bool pending)
{
    uint32_t value;
    long e;

    do {
        if (address % 4 != 0 || user_read(t, &value, address, sizeof value) != 0)
            return;
        if (pending && value == 0) {
            (void)futex_wake_at(t, address, 1);
            return;
        }
        if ((value & FUTEX_TID) != (uint32_t)t->tid)
            return;
        e = change(t, address, value, (value & FUTEX_WAITERS) | FUTEX_DIED);
    } while (e == -EINTR);
    if (e == 0 && value & FUTEX_WAITERS)
        (void)futex_wake_at(t, address, 1);
}

void robust_leave(struct task *t)
{
    struct robust_head head;
    word_t at;

    if (t->robust_list == 0 || user_read(t, &head, t->robust_list, sizeof head) != 0)
        return;
    at = head.first;
    for (unsigned n = 0; (at & ~1ul) != t->robust_list && n < ROBUST_MOST; n++) {
        word_t next;

        if (user_read(t, &next, at & ~1ul, sizeof next) != 0)
            break;
        if (at != head.pending)
            robust_mark(t, (at & ~1ul) + head.offset, false);
        at = next;
    }
    if (head.pending != 0)
        robust_mark(t, (head.pending & ~1ul) + head.offset, true);
    t->robust_list = 0;
}

long sys_set_robust_list(struct task *t, const word_t *arg)
{
    if (arg[1] != sizeof(struct robust_head))
        return -EINVAL;
    t->robust_list = arg[0];
    return 0;
}

long sys_get_robust_list(struct task *t, const word_t *arg)
{
    struct task *other = arg[0] == 0 ? t : task_find((int)arg[0]);
    word_t size = sizeof(struct robust_head);

    if (other == NULL)
        return -ESRCH;
    if (user_write(t, arg[1], &other->robust_list, 8) != 0 ||
        user_write(t, arg[2], &size, 8) != 0)
        return -EFAULT;
    return 0;
}
