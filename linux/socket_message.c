/* SPDX-License-Identifier: BSD-2-Clause */
/* Sending: data, and descriptors (sendmsg(2), unix(7)). */
#include "handlers.h"
#include "linux.h"
#include "socket.h"
#include "socket_priv.h"

#define STREAM_PACKET 16384u /* most bytes of a stream in one packet */
#define CONTROL_MAX   4096u

static long send_packet(struct socket *s, struct socket *to, struct message_parts *m, size_t bytes)
{
    long error;
    struct packet *p = packet_make(s, &m->x, bytes, &error);

    if (p == NULL)
        return error;
    p->credentials = m->has_credentials ? m->credentials : credentials_of(caller);
    p->files = m->files;
    p->file_count = m->file_count;
    m->files = NULL;
    m->file_count = 0;
    packet_give(to, p);
    return (long)bytes;
}

/* Where a datagram goes. @return 0 and a reference */
static long destination(struct task *t, struct socket *s, const struct message_parts *m,
                        struct socket **to)
{
    long error;

    if (m->to == NULL) {
        if (s->peer == NULL)
            return s->had_peer ? -ECONNREFUSED : -ENOTCONN;
        *to = socket_get(s->peer);
        return 0;
    }
    error = address_find(t, m->to, to);
    if (error != 0)
        return error;
    if ((*to)->type != SOCK_DGRAM)
        error = -EPROTOTYPE;
    else if ((*to)->peer != NULL && (*to)->peer != s)
        error = -EPERM;
    if (error != 0)
        socket_put(*to);
    return error;
}

static long send_datagram(struct task *t, struct file *f, struct message_parts *m)
{
    struct socket *s = socket_of(f), *to;
    long n = destination(t, s, m, &to);

    if (n != 0)
        return n;
    if (s->no_writing)
        n = -EPIPE;
    else if (to->state == SOCKET_CLOSED)
        n = -ECONNREFUSED;
    else if (to->no_reading)
        n = -EPIPE;
    else if (m->x.left > s->buffer)
        n = -EMSGSIZE;
    else if (!socket_has_room(to))
        n = socket_may_wait(f, m->flags) ? socket_wait(t, &to->changed, s->send_timeout) : -EAGAIN;
    else
        n = send_packet(s, to, m, m->x.left);
    socket_put(to);
    return n;
}

static long check_stream(const struct socket *s, const struct message_parts *m)
{
    if (m->to != NULL)
        return s->had_peer ? -EISCONN : -EOPNOTSUPP;
    if (s->peer == NULL || s->peer->state == SOCKET_CLOSED || s->no_writing || s->peer->no_reading)
        return s->had_peer ? -EPIPE : -ENOTCONN;
    return 0;
}

static long send_sequenced(struct task *t, struct file *f, struct message_parts *m)
{
    struct socket *s = socket_of(f);
    long error = check_stream(s, m);

    if (error != 0)
        return error;
    if (m->x.left > s->buffer)
        return -EMSGSIZE;
    if (!socket_has_room(s->peer))
        return socket_may_wait(f, m->flags) ? socket_wait(t, &s->changed, s->send_timeout)
                                            : -EAGAIN;
    return send_packet(s, s->peer, m, m->x.left);
}

/* On until all is sent; what was is kept in t->progress. */
static long send_stream(struct task *t, struct file *f, struct message_parts *m)
{
    struct socket *s = socket_of(f);
    long n = 0;

    transfer_skip(&m->x, t->progress);
    while (m->x.left > 0 && n >= 0) {
        size_t bytes = m->x.left < STREAM_PACKET ? m->x.left : STREAM_PACKET;

        n = check_stream(s, m);
        if (n == 0)
            n = socket_has_room(s->peer) ? send_packet(s, s->peer, m, bytes) : -EAGAIN;
        if (n > 0)
            t->progress += (word_t)n;
    }
    if (n == 0 && m->x.left == 0)
        n = check_stream(s, m);
    if (n == -EAGAIN && socket_may_wait(f, m->flags))
        n = socket_wait(t, &s->changed, s->send_timeout);
    if (n == BLOCKED)
        return n;
    return n < 0 && t->progress == 0 ? n : (long)t->progress;
}

long socket_send(struct task *t, struct file *f, struct message_parts *m)
{
    switch (socket_of(f)->type) {
    case SOCK_STREAM:
        return send_stream(t, f, m);
    case SOCK_SEQPACKET:
        return send_sequenced(t, f, m);
    default:
        return send_datagram(t, f, m);
    }
}

static long finish_send(struct task *t, const struct file *f, struct message_parts *m, long n)
{
    bool stream = socket_streams(socket_of(f));

    if (n == -EPIPE && stream && !(m->flags & MSG_NOSIGNAL)) {
        struct siginfo info = {.number = SIGPIPE, .code = SI_USER};

        (void)signal_task(t, &info);
    }
    for (unsigned i = 0; i < m->file_count; i++)
        file_put(m->files[i]);
    if (m->files != NULL)
        heap_free(m->files, PASSED_MAX * sizeof *m->files);
    return n;
}

long sys_sendto(struct task *t, const word_t *arg)
{
    struct message_parts m = {.flags = (unsigned)arg[3]};
    struct address a;
    struct iovec space;
    struct file *f;
    long error;

    if (socket_find(t, arg[0], &f, &error) == NULL)
        return error;
    if (arg[4] != 0 && arg[5] != 0) {
        error = address_read(t, arg[4], arg[5], &a);
        if (error != 0)
            return error;
        m.to = &a;
    }
    transfer_one(&m.x, &space, t, arg[1], arg[2] < FILE_IO_MAX ? arg[2] : FILE_IO_MAX);
    return finish_send(t, f, &m, socket_send(t, f, &m));
}

/* The descriptors of one control message. */
static long take_rights(struct task *t, struct message_parts *m, const uint8_t *data, size_t bytes)
{
    for (size_t at = 0; at + sizeof(int32_t) <= bytes; at += sizeof(int32_t)) {
        int32_t fd;
        struct file *f;

        memcpy(&fd, data + at, sizeof fd);
        f = file_of(t, (uint32_t)fd);
        if (f == NULL)
            return -EBADF;
        if (m->files == NULL)
            m->files = heap_alloc(PASSED_MAX * sizeof *m->files);
        if (m->files == NULL)
            return -ENOMEM;
        if (m->file_count == PASSED_MAX)
            return -EINVAL;
        m->files[m->file_count++] = file_get(f);
    }
    return 0;
}

/* Who one says one is: root may say anything, others only what is so. */
static long take_credentials(struct task *t, struct message_parts *m, const uint8_t *data,
                             size_t bytes)
{
    const struct identity *id = &t->process->identity;
    struct credentials c;

    if (bytes != sizeof c)
        return -EINVAL;
    memcpy(&c, data, sizeof c);
    if (id->euid != 0 &&
        (c.pid != t->process->pid || (c.uid != id->uid && c.uid != id->euid && c.uid != id->suid) ||
         (c.gid != id->gid && c.gid != id->egid && c.gid != id->sgid)))
        return -EPERM;
    m->credentials = c;
    m->has_credentials = true;
    return 0;
}

static long take_control(struct task *t, struct message_parts *m, const struct user_message *u)
{
    static uint8_t control[CONTROL_MAX];
    long error;

    if (u->control_length > sizeof control)
        return -ENOBUFS;
    error = u->control_length == 0 ? 0 : user_read(t, control, u->control, u->control_length);
    for (size_t at = 0; error == 0 && at + sizeof(struct control_head) <= u->control_length;) {
        struct control_head h;

        memcpy(&h, control + at, sizeof h);
        if (h.length < sizeof h || h.length > u->control_length - at)
            return -EINVAL;
        if (h.level == SOL_SOCKET && h.type == SCM_RIGHTS)
            error = take_rights(t, m, control + at + sizeof h, h.length - sizeof h);
        else if (h.level == SOL_SOCKET && h.type == SCM_CREDENTIALS)
            error = take_credentials(t, m, control + at + sizeof h, h.length - sizeof h);
        else if (h.level == SOL_SOCKET)
            error = -EINVAL;
        at += (h.length + 7) & ~7ul;
    }
    return error;
}

/* One message. @param at address of its struct msghdr */
static long send_message(struct task *t, struct file *f, word_t at, unsigned flags)
{
    struct message_parts m = {.flags = flags};
    struct user_message u;
    struct address a;
    long error = user_read(t, &u, at, sizeof u);

    if (error == 0 && u.part_count > 1024)
        error = -EMSGSIZE;
    if (error == 0)
        error = transfer_vector(&m.x, t, u.parts, u.part_count);
    if (error == 0 && u.name != 0 && u.name_length != 0) {
        error = address_read(t, u.name, u.name_length, &a);
        m.to = &a;
    }
    if (error == 0 && t->progress == 0)
        error = take_control(t, &m, &u);
    return finish_send(t, f, &m, error != 0 ? error : socket_send(t, f, &m));
}

long sys_sendmsg(struct task *t, const word_t *arg)
{
    struct file *f;
    long error;

    if (socket_find(t, arg[0], &f, &error) == NULL)
        return error;
    return send_message(t, f, arg[1], (unsigned)arg[2]);
}

/* Several messages. On purpose otherwise than on Linux: only the first is waited for. */
long sys_sendmmsg(struct task *t, const word_t *arg)
{
    word_t most = arg[2] < MESSAGES_MAX ? arg[2] : MESSAGES_MAX, count = 0;
    struct file *f;
    long n = 0;

    if (socket_find(t, arg[0], &f, &n) == NULL)
        return n;
    for (n = 0; count < most && n >= 0; count += n >= 0) {
        word_t at = arg[1] + count * sizeof(struct user_message_many);
        unsigned flags = (unsigned)arg[3] | (count > 0 ? (unsigned)MSG_DONTWAIT : 0u);
        uint32_t bytes;

        t->progress = count == 0 ? t->progress : 0;
        n = send_message(t, f, at, flags);
        bytes = (uint32_t)n;
        if (n >= 0 && user_write(t, at + sizeof(struct user_message), &bytes, sizeof bytes) != 0)
            n = -EFAULT;
    }
    return count > 0 ? (long)count : n;
}
