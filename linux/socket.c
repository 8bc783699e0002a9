/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets: their life, their queues, and what they are as files. */
#include "socket.h"

#include "linux.h"

enum { SIOCINQ = 0x541b, SIOCOUTQ = 0x5411 };

struct credentials credentials_of(const struct task *t)
{
    const struct identity *id = &t->process->identity;

    return (struct credentials){t->process->pid, id->euid, id->egid};
}

struct socket *socket_new(struct task *t, unsigned type)
{
    struct socket *s = heap_alloc(sizeof *s);

    if (s == NULL)
        return NULL;
    s->refs = 1;
    s->type = type;
    s->end = &s->first;
    s->waiting_end = &s->waiting;
    s->buffer = SOCKET_BUFFER;
    s->owner = credentials_of(t);
    return s;
}

struct socket *socket_get(struct socket *s)
{
    s->refs++;
    return s;
}

static void drop_packets(struct socket *s)
{
    while (s->first != NULL) {
        struct packet *p = s->first;

        s->first = p->next;
        packet_free(p);
    }
    s->end = &s->first;
    s->queued = 0;
}

void socket_put(struct socket *s)
{
    if (s == NULL || --s->refs > 0)
        return;
    heap_free(s, sizeof *s);
}

/* Nobody has it open any more. */
static void end(struct socket *s)
{
    struct socket *peer = s->peer;
    bool unread = s->first != NULL;

    address_forget(s);
    s->state = SOCKET_CLOSED;
    s->peer = NULL;
    while (s->waiting != NULL) {
        struct socket *w = s->waiting;

        s->waiting = w->next_waiting;
        if (w->peer != NULL)
            w->peer->reset = true;
        end(w);
        socket_put(w);
    }
    s->waiting_end = &s->waiting;
    drop_packets(s);
    task_wake(&s->changed);
    if (peer == NULL)
        return;
    if (s->type != SOCK_DGRAM) {
        peer->reset |= unread;
        peer->no_writing = peer->no_reading = true;
    }
    task_wake(&peer->changed);
    socket_put(peer);
}

static void socket_close(struct file *f)
{
    end(socket_of(f));
    socket_put(socket_of(f));
}

struct file *socket_file(struct socket *s, unsigned flags)
{
    struct file *f = file_new_anonymous(&socket_ops, O_RDWR | flags, S_IFSOCK | 0777);

    if (f == NULL) {
        end(s);
        socket_put(s);
        return NULL;
    }
    f->data = s;
    return f;
}

struct socket *socket_find(struct task *t, word_t fd, struct file **file, long *error)
{
    struct file *f = file_of_io(t, fd);

    *error = f == NULL ? -EBADF : f->ops != &socket_ops ? -ENOTSOCK : 0;
    if (*error != 0)
        return NULL;
    *file = f;
    return socket_of(f);
}

/* --- packets --- */

void packet_free(struct packet *p)
{
    while (p->first != NULL) {
        struct piece *next = p->first->next;

        heap_free(p->first, sizeof *p->first + p->first->bytes);
        p->first = next;
    }
    for (unsigned i = 0; i < p->file_count; i++)
        file_put(p->files[i]);
    if (p->files != NULL)
        heap_free(p->files, PASSED_MAX * sizeof *p->files);
    heap_free(p, sizeof *p);
}

static struct piece *piece_make(struct transfer *x, size_t bytes, long *error)
{
    struct piece *piece = heap_alloc(sizeof *piece + bytes);
    long n;

    *error = -ENOMEM;
    if (piece == NULL)
        return NULL;
    piece->bytes = bytes;
    n = transfer_in(x, piece->data, bytes);
    if (n == (long)bytes)
        return piece;
    *error = n < 0 ? n : -EFAULT;
    heap_free(piece, sizeof *piece + bytes);
    return NULL;
}

struct packet *packet_make(struct socket *s, struct transfer *x, size_t bytes, long *error)
{
    struct packet *p = heap_alloc(sizeof *p);

    *error = -ENOMEM;
    if (p == NULL)
        return NULL;
    p->end = &p->first;
    p->from = s->name;
    while (p->bytes < bytes) {
        size_t n = bytes - p->bytes < PIECE_MAX ? bytes - p->bytes : PIECE_MAX;
        struct piece *piece = piece_make(x, n, error);

        if (piece == NULL) {
            packet_free(p);
            return NULL;
        }
        *p->end = piece;
        p->end = &piece->next;
        p->bytes += n;
    }
    return p;
}

void packet_give(struct socket *to, struct packet *p)
{
    p->next = NULL;
    *to->end = p;
    to->end = &p->next;
    to->queued += p->bytes + PACKET_COST;
    task_wake_events(&to->changed, POLLIN | POLLRDNORM);
}

bool socket_has_room(const struct socket *to)
{
    return to->queued < to->buffer;
}

/* --- as a file --- */

static long socket_read(struct file *f, struct transfer *x, word_t at)
{
    struct received r = {.x = *x};
    long n = socket_receive(caller, f, &r);

    (void)at;
    if (r.packet != NULL)
        packet_free(r.packet);
    *x = r.x;
    return n;
}

static long socket_write(struct file *f, struct transfer *x, word_t at)
{
    struct message_parts m = {.x = *x};
    long n = socket_send(caller, f, &m);

    (void)at;
    *x = m.x;
    if (n == -EPIPE && socket_streams(socket_of(f)))
        (void)signal_task(caller, &(struct siginfo){.number = SIGPIPE, .code = SI_USER});
    return n;
}

static bool can_write(const struct socket *s)
{
    if (s->peer == NULL)
        return s->type == SOCK_DGRAM;
    return s->peer->queued * 4 <= s->peer->buffer;
}

static unsigned socket_poll(struct file *f)
{
    struct socket *s = socket_of(f);
    unsigned events = 0;

    if (s->state == SOCKET_LISTENS)
        return s->waiting != NULL ? POLLIN | POLLRDNORM : 0;
    if (s->first != NULL || s->no_reading)
        events |= POLLIN | POLLRDNORM;
    if (s->no_reading)
        events |= POLLRDHUP;
    if (s->no_reading && s->no_writing)
        events |= POLLHUP;
    if (s->reset)
        events |= POLLERR;
    if (s->type != SOCK_DGRAM && s->state == SOCKET_NEW)
        return events | POLLHUP | POLLOUT | POLLWRNORM | POLLWRBAND;
    if (can_write(s) || (s->no_writing && s->type != SOCK_DGRAM))
        events |= POLLOUT | POLLWRNORM | POLLWRBAND;
    return events;
}

static struct wait_queue *socket_queue(struct file *f)
{
    return &socket_of(f)->changed;
}

static long socket_ioctl(struct file *f, struct task *t, word_t request, word_t argument)
{
    struct socket *s = socket_of(f);
    int32_t n = 0;

    if (request == SIOCINQ && s->state == SOCKET_LISTENS)
        return -EINVAL;
    if (request == SIOCINQ) {
        for (struct packet *p = s->first; p != NULL; p = socket_streams(s) ? p->next : NULL)
            n += (int32_t)p->bytes;
    } else if (request == SIOCOUTQ) {
        n = s->peer == NULL ? 0 : (int32_t)s->peer->queued;
    } else {
        return -ENOTTY;
    }
    return user_write(t, argument, &n, sizeof n);
}

const struct file_ops socket_ops = {
    .read = socket_read,
    .write = socket_write,
    .ioctl = socket_ioctl,
    .poll = socket_poll,
    .queue = socket_queue,
    .close = socket_close,
    .name = "socket",
};
