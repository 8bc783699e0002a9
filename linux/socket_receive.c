/* SPDX-License-Identifier: BSD-2-Clause */
/* Receiving: data, descriptors, credentials (recvmsg(2), unix(7)). */
#include "handlers.h"
#include "linux.h"
#include "socket.h"
#include "socket_priv.h"

static void unlink_first(struct socket *s)
{
    struct packet *p = s->first;

    s->first = p->next;
    if (s->first == NULL)
        s->end = &s->first;
    s->queued -= p->bytes + PACKET_COST;
}

/* Bytes out of a packet. @return how many, or an error if none */
static long take_bytes(struct packet *p, struct transfer *x, bool peek)
{
    long done = 0;

    for (struct piece *at = p->first; at != NULL && x->left > 0; at = at->next) {
        long n;

        if (at->from == at->bytes)
            continue;
        n = transfer_out(x, at->data + at->from, at->bytes - at->from);
        if (n <= 0)
            return done > 0 ? done : n;
        if (!peek)
            at->from += (size_t)n;
        done += n;
    }
    if (!peek)
        p->bytes -= (size_t)done;
    return done;
}

static void woke_sender(struct socket *s)
{
    if (s->peer != NULL)
        task_wake_events(&s->peer->changed, POLLOUT | POLLWRNORM);
    task_wake_events(&s->changed,
                     POLLOUT | POLLWRNORM); /* those who send datagrams here wait with it */
}

/* The descriptors and the rest of a packet go with the first bytes of it. */
static void take_extras(struct packet *p, struct received *r)
{
    r->credentials = p->credentials;
    r->from = p->from;
    r->files = p->files;
    r->file_count = p->file_count;
}

static long receive_packet(struct socket *s, struct received *r)
{
    struct packet *p = s->first;
    bool peek = (r->flags & MSG_PEEK) != 0;
    size_t all = p->bytes;
    long n = take_bytes(p, &r->x, true);

    if (n < 0)
        return n;
    take_extras(p, r);
    if ((size_t)n < all)
        r->out_flags |= MSG_TRUNC;
    if (!peek) {
        unlink_first(s);
        r->packet = p;
        woke_sender(s);
    }
    return r->flags & MSG_TRUNC ? (long)all : n;
}

static bool same_sender(const struct credentials *a, const struct credentials *b)
{
    return a->pid == b->pid && a->uid == b->uid && a->gid == b->gid;
}

static long receive_stream(struct socket *s, struct received *r)
{
    bool peek = (r->flags & MSG_PEEK) != 0;
    long done = 0;

    for (struct packet *p = s->first, *next; p != NULL && r->x.left > 0; p = next) {
        size_t before = p->bytes;
        long n;

        next = p->next;
        if (done > 0 && (r->file_count > 0 ||
                         (s->passes_credentials && !same_sender(&p->credentials, &r->credentials))))
            break; /* descriptors end what is read at once, and so does another sender */
        n = take_bytes(p, &r->x, peek);
        if (n < 0)
            return done > 0 ? done : n;
        if (done == 0 || p->file_count > 0)
            take_extras(p, r);
        done += n;
        if (peek)
            continue;
        s->queued -= before - p->bytes;
        if (p->file_count > 0) { /* they have been taken over */
            r->packet = heap_alloc(sizeof *r->packet);
            if (r->packet != NULL) {
                r->packet->files = p->files;
                r->packet->file_count = p->file_count;
                p->files = NULL;
                p->file_count = 0;
            }
        }
        if (p->bytes > 0)
            break;
        unlink_first(s);
        packet_free(p);
    }
    if (done > 0 && !peek)
        woke_sender(s);
    return done;
}

static long receive_now(struct socket *s, struct received *r)
{
    if (s->state == SOCKET_LISTENS || (s->type != SOCK_DGRAM && !s->had_peer))
        return s->type == SOCK_SEQPACKET ? -ENOTCONN : -EINVAL;
    if (socket_streams(s) && r->x.left == 0)
        return 0;
    if (s->first != NULL)
        return socket_streams(s) ? receive_stream(s, r) : receive_packet(s, r);
    if (s->reset) {
        s->reset = false;
        return -ECONNRESET;
    }
    return s->no_reading ? 0 : -EAGAIN;
}

long socket_receive(struct task *t, struct file *f, struct received *r)
{
    struct socket *s = socket_of(f);
    bool all = r->flags & MSG_WAITALL && socket_streams(s) && !(r->flags & MSG_PEEK);
    long n;

    if (all)
        transfer_skip(&r->x, t->progress);
    n = receive_now(s, r);
    if (all && n > 0) {
        t->progress += (word_t)n;
        if (r->x.left > 0 && r->packet == NULL && socket_may_wait(f, r->flags))
            n = -EAGAIN;
        else
            n = (long)t->progress;
    }
    if (n == -EAGAIN && socket_may_wait(f, r->flags))
        n = socket_wait(t, &s->changed, s->receive_timeout);
    return all && t->progress > 0 && n != BLOCKED ? (long)t->progress : n;
}

long sys_recvfrom(struct task *t, const word_t *arg)
{
    struct received r = {.flags = (unsigned)arg[3]};
    struct iovec space;
    struct file *f;
    long n, error;

    if (socket_find(t, arg[0], &f, &error) == NULL)
        return error;
    transfer_one(&r.x, &space, t, arg[1], arg[2] < FILE_IO_MAX ? arg[2] : FILE_IO_MAX);
    n = socket_receive(t, f, &r);
    if (n >= 0) {
        error = socket_of(f)->type == SOCK_DGRAM && r.from.length > 0
                    ? address_give(t, &r.from, arg[4], arg[5])
                    : arg[4] == 0 ? 0 : user_write(t, arg[5], &(int32_t){0}, 4);
        n = error != 0 ? error : n;
    }
    if (r.packet != NULL)
        packet_free(r.packet);
    return n;
}

/* Room for control messages, and what of it is used. */
struct control {
    struct task *task;
    word_t to, room, used;
    bool cut;
};

static long give_control(struct control *c, int type, const void *data, size_t bytes)
{
    struct control_head h = {.length = sizeof h + bytes, .level = SOL_SOCKET, .type = type};
    long error;

    if (c->room - c->used < h.length) {
        c->cut = true;
        return 0;
    }
    error = user_write(c->task, c->to + c->used, &h, sizeof h);
    if (error == 0)
        error = user_write(c->task, c->to + c->used + sizeof h, data, bytes);
    c->used += (h.length + 7) & ~7ul;
    if (c->used > c->room)
        c->used = c->room;
    return error;
}

/* As many descriptors as there is room for; the others are closed with the packet. */
static long give_rights(struct control *c, struct received *r)
{
    static int32_t fds[PASSED_MAX];
    size_t room = c->room - c->used < sizeof(struct control_head)
                      ? 0
                      : (c->room - c->used - sizeof(struct control_head)) / sizeof fds[0];
    unsigned count = 0;

    while (count < r->file_count && count < room) {
        struct file *f = file_get(r->files[count]);
        long fd = file_install(c->task, f, 0, (r->flags & MSG_CMSG_CLOEXEC) != 0);

        if (fd < 0) {
            file_put(f);
            break;
        }
        fds[count++] = (int32_t)fd;
    }
    c->cut |= count < r->file_count;
    return count == 0 ? 0 : give_control(c, SCM_RIGHTS, fds, count * sizeof fds[0]);
}

static long give_message(struct task *t, struct file *f, struct received *r, word_t to,
                         struct user_message *u)
{
    struct control c = {
        .task = t, .to = u->control, .room = u->control == 0 ? 0 : u->control_length};
    long error = 0;

    if (u->name != 0)
        error = socket_of(f)->type == SOCK_DGRAM && r->from.length > 0
                    ? address_give(t, &r->from, u->name,
                                   to + __builtin_offsetof(struct user_message, name_length))
                    : user_write(t, to + __builtin_offsetof(struct user_message, name_length),
                                 &(int32_t){0}, 4);
    if (error == 0 && socket_of(f)->passes_credentials)
        error = give_control(&c, SCM_CREDENTIALS, &r->credentials, sizeof r->credentials);
    if (error == 0 && r->file_count > 0)
        error = give_rights(&c, r);
    u->control_length = c.used;
    u->flags = (int32_t)(r->out_flags | (c.cut ? MSG_CTRUNC : 0u) |
                         (r->flags & MSG_CMSG_CLOEXEC));
    if (error == 0)
        error = user_write(t, to + __builtin_offsetof(struct user_message, control_length),
                           &u->control_length, sizeof u->control_length + sizeof u->flags);
    return error;
}

/* One message. @param at address of its struct msghdr */
static long receive_message(struct task *t, struct file *f, word_t at, unsigned flags)
{
    struct received r = {.flags = flags};
    struct user_message u;
    long n, error = user_read(t, &u, at, sizeof u);

    if (error == 0 && u.part_count > 1024)
        error = -EMSGSIZE;
    if (error == 0)
        error = transfer_vector(&r.x, t, u.parts, u.part_count);
    if (error != 0)
        return error;
    n = socket_receive(t, f, &r);
    if (n >= 0) {
        error = give_message(t, f, &r, at, &u);
        n = error != 0 ? error : n;
    }
    if (r.packet != NULL)
        packet_free(r.packet);
    return n;
}

long sys_recvmsg(struct task *t, const word_t *arg)
{
    struct file *f;
    long error;

    if (socket_find(t, arg[0], &f, &error) == NULL)
        return error;
    return receive_message(t, f, arg[1], (unsigned)arg[2]);
}

/* Several messages. On purpose otherwise than on Linux: only the first is waited for, as if
 * MSG_WAITFORONE were always there, and so the time has nothing to end. */
long sys_recvmmsg(struct task *t, const word_t *arg)
{
    word_t most = arg[2] < MESSAGES_MAX ? arg[2] : MESSAGES_MAX, count = 0;
    unsigned flags = (unsigned)arg[3] & ~(unsigned)MSG_WAITFORONE;
    struct file *f;
    long n = 0;

    if (socket_find(t, arg[0], &f, &n) == NULL)
        return n;
    for (n = 0; count < most && n >= 0; count += n >= 0) {
        word_t at = arg[1] + count * sizeof(struct user_message_many);
        uint32_t bytes;

        t->progress = count == 0 ? t->progress : 0;
        n = receive_message(t, f, at, flags | (count > 0 ? (unsigned)MSG_DONTWAIT : 0u));
        bytes = (uint32_t)n;
        if (n >= 0 && user_write(t, at + sizeof(struct user_message), &bytes, sizeof bytes) != 0)
            n = -EFAULT;
    }
    return count > 0 ? (long)count : n;
}
