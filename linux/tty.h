/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Terminals (termios(3), ioctl_tty(2)): the line discipline between a device (the console, or the
 * master of a pseudo-terminal) and the programs that read and write it, and job control.
 */
#ifndef LINUX_TTY_H
#define LINUX_TTY_H

#include "file.h"

struct process;

#define TTY_INPUT 4096u

struct tty {
    struct tty *next;
    struct linux_termios termios;
    struct linux_winsize size;
    int session, foreground;  /* 0: none */
    unsigned device;          /* dev_t of the node that programs open */
    unsigned opens;           /* files of the program's side */
    bool hung_up;             /* the device is gone */
    bool stopped;             /* by Ctrl-S */
    bool literal;             /* Ctrl-V was the last key */
    unsigned column;          /* of the output */
    word_t last_input;        /* ns */

    /* Input: bytes [head, tail) of a ring; up to `lines` they are whole lines. */
    uint8_t *input;           /* a page */
    word_t head, lines, tail;
    uint64_t ends[TTY_INPUT / 64]; /* where a line ends */
    struct wait_queue changed;

    /** Show bytes. @return how many were taken */
    size_t (*show)(struct tty *tty, const char *bytes, size_t count);
    /** How many it would take now. */
    size_t (*room)(struct tty *tty);
    void (*input_taken)(struct tty *tty); /* there may be room for input again */
    void (*closed)(struct tty *tty); /* the last file of the program's side */
    void *device_data;
};

/** termios flags that are used. */
enum {
    ISTRIP = 040, INLCR = 0100, IGNCR = 0200, ICRNL = 0400, IXON = 02000, IXANY = 04000,
    IMAXBEL = 020000,
    OPOST = 1, ONLCR = 4, OCRNL = 010, ONOCR = 020, ONLRET = 040, TABDLY = 014000,
    ISIG = 1, ICANON = 2, ECHO = 010, ECHOE = 020, ECHOK = 040, ECHONL = 0100, NOFLSH = 0200,
    TOSTOP = 0400, ECHOCTL = 01000, ECHOKE = 04000, IEXTEN = 0100000,
};
enum { VINTR, VQUIT, VERASE, VKILL, VEOF, VTIME, VMIN, VSWTC, VSTART, VSTOP, VSUSP, VEOL, VREPRINT,
       VDISCARD, VWERASE, VLNEXT, VEOL2 };

/** Set up with Linux's defaults. @return 0, -ENOMEM */
long tty_begin(struct tty *tty, unsigned device);
/** Give back what tty_begin took; nobody has it open. */
void tty_end(struct tty *tty);
/** What was typed. @return how many were taken: a full line discipline takes no more */
size_t tty_receive(struct tty *tty, const uint8_t *bytes, size_t count);
/** The device is gone: SIGHUP to the session. */
void tty_hang_up(struct tty *tty);
/** A new size: SIGWINCH, if it differs. */
void tty_resize(struct tty *tty, const struct linux_winsize *size);
/** The terminal that controls a session. @return NULL: it has none */
struct tty *tty_of_session(int sid);
/** A process ends: if it leads a session, its terminal is free. */
void tty_leader_exits(struct process *p);
/** The session gives its terminal up. */
void tty_session_ended(int sid);
/** For /proc/PID/stat: tty_nr and tpgid of a session. */
void tty_numbers(int sid, unsigned *device, int *foreground);

/** Make a file one of the program's side of a terminal. */
long tty_open(struct task *t, struct file *f, struct tty *tty);

/* Between the files of the line discipline. */
size_t tty_output(struct tty *tty, const char *bytes, size_t count);
void tty_echo(struct tty *tty, uint8_t c);
void tty_flush_input(struct tty *tty);
long tty_ioctl(struct file *f, struct task *t, word_t request, word_t argument);
/** @param master asked from the other side of a pseudo-terminal */
long tty_control(struct tty *tty, struct task *t, word_t request, word_t argument, bool master);
/** Is the task in the background, and what follows? @return 0: go on; -EIO; BLOCKED: it was
 * signalled */
long tty_background(struct task *t, struct tty *tty, int signal);
/** Termios changed: what is complete may have. */
void tty_modes_changed(struct tty *tty, unsigned old_lflag);
static inline struct tty *tty_of(const struct file *f)
{
    return f->data;
}

/** console.c: the sandbox's console. @return false: it has none, or no memory */
bool console_begin(void);
struct tty *console_tty(void);
/** pty.c */
long ptmx_open(struct task *t, struct file *f);
long pts_open(struct task *t, struct file *f, unsigned number);
struct tty *pty_by_number(unsigned number);

#endif
