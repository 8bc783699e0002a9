/* SPDX-License-Identifier: BSD-2-Clause */
/* Terminals as files: reading, writing, polling; whose they are. */
#include "tty.h"

#include "linux.h"

#define TENTH_NS 100000000ul
#define EXPANDS  8u /* a tab, at most */

static struct tty *ttys;

static const struct linux_termios defaults = {
    .iflag = ICRNL | IXON,
    .oflag = OPOST | ONLCR,
    .cflag = 0277 /* B38400 | CS8 | CREAD */,
    .lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    .cc = {3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0},
};

long tty_begin(struct tty *tty, unsigned device)
{
    page_t page = page_alloc();

    if (page == 0)
        return -ENOMEM;
    tty->input = page_data(page);
    tty->termios = defaults;
    tty->device = device;
    tty->next = ttys;
    ttys = tty;
    return 0;
}

void tty_end(struct tty *tty)
{
    struct tty **at = &ttys;

    while (*at != tty)
        at = &(*at)->next;
    *at = tty->next;
    page_unref(page_of(tty->input));
}

struct tty *tty_of_session(int sid)
{
    for (struct tty *tty = ttys; tty != NULL; tty = tty->next)
        if (tty->session == sid && sid != 0)
            return tty;
    return NULL;
}

void tty_numbers(int sid, unsigned *device, int *foreground)
{
    struct tty *tty = tty_of_session(sid);

    *device = tty == NULL ? 0 : tty->device;
    *foreground = tty == NULL ? -1 : tty->foreground;
}

static void lose_session(struct tty *tty)
{
    struct process *leader = process_find(tty->session);
    int group = tty->foreground;

    tty->session = tty->foreground = 0;
    if (leader != NULL) {
        signal_send(leader, SIGHUP);
        signal_send(leader, SIGCONT);
    }
    if (group > 0) {
        (void)signal_group(group, SIGHUP);
        (void)signal_group(group, SIGCONT);
    }
}

void tty_session_ended(int sid)
{
    struct tty *tty = tty_of_session(sid);

    if (tty != NULL)
        lose_session(tty);
}

void tty_leader_exits(struct process *p)
{
    if (p->sid == p->pid)
        tty_session_ended(p->sid);
}

void tty_hang_up(struct tty *tty)
{
    tty->hung_up = true;
    if (tty->session != 0)
        lose_session(tty);
    task_wake(&tty->changed);
}

void tty_resize(struct tty *tty, const struct linux_winsize *size)
{
    if (memcmp(&tty->size, size, sizeof *size) == 0)
        return;
    tty->size = *size;
    if (tty->foreground > 0)
        (void)signal_group(tty->foreground, SIGWINCH);
}

long tty_background(struct task *t, struct tty *tty, int signal)
{
    struct process *p = t->process;

    if (tty->session == 0 || p->sid != tty->session || p->pgid == tty->foreground)
        return 0;
    if (signal_blocked_or_ignored(t, signal))
        return signal == SIGTTIN ? -EIO : 0;
    if (process_group_orphaned(p->pgid))
        return -EIO;
    (void)signal_group(p->pgid, signal);
    return task_wait(t, &tty->changed, NEVER); /* made again when the process goes on */
}

/* --- output --- */

static char *add_spaces(char *to, unsigned count)
{
    while (count-- > 0)
        *to++ = ' ';
    return to;
}

/* One byte as OPOST has it. @return behind what was written */
static char *process(struct tty *tty, char c, char *to)
{
    unsigned oflag = tty->termios.oflag;

    if (c == '\n') {
        if (oflag & ONLCR)
            *to++ = '\r';
        if (oflag & (ONLCR | ONLRET))
            tty->column = 0;
    } else if (c == '\r') {
        if (oflag & ONOCR && tty->column == 0)
            return to;
        if (oflag & OCRNL)
            c = '\n';
        tty->column = 0;
    } else if (c == '\t') {
        unsigned width = EXPANDS - tty->column % EXPANDS;

        tty->column += width;
        if ((oflag & TABDLY) == TABDLY)
            return add_spaces(to, width);
    } else if (c == '\b') {
        tty->column -= tty->column > 0;
    } else if ((uint8_t)c >= 32 && ((uint8_t)c & 0xc0) != 0x80) {
        tty->column++;
    }
    *to++ = c;
    return to;
}

size_t tty_output(struct tty *tty, const char *bytes, size_t count)
{
    char out[64 * EXPANDS];
    size_t room, done = 0;

    if (!(tty->termios.oflag & OPOST))
        return tty->show(tty, bytes, count);
    while (done < count && (room = tty->room(tty) / EXPANDS) > 0) {
        char *to = out;

        for (size_t n = 0; n < 64 && n < room && done < count; n++)
            to = process(tty, bytes[done++], to);
        (void)tty->show(tty, out, (size_t)(to - out));
    }
    return done;
}

static size_t output_room(struct tty *tty)
{
    size_t room = tty->stopped ? 0 : tty->room(tty);

    return tty->termios.oflag & OPOST ? room / EXPANDS : room;
}

static long tty_write(struct file *f, struct transfer *x, word_t position)
{
    struct tty *tty = tty_of(f);
    char bytes[256];
    long done = 0;

    (void)position;
    if (tty->hung_up)
        return -EIO;
    if (tty->termios.lflag & TOSTOP && x->task != NULL) {
        long error = tty_background(x->task, tty, SIGTTOU);

        if (error != 0)
            return error;
    }
    while (x->left > 0) {
        size_t room = output_room(tty);
        long n;

        if (room == 0)
            return done > 0 ? done : -EAGAIN;
        n = transfer_in(x, bytes, room < sizeof bytes ? room : sizeof bytes);
        if (n < 0)
            return done > 0 ? done : n;
        (void)tty_output(tty, bytes, (size_t)n);
        done += n;
    }
    return done;
}

/* --- input --- */

static bool is_canonical(const struct tty *tty)
{
    return (tty->termios.lflag & ICANON) != 0;
}

static bool ends_line(const struct tty *tty, word_t i)
{
    return tty->ends[i % TTY_INPUT / 64] >> i % 64 & 1;
}

static long read_line(struct tty *tty, struct transfer *x)
{
    long done = 0;

    while (tty->head < tty->lines) {
        uint8_t c = tty->input[tty->head % TTY_INPUT];
        bool last = ends_line(tty, tty->head);

        if (last && c == 0) { /* the end of file key */
            tty->head++;
            break;
        }
        if (x->left == 0)
            break;
        if (transfer_out(x, &c, 1) != 1)
            return done > 0 ? done : -EFAULT;
        tty->head++;
        done++;
        if (last)
            break;
    }
    return done;
}

static long read_raw(struct tty *tty, struct transfer *x)
{
    long done = 0;

    while (tty->head < tty->tail && x->left > 0) {
        size_t from = tty->head % TTY_INPUT, n = tty->tail - tty->head;
        long moved;

        if (n > TTY_INPUT - from)
            n = TTY_INPUT - from;
        moved = transfer_out(x, tty->input + from, n);
        if (moved < 0)
            return done > 0 ? done : moved;
        tty->head += (word_t)moved;
        done += moved;
    }
    tty->lines = tty->tail;
    return done;
}

/* VMIN and VTIME (termios(3), "Canonical and noncanonical mode"). @return something to return now
 */
static bool raw_ready(struct tty *tty, const struct task *t, size_t wanted)
{
    word_t count = tty->tail - tty->head, min = tty->termios.cc[VMIN];
    word_t time = tty->termios.cc[VTIME];

    if (min > wanted)
        min = wanted;
    if (count >= min && (count > 0 || time == 0))
        return true;
    if (time == 0 || t == NULL)
        return false;
    if (min == 0)
        return t->timed_out;
    return count > 0 && clock_now() >= tty->last_input + time * TENTH_NS;
}

static word_t tty_deadline(struct file *f, struct task *t)
{
    struct tty *tty = tty_of(f);
    word_t time = tty->termios.cc[VTIME];

    if (is_canonical(tty) || time == 0)
        return NEVER;
    if (tty->termios.cc[VMIN] == 0)
        return task_deadline(t, time * TENTH_NS);
    return tty->tail > tty->head ? tty->last_input + time * TENTH_NS : NEVER;
}

static long tty_read(struct file *f, struct transfer *x, word_t position)
{
    struct tty *tty = tty_of(f);
    long error = x->task == NULL ? 0 : tty_background(x->task, tty, SIGTTIN);

    (void)position;
    if (error != 0)
        return error;
    if (x->left == 0)
        return 0;
    if (is_canonical(tty) ? tty->head < tty->lines : raw_ready(tty, x->task, x->left)) {
        long n = is_canonical(tty) ? read_line(tty, x) : read_raw(tty, x);

        if (tty->input_taken != NULL)
            tty->input_taken(tty);
        return n;
    }
    return tty->hung_up ? 0 : -EAGAIN;
}

static unsigned tty_poll(struct file *f)
{
    struct tty *tty = tty_of(f);
    word_t count = tty->tail - tty->head;
    word_t min =
        tty->termios.cc[VTIME] == 0 && tty->termios.cc[VMIN] > 0 ? tty->termios.cc[VMIN] : 1;
    unsigned events = 0;

    if (is_canonical(tty) ? tty->head < tty->lines : count >= min)
        events |= POLLIN | POLLRDNORM;
    if (tty->hung_up)
        return events | POLLIN | POLLOUT | POLLHUP | POLLERR;
    if (output_room(tty) > 0)
        events |= POLLOUT | POLLWRNORM;
    return events;
}

static struct wait_queue *tty_queue(struct file *f)
{
    return &tty_of(f)->changed;
}

static void tty_close(struct file *f)
{
    struct tty *tty = tty_of(f);

    if (--tty->opens == 0 && tty->closed != NULL)
        tty->closed(tty);
}

static const struct file_ops tty_ops = {
    .flags = FILE_STREAM,
    .read = tty_read,
    .write = tty_write,
    .ioctl = tty_ioctl,
    .poll = tty_poll,
    .queue = tty_queue,
    .deadline = tty_deadline,
    .close = tty_close,
    .name = "tty",
};

/* The first terminal that the leader of a session opens becomes the session's. */
long tty_open(struct task *t, struct file *f, struct tty *tty)
{
    struct process *p = t == NULL ? NULL : t->process;

    if (tty->hung_up)
        return -EIO;
    f->ops = &tty_ops;
    f->data = tty;
    tty->opens++;
    if (p != NULL && p->sid == p->pid && tty->session == 0 && !(f->open_flags & O_NOCTTY) &&
        tty_of_session(p->sid) == NULL) {
        tty->session = p->sid;
        tty->foreground = p->pgid;
    }
    return 0;
}
