/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A system call as text. What an argument is, the table of calls says; for some of them, by call
 * and place, there is more to say (structures, flags). Memory of the program is read as it is when
 * the text is made; what cannot be read is shown as an address.
 */
#include "fsabi.h"
#include "linux.h"
#include "trace.h"

#include <rt/format.h>
#include <stdarg.h>

#define SHOWN  32u /* bytes of data */
#define STRING 200u
#define MOST   8u  /* elements of a list */

enum { CALL_STAT = 4, CALL_FSTAT, CALL_LSTAT, CALL_POLL, CALL_MMAP = 9, CALL_BRK = 12,
       CALL_SIGACTION, CALL_SIGPROCMASK, CALL_READV = 19, CALL_WRITEV, CALL_PIPE = 22,
       CALL_MREMAP = 25, CALL_CONNECT = 42, CALL_BIND = 49, CALL_SOCKETPAIR = 53, CALL_EXECVE = 59,
       CALL_WAIT4 = 61, CALL_READLINK = 89, CALL_NEWFSTATAT = 262, CALL_READLINKAT = 267,
       CALL_PIPE2 = 293, CALL_EXECVEAT = 322 };

void trace_put(struct trace_text *x, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    x->size += rt_format_list(x->text + x->size, sizeof x->text - x->size, format, list);
    va_end(list);
}

static void put_pointer(struct trace_text *x, word_t value)
{
    if (value == 0)
        trace_put(x, "NULL");
    else
        trace_put(x, "0x%lx", value);
}

static void put_byte(struct trace_text *x, uint8_t c)
{
    if (c == '\n')
        trace_put(x, "\\n");
    else if (c == '\t')
        trace_put(x, "\\t");
    else if (c == '"' || c == '\\')
        trace_put(x, "\\%c", c);
    else if (c >= ' ' && c < 127)
        trace_put(x, "%c", c);
    else
        trace_put(x, "\\%c%c%c", '0' + (c >> 6), '0' + (c >> 3 & 7), '0' + (c & 7));
}

static void put_data(struct trace_text *x, struct task *t, word_t at, word_t bytes)
{
    uint8_t data[SHOWN];
    word_t n = bytes < SHOWN ? bytes : SHOWN;

    if (at == 0 || user_read(t, data, at, n) != 0) {
        put_pointer(x, at);
        return;
    }
    trace_put(x, "\"");
    for (word_t i = 0; i < n; i++)
        put_byte(x, data[i]);
    trace_put(x, n < bytes ? "\"..." : "\"");
}

static void put_string(struct trace_text *x, struct task *t, word_t at)
{
    char text[STRING + 1];
    long n = at == 0 ? -EFAULT : user_string(t, text, at, STRING);

    if (n < 0 && n != -ENAMETOOLONG) {
        put_pointer(x, at);
        return;
    }
    trace_put(x, "\"");
    for (long i = 0; i < (n < 0 ? (long)STRING : n); i++)
        put_byte(x, (uint8_t)text[i]);
    trace_put(x, n < 0 ? "\"..." : "\"");
}

static void put_signal(struct trace_text *x, word_t number)
{
    if (trace_signal_name(number) != NULL)
        trace_put(x, "%s", trace_signal_name(number));
    else
        trace_put(x, "%ld", (long)(int32_t)number);
}

/* --- names ---------------------------------------------------------------------------------- */

/* @return what has no name */
static word_t put_flags(struct trace_text *x, const struct trace_name *n, word_t value)
{
    const char *between = "";

    for (; n->name != NULL; n++) {
        if ((value & n->value) != n->value)
            continue;
        trace_put(x, "%s%s", between, n->name);
        between = "|";
        value &= ~n->value;
    }
    if (value != 0 || between[0] == 0)
        trace_put(x, value == 0 ? "%s0" : "%s0x%lx", between, value);
    return value;
}

static bool is_open(word_t call)
{
    return call == 2 || call == 257;
}

static void put_named(struct trace_text *x, const struct trace_names *names, word_t value)
{
    const struct trace_name *n = names->names;

    value &= 0xffffffff;
    if (is_open(names->call) && (value & 3) == 0) {
        trace_put(x, value == 0 ? "O_RDONLY" : "O_RDONLY|");
        if (value == 0)
            return;
    }
    if (names->flags) {
        (void)put_flags(x, n, value);
        return;
    }
    while (n->name != NULL && n->value != (value & names->mask))
        n++;
    if (n->name == NULL) {
        trace_put(x, "0x%lx", value);
        return;
    }
    trace_put(x, "%s", n->name);
    if (value & ~names->mask) {
        trace_put(x, "|");
        (void)put_flags(x, names->names, value & ~names->mask);
    }
}

/* --- structures ----------------------------------------------------------------------------- */

static void put_strings(struct trace_text *x, struct task *t, word_t list)
{
    word_t at = 0;

    trace_put(x, "[");
    for (unsigned i = 0; user_read(t, &at, list + 8 * i, 8) == 0 && at != 0; i++) {
        trace_put(x, i == 0 ? "" : ", ");
        if (i == MOST) {
            trace_put(x, "...");
            break;
        }
        put_string(x, t, at);
    }
    trace_put(x, "]");
}

static void put_count(struct trace_text *x, struct task *t, word_t list)
{
    word_t at = 0;
    unsigned i = 0;

    while (i < 4096 && user_read(t, &at, list + 8 * i, 8) == 0 && at != 0)
        i++;
    put_pointer(x, list);
    trace_put(x, " /* %u vars */", i);
}

/* @param data the pieces' contents are there */
static void put_pieces(struct trace_text *x, struct task *t, word_t list, word_t count, bool data)
{
    word_t piece[2];

    trace_put(x, "[");
    for (unsigned i = 0; i < count && user_read(t, piece, list + 16 * i, 16) == 0; i++) {
        trace_put(x, i == 0 ? "" : ", ");
        if (i == MOST) {
            trace_put(x, "...");
            break;
        }
        trace_put(x, "{iov_base=");
        if (data)
            put_data(x, t, piece[0], piece[1]);
        else
            put_pointer(x, piece[0]);
        trace_put(x, ", iov_len=%lu}", piece[1]);
    }
    trace_put(x, "]");
}

static void put_vector(struct trace_text *x, struct task *t, unsigned i)
{
    word_t n = t->number;

    if (n == CALL_EXECVE)
        i == 1 ? put_strings(x, t, t->arg[i]) : put_count(x, t, t->arg[i]);
    else if (n == CALL_EXECVEAT)
        i == 2 ? put_strings(x, t, t->arg[i]) : put_count(x, t, t->arg[i]);
    else
        put_pieces(x, t, t->arg[i], t->arg[i + 1], n != CALL_READV);
}

static void put_time(struct trace_text *x, struct task *t, word_t at)
{
    struct timespec ts;

    if (at == 0 || user_read(t, &ts, at, sizeof ts) != 0)
        put_pointer(x, at);
    else
        trace_put(x, "{tv_sec=%ld, tv_nsec=%ld}", ts.seconds, ts.ns);
}

static void put_two(struct trace_text *x, struct task *t, word_t at)
{
    int32_t n[2];

    if (user_read(t, n, at, sizeof n) != 0)
        put_pointer(x, at);
    else
        trace_put(x, "[%d, %d]", n[0], n[1]);
}

static void put_stat(struct trace_text *x, struct task *t, word_t at)
{
    static const char *const types[16] = {[1] = "S_IFIFO", [2] = "S_IFCHR", [4] = "S_IFDIR",
                                          [6] = "S_IFBLK", [8] = "S_IFREG", [10] = "S_IFLNK",
                                          [12] = "S_IFSOCK"};
    word_t s[18];
    unsigned mode;

    if (user_read(t, s, at, sizeof s) != 0) {
        put_pointer(x, at);
        return;
    }
    mode = (unsigned)s[3];
    trace_put(x, "{st_mode=%s|%u%u%u%u, st_size=%lu}",
              types[mode >> 12 & 15] != NULL ? types[mode >> 12 & 15] : "0", mode >> 9 & 7,
              mode >> 6 & 7, mode >> 3 & 7, mode & 7, s[6]);
}

static void put_status(struct trace_text *x, struct task *t, word_t at)
{
    unsigned status = 0;

    if (at == 0 || user_read(t, &status, at, 4) != 0)
        put_pointer(x, at);
    else if ((status & 0x7f) == 0)
        trace_put(x, "[exited with %u]", status >> 8 & 0xff);
    else if ((status & 0xff) == 0x7f)
        trace_put(x, "[stopped by %u]", status >> 8 & 0xff);
    else
        trace_put(x, "[killed by %u]", status & 0x7f);
}

static void put_set(struct trace_text *x, struct task *t, word_t at)
{
    sigset_t set;
    const char *between = "";

    if (at == 0 || user_read(t, &set, at, sizeof set) != 0) {
        put_pointer(x, at);
        return;
    }
    if (set & SIGNAL_BIT(SIGNALS)) { /* nearly all: those that are not in it */
        trace_put(x, "~");
        set = ~set;
    }
    trace_put(x, "[");
    for (unsigned n = 1; n <= SIGNALS; n++) {
        if (!(set & SIGNAL_BIT(n)))
            continue;
        trace_put(x, "%s", between);
        put_signal(x, n);
        between = " ";
    }
    trace_put(x, "]");
}

static void put_action(struct trace_text *x, struct task *t, word_t at)
{
    struct sigaction a;

    if (at == 0 || user_read(t, &a, at, sizeof a) != 0) {
        put_pointer(x, at);
        return;
    }
    trace_put(x, "{sa_handler=");
    if (a.handler < 2)
        trace_put(x, a.handler == 0 ? "SIG_DFL" : "SIG_IGN");
    else
        put_pointer(x, a.handler);
    trace_put(x, ", sa_mask=");
    put_set(x, t, at + offsetof(struct sigaction, mask));
    trace_put(x, ", sa_flags=0x%lx}", a.flags);
}

static void put_address(struct trace_text *x, struct task *t, word_t at)
{
    struct {
        uint16_t family;
        char path[109];
    } a = {0};

    if (at == 0 || user_read(t, &a.family, at, 2) != 0) {
        put_pointer(x, at);
        return;
    }
    trace_put(x, "{sa_family=%u", a.family);
    if (a.family == 1) {
        trace_put(x, ", sun_path=");
        put_string(x, t, at + 2);
    }
    trace_put(x, "}");
}

/* What is known of a pointer by call and place. @return false: nothing */
static bool put_known(struct trace_text *x, struct task *t, unsigned i, bool after)
{
    word_t at = t->arg[i];

    switch (t->number * 8 + i) {
    case CALL_STAT * 8 + 1:
    case CALL_FSTAT * 8 + 1:
    case CALL_LSTAT * 8 + 1:
    case CALL_NEWFSTATAT * 8 + 2:
        return after ? put_stat(x, t, at), true : false;
    case CALL_PIPE * 8:
    case CALL_PIPE2 * 8:
    case CALL_SOCKETPAIR * 8 + 3:
        return after ? put_two(x, t, at), true : false;
    case CALL_WAIT4 * 8 + 1:
        return after ? put_status(x, t, at), true : false;
    case CALL_SIGACTION * 8 + 1:
        put_action(x, t, at);
        return true;
    case CALL_SIGPROCMASK * 8 + 1:
        put_set(x, t, at);
        return true;
    case CALL_CONNECT * 8 + 1:
    case CALL_BIND * 8 + 1:
        put_address(x, t, at);
        return true;
    case 228 * 8 + 1: /* clock_gettime */
        return after ? put_time(x, t, at), true : false;
    default:
        return false;
    }
}

/* --- arguments ------------------------------------------------------------------------------ */

static bool is_size(const struct call *c, unsigned i)
{
    return i < 6 && c->argument[i] == ARG_SIZE;
}

/* Data that the call reads or has written. */
static void put_buffer(struct trace_text *x, struct task *t, const struct call *c, unsigned i,
                       bool after, long result)
{
    bool out = c->argument[i] == ARG_OUT;

    if (put_known(x, t, i, after))
        return;
    if (!out && is_size(c, i + 1) && t->number != CALL_SIGPROCMASK)
        put_data(x, t, t->arg[i], t->arg[i + 1]);
    else if (out && after && is_size(c, i + 1) && result > 0 && (word_t)result <= t->arg[i + 1])
        put_data(x, t, t->arg[i], (word_t)result);
    else
        put_pointer(x, t->arg[i]);
}

static void put_argument(struct trace_text *x, struct task *t, const struct call *c, unsigned i,
                         bool after, long result)
{
    word_t a = t->arg[i];

    switch (c->argument[i]) {
    case ARG_INT: case ARG_FD: case ARG_PID:
        trace_put(x, "%d", (int)a);
        break;
    case ARG_WORD:
        trace_put(x, "%ld", (long)a);
        break;
    case ARG_SIZE:
        trace_put(x, "%lu", a);
        break;
    case ARG_HEX:
        trace_put(x, a == 0 ? "0" : "0x%lx", a);
        break;
    case ARG_OCTAL:
        trace_put(x, "%lu%lu%lu%lu", a >> 9 & 7, a >> 6 & 7, a >> 3 & 7, a & 7);
        break;
    case ARG_AT:
        trace_put(x, (int)a == AT_FDCWD ? "AT_FDCWD" : "%d", (int)a);
        break;
    case ARG_PATH: case ARG_TEXT:
        put_string(x, t, a);
        break;
    case ARG_SIGNAL:
        put_signal(x, a);
        break;
    case ARG_VECTOR:
        put_vector(x, t, i);
        break;
    case ARG_TIME:
        put_time(x, t, a);
        break;
    case ARG_IN: case ARG_OUT:
        put_buffer(x, t, c, i, after, result);
        break;
    default:
        put_pointer(x, a);
    }
}

/* The mode of an open that makes nothing means nothing. */
static bool is_left_out(const struct task *t, const struct call *c, unsigned i)
{
    return c->argument[i] == ARG_OCTAL && is_open(t->number) && !(t->arg[i - 1] & O_CREAT);
}

void trace_put_call(struct trace_text *x, const struct task *t, bool done, long result)
{
    static const struct call none;
    const struct call *c = t->number < CALL_COUNT ? &calls[t->number] : &none;
    const char *name = t->number < CALL_COUNT ? call_name(t->number) : NULL;
    struct task *of = (struct task *)t;

    if (name == NULL)
        trace_put(x, "call_%lu(", t->number);
    else
        trace_put(x, "%s(", name);
    for (unsigned i = 0; i < 6 && c->argument[i] != ARG_NONE; i++) {
        const struct trace_names *names = trace_names_of(t->number, i);

        if (is_left_out(t, c, i))
            break;
        trace_put(x, i == 0 ? "" : ", ");
        if (names != NULL)
            put_named(x, names, t->arg[i]);
        else
            put_argument(x, of, c, i, done && result >= 0, result);
    }
    trace_put(x, ")");
}

void trace_put_result(struct trace_text *x, const struct task *t, long result)
{
    const char *error = result < 0 ? trace_error(-result) : NULL;

    if (error != NULL)
        trace_put(x, " = -1 %s", error);
    else if (result > 0 &&
             (t->number == CALL_MMAP || t->number == CALL_BRK || t->number == CALL_MREMAP))
        trace_put(x, " = 0x%lx", (word_t)result);
    else
        trace_put(x, " = %ld", result);
}
