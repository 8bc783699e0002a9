/* SPDX-License-Identifier: BSD-2-Clause */
/* Options and small questions: setsockopt(2), getsockopt(2), shutdown(2), getsockname(2). */
#include "handlers.h"
#include "linux.h"
#include "socket.h"

enum { SOL_SOCKET = 1, SO_DEBUG = 1, SO_REUSEADDR, SO_TYPE, SO_ERROR, SO_DONTROUTE, SO_BROADCAST,
       SO_SNDBUF, SO_RCVBUF, SO_KEEPALIVE, SO_OOBINLINE, SO_NO_CHECK, SO_PRIORITY, SO_LINGER,
       SO_BSDCOMPAT, SO_REUSEPORT, SO_PASSCRED, SO_PEERCRED, SO_RCVLOWAT, SO_SNDLOWAT,
       SO_RCVTIMEO, SO_SNDTIMEO, SO_ACCEPTCONN = 30, SO_SNDBUFFORCE = 32, SO_RCVBUFFORCE,
       SO_PROTOCOL = 38, SO_DOMAIN = 39 };

#define BUFFER_LEAST 4608u
#define BUFFER_MOST  (2 * SOCKET_BUFFER)

static long set_timeout(struct task *t, word_t from, word_t bytes, word_t *ns)
{
    struct linux_timespec time;
    long error;

    if (bytes < sizeof time)
        return -EINVAL;
    error = user_read(t, &time, from, sizeof time);
    if (error != 0)
        return error;
    if (time.ns < 0 || time.ns >= 1000000)
        return -EDOM;
    *ns = time.seconds < 0 || time.seconds > INT32_MAX
              ? 0
              : (word_t)time.seconds * 1000000000u + (word_t)time.ns * 1000;
    return 0;
}

static unsigned buffer_of(int value)
{
    unsigned bytes = value < 0 || (unsigned)value > SOCKET_BUFFER ? SOCKET_BUFFER : (unsigned)value;

    return bytes * 2 < BUFFER_LEAST  ? BUFFER_LEAST
           : bytes * 2 < BUFFER_MOST ? bytes * 2
                                     : BUFFER_MOST;
}

long sys_setsockopt(struct task *t, const word_t *arg)
{
    int option = (int)arg[2], value = 0;
    struct file *f;
    long error;
    struct socket *s = socket_find(t, arg[0], &f, &error);

    if (s == NULL)
        return error;
    if ((int)arg[1] != SOL_SOCKET)
        return -EOPNOTSUPP;
    if (option == SO_RCVTIMEO || option == SO_SNDTIMEO)
        return set_timeout(t, arg[3], arg[4],
                           option == SO_RCVTIMEO ? &s->receive_timeout : &s->send_timeout);
    if ((int)arg[4] < (int)sizeof value)
        return -EINVAL;
    error = user_read(t, &value, arg[3], sizeof value);
    if (error != 0)
        return error;
    switch (option) {
    case SO_PASSCRED:
        s->passes_credentials = value != 0;
        return 0;
    case SO_SNDBUF:
    case SO_SNDBUFFORCE:
        s->buffer = buffer_of(value);
        return 0;
    case SO_DEBUG:
    case SO_REUSEADDR:
    case SO_DONTROUTE:
    case SO_BROADCAST:
    case SO_RCVBUF:
    case SO_RCVBUFFORCE:
    case SO_KEEPALIVE:
    case SO_OOBINLINE:
    case SO_PRIORITY:
    case SO_LINGER:
    case SO_REUSEPORT:
    case SO_RCVLOWAT:
        return 0; /* nothing here depends on them */
    default:
        return -ENOPROTOOPT;
    }
}

static long take_error(struct socket *s)
{
    bool reset = s->reset;

    s->reset = false;
    return reset ? ECONNRESET : 0;
}

static long number_option(struct socket *s, int option, int32_t *value)
{
    switch (option) {
    case SO_TYPE: *value = (int32_t)s->type; return 0;
    case SO_ERROR: *value = (int32_t)take_error(s); return 0;
    case SO_SNDBUF: *value = (int32_t)s->buffer; return 0;
    case SO_RCVBUF: *value = (int32_t)SOCKET_BUFFER; return 0;
    case SO_PASSCRED: *value = s->passes_credentials; return 0;
    case SO_ACCEPTCONN: *value = s->state == SOCKET_LISTENS; return 0;
    case SO_PROTOCOL: *value = 0; return 0;
    case SO_DOMAIN: *value = AF_UNIX; return 0;
    case SO_RCVLOWAT:
    case SO_SNDLOWAT: *value = 1; return 0;
    case SO_DEBUG:
    case SO_REUSEADDR:
    case SO_DONTROUTE:
    case SO_BROADCAST:
    case SO_KEEPALIVE:
    case SO_OOBINLINE:
    case SO_PRIORITY:
    case SO_REUSEPORT: *value = 0; return 0;
    default: return -ENOPROTOOPT;
    }
}

static long give_option(struct task *t, const void *value, size_t bytes, const word_t *arg)
{
    int32_t room;
    long error = user_read(t, &room, arg[4], sizeof room);

    if (error != 0)
        return error;
    if (room < 0)
        return -EINVAL;
    if ((size_t)room > bytes)
        room = (int32_t)bytes;
    error = user_write(t, arg[3], value, (size_t)room);
    return error != 0 ? error : user_write(t, arg[4], &room, sizeof room);
}

long sys_getsockopt(struct task *t, const word_t *arg)
{
    int option = (int)arg[2];
    struct credentials nobody = {0, ~0u, ~0u};
    struct file *f;
    int32_t value;
    long error;
    struct socket *s = socket_find(t, arg[0], &f, &error);

    if (s == NULL)
        return error;
    if ((int)arg[1] != SOL_SOCKET)
        return -EOPNOTSUPP;
    if (option == SO_PEERCRED)
        return give_option(t,
                           s->had_peer                  ? &s->peer_owner
                           : s->state == SOCKET_LISTENS ? &s->owner
                                                        : &nobody,
                           sizeof nobody, arg);
    if (option == SO_RCVTIMEO || option == SO_SNDTIMEO) {
        word_t ns = option == SO_RCVTIMEO ? s->receive_timeout : s->send_timeout;
        struct linux_timespec time = {(int64_t)(ns / 1000000000u),
                                      (int64_t)(ns % 1000000000u / 1000)};

        return give_option(t, &time, sizeof time, arg);
    }
    if (option == SO_LINGER)
        return give_option(t, &(uint64_t){0}, 8, arg);
    error = number_option(s, option, &value);
    return error != 0 ? error : give_option(t, &value, sizeof value, arg);
}

long sys_shutdown(struct task *t, const word_t *arg)
{
    unsigned how = (unsigned)arg[1];
    struct file *f;
    long error;
    struct socket *s = socket_find(t, arg[0], &f, &error);

    if (s == NULL)
        return error;
    if (how > 2)
        return -EINVAL;
    s->no_reading |= how != 1;
    s->no_writing |= how != 0;
    task_wake(&s->changed);
    if (s->peer != NULL && s->type != SOCK_DGRAM) {
        s->peer->no_writing |= how != 1;
        s->peer->no_reading |= how != 0;
        task_wake(&s->peer->changed);
    }
    return 0;
}

long sys_getsockname(struct task *t, const word_t *arg)
{
    struct file *f;
    long error;
    struct socket *s = socket_find(t, arg[0], &f, &error);

    return s == NULL ? error : address_give(t, &s->name, arg[1], arg[2]);
}

long sys_getpeername(struct task *t, const word_t *arg)
{
    struct file *f;
    long error;
    struct socket *s = socket_find(t, arg[0], &f, &error);

    if (s == NULL)
        return error;
    return s->peer == NULL ? -ENOTCONN : address_give(t, &s->peer->name, arg[1], arg[2]);
}
