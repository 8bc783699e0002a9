/* SPDX-License-Identifier: BSD-2-Clause */
/* ioctl(2) of terminals (ioctl_tty(2)). */
#include "linux.h"
#include "tty.h"

enum {
    TCGETS = 0x5401, TCSETS, TCSETSW, TCSETSF, TCSBRK = 0x5409, TCXONC, TCFLSH, TIOCEXCL, TIOCNXCL,
    TIOCSCTTY, TIOCGPGRP, TIOCSPGRP, TIOCOUTQ, TIOCSTI, TIOCGWINSZ, TIOCSWINSZ, FIONREAD = 0x541b,
    TIOCNOTTY = 0x5422, TIOCSETD, TIOCGETD, TCSBRKP, TIOCGSID = 0x5429,
    TCGETS2 = 0x802c542a, TCSETS2 = 0x402c542b, TCSETSW2 = 0x402c542c, TCSETSF2 = 0x402c542d,
};

/* termios2 has two speeds behind it. */
struct termios2 {
    struct linux_termios old;
    uint32_t input_speed, output_speed;
};

static long get_modes(struct task *t, const struct tty *tty, word_t to, bool two)
{
    struct termios2 all = {.old = tty->termios, .input_speed = 38400, .output_speed = 38400};

    return user_write(t, to, &all, two ? sizeof all : sizeof all.old);
}

/* What changes the terminal is for the foreground only (SIGTTOU). */
static long set_modes(struct task *t, struct tty *tty, word_t from, bool flush)
{
    unsigned old = tty->termios.lflag;
    struct linux_termios modes;
    long error = tty_background(t, tty, SIGTTOU);

    if (error == 0)
        error = user_read(t, &modes, from, sizeof modes);
    if (error != 0)
        return error;
    tty->termios = modes;
    if (flush)
        tty_flush_input(tty);
    tty_modes_changed(tty, old);
    return 0;
}

static long take_control(struct task *t, struct tty *tty, bool steal)
{
    struct process *p = t->process;

    if (p->sid == p->pid && tty->session == p->sid)
        return 0;
    if (p->sid != p->pid || tty_of_session(p->sid) != NULL)
        return -EPERM;
    if (tty->session != 0 && !(steal && p->identity.euid == 0))
        return -EPERM;
    tty->session = p->sid;
    tty->foreground = p->pgid;
    return 0;
}

static long give_up_control(struct task *t, struct tty *tty)
{
    struct process *p = t->process;

    if (tty->session == 0 || tty->session != p->sid)
        return -ENOTTY;
    if (p->sid == p->pid)
        tty_session_ended(p->sid);
    return 0;
}

static long get_group(struct task *t, const struct tty *tty, word_t to, bool master)
{
    int32_t group = tty->foreground;

    if (!master && (tty->session == 0 || tty->session != t->process->sid))
        return -ENOTTY;
    return user_write(t, to, &group, sizeof group);
}

static long set_group(struct task *t, struct tty *tty, word_t from)
{
    int32_t group;
    long error = user_read(t, &group, from, sizeof group);

    if (error != 0)
        return error;
    if (tty->session == 0 || tty->session != t->process->sid)
        return -ENOTTY;
    error = tty_background(t, tty, SIGTTOU);
    if (error != 0)
        return error;
    if (group < 0)
        return -EINVAL;
    if (process_of_group(group, 0) == NULL)
        return -ESRCH;
    if (process_of_group(group, tty->session) == NULL)
        return -EPERM;
    tty->foreground = group;
    return 0;
}

static long get_session(struct task *t, const struct tty *tty, word_t to)
{
    int32_t sid = tty->session;

    if (sid == 0 || sid != t->process->sid)
        return -ENOTTY;
    return user_write(t, to, &sid, sizeof sid);
}

static long set_size(struct task *t, struct tty *tty, word_t from)
{
    struct linux_winsize size;
    long error = user_read(t, &size, from, sizeof size);

    if (error == 0)
        tty_resize(tty, &size);
    return error;
}

static long give_word(struct task *t, word_t to, int32_t value)
{
    return user_write(t, to, &value, sizeof value);
}

static int32_t readable(const struct tty *tty)
{
    bool lines = (tty->termios.lflag & ICANON) != 0;

    return (int32_t)((lines ? tty->lines : tty->tail) - tty->head);
}

static long flush(struct tty *tty, word_t what)
{
    enum { TCIFLUSH = 0, TCIOFLUSH = 2 };

    if (what > TCIOFLUSH)
        return -EINVAL;
    if (what == TCIFLUSH || what == TCIOFLUSH) {
        tty_flush_input(tty);
        if (tty->input_taken != NULL)
            tty->input_taken(tty);
    }
    return 0;
}

static long flow(struct tty *tty, word_t what)
{
    enum { TCOOFF = 0, TCOON = 1, TCION = 3 };

    if (what > TCION)
        return -EINVAL;
    if (what == TCOOFF || what == TCOON) {
        tty->stopped = what == TCOOFF;
        task_wake(&tty->changed);
    }
    return 0;
}

static long control_group(struct task *t, struct tty *tty, word_t request, word_t argument,
                          bool master)
{
    switch ((uint32_t)request) {
    case TIOCSCTTY:
        return take_control(t, tty, argument == 1);
    case TIOCNOTTY:
        return give_up_control(t, tty);
    case TIOCGPGRP:
        return get_group(t, tty, argument, master);
    case TIOCSPGRP:
        return set_group(t, tty, argument);
    case TIOCGSID:
        return get_session(t, tty, argument);
    default:
        return -ENOTTY;
    }
}

long tty_control(struct tty *tty, struct task *t, word_t request, word_t argument, bool master)
{
    switch ((uint32_t)request) {
    case TCGETS:
    case TCGETS2:
        return get_modes(t, tty, argument, (uint32_t)request == TCGETS2);
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return set_modes(t, tty, argument, request == TCSETSF);
    case TCSETS2:
    case TCSETSW2:
    case TCSETSF2:
        return set_modes(t, tty, argument, (uint32_t)request == TCSETSF2);
    case TIOCGWINSZ:
        return user_write(t, argument, &tty->size, sizeof tty->size);
    case TIOCSWINSZ:
        return set_size(t, tty, argument);
    case TCSBRK:
    case TCSBRKP:
    case TIOCEXCL:
    case TIOCNXCL:
        return 0; /* output is out already; breaks and exclusive use have no meaning here */
    case TCXONC:
        return flow(tty, argument);
    case TCFLSH:
        return flush(tty, argument);
    case TIOCOUTQ:
    case TIOCGETD:
        return give_word(t, argument, 0);
    case TIOCSETD:
        return 0;
    case FIONREAD:
        return give_word(t, argument, readable(tty));
    default:
        return control_group(t, tty, request, argument, master);
    }
}

long tty_ioctl(struct file *f, struct task *t, word_t request, word_t argument)
{
    return tty_control(tty_of(f), t, request, argument, false);
}
