/* SPDX-License-Identifier: BSD-2-Clause */
/* The line discipline: what happens to a byte that is typed (termios(3)). */
#include "linux.h"
#include "tty.h"

#define DISABLED \
    0 /* a control character that is not there; in the buffer with a mark: end of file */
#define TAB_STOP 8u

static bool has(const struct tty *tty, unsigned lflag)
{
    return (tty->termios.lflag & lflag) != 0;
}

static bool is_key(const struct tty *tty, unsigned which, uint8_t c)
{
    return tty->termios.cc[which] != DISABLED && tty->termios.cc[which] == c;
}

static uint8_t *at(struct tty *tty, word_t i)
{
    return &tty->input[i % TTY_INPUT];
}

static void mark(struct tty *tty, word_t i, bool on)
{
    uint64_t bit = 1ul << i % 64, *word = &tty->ends[i % TTY_INPUT / 64];

    *word = on ? *word | bit : *word & ~bit;
}

static bool put(struct tty *tty, uint8_t c, bool ends)
{
    if (tty->tail - tty->head >= TTY_INPUT)
        return false;
    *at(tty, tty->tail) = c;
    mark(tty, tty->tail, ends);
    tty->tail++;
    return true;
}

void tty_flush_input(struct tty *tty)
{
    tty->head = tty->lines = tty->tail;
}

static void show(struct tty *tty, const char *bytes, size_t count)
{
    (void)tty_output(tty, bytes, count);
}

/* A control key as ^X. */
static bool shown_as_caret(const struct tty *tty, uint8_t c)
{
    return has(tty, ECHOCTL) && (c < 32 || c == 127) && c != '\t' && c != '\n';
}

static void echo_plain(struct tty *tty, uint8_t c)
{
    if (shown_as_caret(tty, c)) {
        char caret[2] = {'^', (char)(c ^ 64)};

        show(tty, caret, 2);
    } else {
        show(tty, (const char *)&c, 1);
    }
}

void tty_echo(struct tty *tty, uint8_t c)
{
    if (has(tty, ECHO) || (c == '\n' && has(tty, ECHONL)))
        echo_plain(tty, c);
}

static bool is_continuation(const struct tty *tty, uint8_t c)
{
    return tty->termios.iflag & 040000 /* IUTF8 */ && (c & 0xc0) == 0x80;
}

/* How far a tab at this place of the line moved the cursor. */
static unsigned tab_width(struct tty *tty, word_t tab)
{
    unsigned columns = 0;
    word_t i = tab;

    while (i > tty->lines) {
        uint8_t c = *at(tty, --i);

        if (c == '\t')
            break;
        if (shown_as_caret(tty, c))
            columns += 2;
        else if (!is_continuation(tty, c))
            columns++;
    }
    return TAB_STOP - columns % TAB_STOP;
}

/* Take the last character of the line away, on the screen too. */
static void erase_one(struct tty *tty)
{
    unsigned width = 1;
    uint8_t c;

    do {
        c = *at(tty, --tty->tail);
    } while (is_continuation(tty, c) && tty->tail > tty->lines);
    if (!has(tty, ECHO))
        return;
    if (!has(tty, ECHOE)) {
        echo_plain(tty, tty->termios.cc[VERASE]);
        return;
    }
    if (c == '\t') {
        for (width = tab_width(tty, tty->tail); width > 0; width--)
            show(tty, "\b", 1);
        return;
    }
    for (width = shown_as_caret(tty, c) ? 2 : 1; width > 0; width--)
        show(tty, "\b \b", 3);
}

static bool is_word(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || c >= 128;
}

static void erase_word(struct tty *tty)
{
    bool seen = false;

    while (tty->tail > tty->lines) {
        bool word = is_word(*at(tty, tty->tail - 1));

        if (seen && !word)
            return;
        seen |= word;
        erase_one(tty);
    }
}

static void kill_line(struct tty *tty)
{
    if (has(tty, ECHO) && !(has(tty, ECHOK) && has(tty, ECHOKE) && has(tty, ECHOE))) {
        tty->tail = tty->lines;
        echo_plain(tty, tty->termios.cc[VKILL]);
        if (has(tty, ECHOK))
            show(tty, "\n", 1);
        return;
    }
    while (tty->tail > tty->lines)
        erase_one(tty);
}

static void reprint(struct tty *tty)
{
    echo_plain(tty, tty->termios.cc[VREPRINT]);
    show(tty, "\n", 1);
    for (word_t i = tty->lines; i < tty->tail; i++)
        echo_plain(tty, *at(tty, i));
}

static void end_line(struct tty *tty, uint8_t c)
{
    if (!put(tty, c, true))
        return;
    tty->lines = tty->tail;
}

/* Keys that edit the line. @return true: it was one */
static bool edit(struct tty *tty, uint8_t c)
{
    bool extended = has(tty, IEXTEN);

    if (is_key(tty, VERASE, c)) {
        if (tty->tail > tty->lines)
            erase_one(tty);
    } else if (is_key(tty, VKILL, c)) {
        kill_line(tty);
    } else if (extended && is_key(tty, VWERASE, c)) {
        erase_word(tty);
    } else if (extended && is_key(tty, VREPRINT, c)) {
        reprint(tty);
    } else if (is_key(tty, VEOF, c)) {
        end_line(tty, DISABLED);
    } else {
        return false;
    }
    return true;
}

static void signal_foreground(struct tty *tty, int number, uint8_t c)
{
    if (!has(tty, NOFLSH))
        tty_flush_input(tty);
    tty->stopped = false;
    tty_echo(tty, c);
    if (tty->foreground > 0)
        (void)signal_group(tty->foreground, number);
}

static bool signal_key(struct tty *tty, uint8_t c)
{
    if (!has(tty, ISIG))
        return false;
    if (is_key(tty, VINTR, c))
        signal_foreground(tty, SIGINT, c);
    else if (is_key(tty, VQUIT, c))
        signal_foreground(tty, SIGQUIT, c);
    else if (is_key(tty, VSUSP, c))
        signal_foreground(tty, SIGTSTP, c);
    else
        return false;
    return true;
}

/* Ctrl-S and Ctrl-Q. */
static bool flow_key(struct tty *tty, uint8_t c)
{
    if (!(tty->termios.iflag & IXON))
        return false;
    if (is_key(tty, VSTART, c)) {
        tty->stopped = false;
        return true;
    }
    if (is_key(tty, VSTOP, c)) {
        tty->stopped = true;
        return true;
    }
    if (tty->stopped && tty->termios.iflag & IXANY)
        tty->stopped = false;
    return false;
}

/* An ordinary byte: the last places of the buffer are for the end of the line. */
static void type(struct tty *tty, uint8_t c, bool ends)
{
    bool canonical = has(tty, ICANON);

    if (canonical && !ends && tty->tail - tty->head >= TTY_INPUT - 1) {
        if (tty->termios.iflag & IMAXBEL)
            show(tty, "\a", 1);
        return;
    }
    tty_echo(tty, c);
    if (canonical && ends)
        end_line(tty, c);
    else if (put(tty, c, false) && !canonical)
        tty->lines = tty->tail;
}

static void receive(struct tty *tty, uint8_t c)
{
    unsigned iflag = tty->termios.iflag;
    bool ends;

    if (iflag & ISTRIP)
        c &= 0x7f;
    if (tty->literal) {
        tty->literal = false;
        type(tty, c, false);
        return;
    }
    if (c == '\r' && iflag & IGNCR)
        return;
    if (flow_key(tty, c) || signal_key(tty, c))
        return;
    if (c == '\r' && iflag & ICRNL)
        c = '\n';
    else if (c == '\n' && iflag & INLCR)
        c = '\r';
    if (has(tty, ICANON)) {
        if (has(tty, IEXTEN) && is_key(tty, VLNEXT, c)) {
            tty->literal = true;
            if (has(tty, ECHO) && has(tty, ECHOCTL))
                show(tty, "^\b", 2);
            return;
        }
        if (edit(tty, c))
            return;
    }
    ends = c == '\n' || is_key(tty, VEOL, c) || (has(tty, IEXTEN) && is_key(tty, VEOL2, c));
    type(tty, c, ends);
}

/* In raw mode the device keeps what does not fit; in canonical mode it is lost, with a bell. */
static bool is_full(const struct tty *tty)
{
    return !has(tty, ICANON) && tty->tail - tty->head >= TTY_INPUT;
}

size_t tty_receive(struct tty *tty, const uint8_t *bytes, size_t count)
{
    size_t done = 0;

    while (done < count && !is_full(tty))
        receive(tty, bytes[done++]);
    if (done > 0) {
        tty->last_input = clock_now();
        task_wake(&tty->changed);
    }
    return done;
}

void tty_modes_changed(struct tty *tty, unsigned old_lflag)
{
    if ((old_lflag ^ tty->termios.lflag) & ICANON) {
        if (!has(tty, ICANON)) {
            tty->lines = tty->tail; /* raw: all of it can be read */
        } else {
            for (word_t i = tty->head; i < tty->tail; i++)
                mark(tty, i, false);
            if (tty->tail > tty->head)
                mark(tty, tty->tail - 1, true); /* what came in raw mode is a line */
            tty->lines = tty->tail;
        }
    }
    task_wake(&tty->changed);
}
