/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors that are counters, clocks and signals: eventfd(2), timerfd_create(2), signalfd(2). */
#include "file.h"
#include "handlers.h"
#include "linux.h"

/* --- eventfd --- */

enum { EFD_SEMAPHORE = 1 };

struct counter {
    uint64_t value;
    bool semaphore;
    struct wait_queue changed;
};

static long counter_read(struct file *f, struct transfer *x, word_t at)
{
    struct counter *c = f->data;
    uint64_t value = c->semaphore ? 1 : c->value;
    long n;

    (void)at;
    if (x->left < sizeof value)
        return -EINVAL;
    if (c->value == 0)
        return -EAGAIN;
    c->value -= value; /* before it is known whether it can be given, as on Linux */
    task_wake_events(&c->changed, POLLOUT | POLLWRNORM);
    n = transfer_out(x, &value, sizeof value);
    return n < 0 || n == sizeof value ? n : -EFAULT;
}

static long counter_write(struct file *f, struct transfer *x, word_t at)
{
    struct counter *c = f->data;
    struct transfer before = *x;
    uint64_t value;
    long n;

    (void)at;
    if (x->left < sizeof value)
        return -EINVAL;
    n = transfer_in(x, &value, sizeof value);
    if (n != sizeof value)
        return n < 0 ? n : -EFAULT;
    if (value == UINT64_MAX)
        return -EINVAL;
    if (value > UINT64_MAX - 1 - c->value) {
        *x = before;
        return -EAGAIN;
    }
    c->value += value;
    task_wake_events(&c->changed, POLLIN | POLLRDNORM);
    return n;
}

static unsigned counter_poll(struct file *f)
{
    struct counter *c = f->data;

    return (c->value > 0 ? POLLIN | POLLRDNORM : 0u) |
           (c->value < UINT64_MAX - 1 ? POLLOUT | POLLWRNORM : 0u) |
           (c->value == UINT64_MAX ? (unsigned)POLLERR : 0u);
}

static struct wait_queue *counter_queue(struct file *f)
{
    return &((struct counter *)f->data)->changed;
}

static void counter_close(struct file *f)
{
    heap_free(f->data, sizeof(struct counter));
}

static const struct file_ops counter_ops = {.read = counter_read, .write = counter_write,
                                            .poll = counter_poll, .queue = counter_queue,
                                            .seek = file_seek_nowhere, .close = counter_close,
                                            .name = "[eventfd]"};

/* A file of one of these kinds with its structure. @return the descriptor */
static long give(struct task *t, const struct file_ops *ops, void *data, size_t bytes,
                 unsigned flags)
{
    struct file *f = data == NULL ? NULL
                                  : file_new_anonymous(ops, O_RDWR | (flags & O_NONBLOCK), 0600);

    if (f == NULL) {
        heap_free(data, bytes);
        return -ENOMEM;
    }
    f->data = data;
    return file_give(t, f, (flags & O_CLOEXEC) != 0);
}

long sys_eventfd2(struct task *t, const word_t *arg)
{
    unsigned flags = (unsigned)arg[1];
    struct counter *c;

    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK | EFD_SEMAPHORE))
        return -EINVAL;
    c = heap_alloc(sizeof *c);
    if (c != NULL) {
        c->value = (uint32_t)arg[0];
        c->semaphore = (flags & EFD_SEMAPHORE) != 0;
    }
    return give(t, &counter_ops, c, sizeof *c, flags);
}

long sys_eventfd(struct task *t, const word_t *arg)
{
    word_t two[2] = {arg[0], 0};

    return sys_eventfd2(t, two);
}

/* --- timerfd --- */

enum { TFD_TIMER_ABSTIME = 1, TFD_TIMER_CANCEL_ON_SET = 2, SECOND = 1000000000 };

struct clock_timer {
    struct alarm alarm;        /* first: found from it */
    int clock;
    word_t interval, next;     /* ns; next 0: not armed */
    uint64_t expirations;
    struct wait_queue changed;
};

struct timer_setting {
    struct linux_timespec interval, value;
};

static void timer_fired(struct alarm *a)
{
    struct clock_timer *c = (struct clock_timer *)a;
    word_t now = clock_now();

    if (c->interval == 0) {
        c->expirations++;
        c->next = 0;
    } else {
        word_t count = now < c->next ? 1 : (now - c->next) / c->interval + 1;

        c->expirations += count;
        c->next += count * c->interval;
        alarm_set(a, c->next);
    }
    task_wake(&c->changed);
}

static long timer_read(struct file *f, struct transfer *x, word_t at)
{
    struct clock_timer *c = f->data;
    long n;

    (void)at;
    if (x->left < sizeof c->expirations)
        return -EINVAL;
    if (c->expirations == 0)
        return -EAGAIN;
    n = transfer_out(x, &c->expirations, sizeof c->expirations);
    if (n != sizeof c->expirations)
        return n < 0 ? n : -EFAULT;
    c->expirations = 0;
    return n;
}

static unsigned timer_poll(struct file *f)
{
    return ((struct clock_timer *)f->data)->expirations > 0 ? POLLIN | POLLRDNORM : 0;
}

static struct wait_queue *timer_queue(struct file *f)
{
    return &((struct clock_timer *)f->data)->changed;
}

static void timer_close(struct file *f)
{
    alarm_cancel(f->data);
    heap_free(f->data, sizeof(struct clock_timer));
}

static const struct file_ops timer_ops = {.read = timer_read, .poll = timer_poll,
                                          .queue = timer_queue, .close = timer_close,
                                          .seek = file_seek_nowhere, .name = "[timerfd]"};

long sys_timerfd_create(struct task *t, const word_t *arg)
{
    int clock = (int)arg[0];
    struct clock_timer *c;

    if (arg[1] & ~(word_t)(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    if (clock != 0 && clock != 1 && clock != 7)
        return -EINVAL;
    c = heap_alloc(sizeof *c);
    if (c != NULL) {
        c->clock = clock;
        c->alarm.fire = timer_fired;
    }
    return give(t, &timer_ops, c, sizeof *c, (unsigned)arg[1]);
}

static bool is_time(const struct linux_timespec *time)
{
    return time->seconds >= 0 && (uint64_t)time->ns < SECOND;
}

static word_t ns_of(const struct linux_timespec *time)
{
    return time->seconds > INT64_MAX / SECOND - 1
               ? INT64_MAX
               : (word_t)time->seconds * SECOND + (word_t)time->ns;
}

static struct linux_timespec time_of(word_t ns)
{
    return (struct linux_timespec){(int64_t)(ns / SECOND), (int64_t)(ns % SECOND)};
}

static struct timer_setting setting_of(const struct clock_timer *c)
{
    word_t now = clock_now();

    return (struct timer_setting){time_of(c->interval),
                                  time_of(c->next == 0 ? 0 : c->next > now ? c->next - now : 1)};
}

static void arm(struct clock_timer *c, const struct timer_setting *s, bool absolute)
{
    word_t value = ns_of(&s->value), now = clock_now();

    alarm_cancel(&c->alarm);
    c->expirations = 0;
    c->interval = ns_of(&s->interval);
    c->next = 0;
    if (value == 0)
        return;
    if (!absolute)
        value = value < NEVER / 2 ? value + now : value;
    else if (c->clock == 0)
        value = value > (word_t)clock_realtime_offset ? value - (word_t)clock_realtime_offset : 1;
    c->next = value;
    if (value <= now)
        timer_fired(&c->alarm);
    else
        alarm_set(&c->alarm, value);
}

static struct clock_timer *timer_of(struct task *t, word_t fd, long *error)
{
    struct file *f = file_of_io(t, fd);

    *error = f == NULL ? -EBADF : f->ops != &timer_ops ? -EINVAL : 0;
    return *error == 0 ? f->data : NULL;
}

long sys_timerfd_settime(struct task *t, const word_t *arg)
{
    struct timer_setting set, old;
    struct clock_timer *c;
    long error = user_read(t, &set, arg[2], sizeof set);

    if (error != 0)
        return error;
    if (arg[1] & ~(word_t)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) || !is_time(&set.value) ||
        !is_time(&set.interval))
        return -EINVAL;
    c = timer_of(t, arg[0], &error);
    if (c == NULL)
        return error;
    old = setting_of(c);
    arm(c, &set, (arg[1] & TFD_TIMER_ABSTIME) != 0);
    return arg[3] == 0 ? 0 : user_write(t, arg[3], &old, sizeof old);
}

long sys_timerfd_gettime(struct task *t, const word_t *arg)
{
    struct timer_setting now;
    long error;
    struct clock_timer *c = timer_of(t, arg[0], &error);

    if (c == NULL)
        return error;
    now = setting_of(c);
    return user_write(t, arg[1], &now, sizeof now);
}
