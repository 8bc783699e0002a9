/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of AF_UNIX sockets, and who is connected to whom. */
#include "handlers.h"
#include "linux.h"
#include "socket.h"

#define BACKLOG_MAX 4096u

static struct socket *abstract; /* those with an abstract name */

static bool is_abstract(const struct address *a)
{
    return a->length > ADDRESS_HEAD && a->name.path[0] == 0;
}

long address_read(struct task *t, word_t from, word_t length, struct address *to)
{
    long error;

    memset(to, 0, sizeof *to);
    if ((int)length < (int)ADDRESS_HEAD || length > ADDRESS_MAX)
        return -EINVAL;
    error = user_read(t, &to->name, from, length);
    if (error != 0)
        return error;
    to->length = length;
    if (to->name.family != AF_UNIX)
        return -EINVAL;
    if (length > ADDRESS_HEAD && to->name.path[0] != 0)
        to->length = ADDRESS_HEAD + rt_length(to->name.path) + 1; /* a path ends at its NUL */
    return 0;
}

long address_give(struct task *t, const struct address *a, word_t to, word_t length)
{
    struct address none = {.length = ADDRESS_HEAD, .name.family = AF_UNIX};
    int32_t room, given;
    long error;

    if (to == 0)
        return 0;
    if (a->length == 0)
        a = &none;
    error = user_read(t, &room, length, sizeof room);
    if (error != 0)
        return error;
    if (room < 0)
        return -EINVAL;
    given = (int32_t)a->length;
    error = user_write(t, to, &a->name, (size_t)(given < room ? given : room));
    return error != 0 ? error : user_write(t, length, &given, sizeof given);
}

static bool same_name(const struct address *a, const struct address *b)
{
    return a->length == b->length && memcmp(&a->name, &b->name, a->length) == 0;
}

static long find_path(struct task *t, const struct address *a, struct socket **found)
{
    struct dentry *d;
    long error = path_walk(t, a->name.path, WALK_FOLLOW, &d);

    if (error != 0)
        return error;
    error = inode_permission(t, d->inode, 2);
    if (error == 0 && ((d->inode->mode & S_IFMT) != S_IFSOCK || d->inode->socket == NULL))
        error = -ECONNREFUSED;
    if (error == 0)
        *found = socket_get(d->inode->socket);
    dentry_put(d);
    return error;
}

long address_find(struct task *t, const struct address *a, struct socket **found)
{
    if (a->length <= ADDRESS_HEAD)
        return -EINVAL;
    if (!is_abstract(a))
        return find_path(t, a, found);
    for (struct socket *s = abstract; s != NULL; s = s->next_name) {
        if (same_name(&s->name, a)) {
            *found = socket_get(s);
            return 0;
        }
    }
    return -ECONNREFUSED;
}

void address_forget(struct socket *s)
{
    struct socket **at = &abstract;

    if (s->inode != NULL) {
        s->inode->socket = NULL;
        inode_put(s->inode);
        s->inode = NULL;
    } else if (is_abstract(&s->name)) {
        while (*at != NULL && *at != s)
            at = &(*at)->next_name;
        if (*at != NULL)
            *at = s->next_name;
    }
}

/* --- bind --- */

static long bind_path(struct task *t, struct socket *s, const struct address *a)
{
    struct place_found p;
    struct dentry *d;
    long error = path_from(t, t->place->cwd, a->name.path, WALK_PARENT, &p);

    if (error != 0)
        return error;
    error = p.dots || dentry_lookup(p.at, p.name, p.length, &d) == 0 ? -EADDRINUSE
                                                                    : new_entry_check(t, p.at);
    if (error == -EADDRINUSE && !p.dots)
        dentry_put(d);
    if (error == 0 && s->name.length > 0)
        error = -EINVAL;
    if (error == 0)
        error = p.at->inode->ops->make(p.at, p.name, p.length,
                                       S_IFSOCK | (0777 & ~t->place->umask), 0, NULL, &d);
    dentry_put(p.at);
    if (error != 0)
        return error == -EEXIST ? -EADDRINUSE : error;
    s->inode = inode_get(d->inode);
    s->inode->socket = s;
    s->name = *a;
    dentry_put(d);
    return 0;
}

static long bind_abstract(struct task *t, struct socket *s, const struct address *a)
{
    struct socket *other;

    if (address_find(t, a, &other) == 0) {
        socket_put(other);
        return -EADDRINUSE;
    }
    s->name = *a;
    s->next_name = abstract;
    abstract = s;
    return 0;
}

/* A name of five hexadecimal digits that nobody has (unix(7), "Autobind feature"). */
static long bind_any(struct task *t, struct socket *s)
{
    static unsigned last;
    struct address a = {.length = ADDRESS_HEAD + 6, .name.family = AF_UNIX};
    long error = -EADDRINUSE;

    for (unsigned tries = 0; error == -EADDRINUSE && tries < 0x10000; tries++) {
        last++;
        for (unsigned i = 0; i < 5; i++)
            a.name.path[1 + i] = "0123456789abcdef"[last >> 4 * (4 - i) & 15];
        error = bind_abstract(t, s, &a);
    }
    return error;
}

long sys_bind(struct task *t, const word_t *arg)
{
    struct address a;
    struct file *f;
    long error;
    struct socket *s = socket_find(t, arg[0], &f, &error);

    if (s == NULL)
        return error;
    error = address_read(t, arg[1], arg[2], &a);
    if (error != 0)
        return error;
    if (a.length == ADDRESS_HEAD)
        return s->name.length > 0 ? 0 : bind_any(t, s);
    if (!is_abstract(&a))
        return bind_path(t, s, &a);
    return s->name.length > 0 ? -EINVAL : bind_abstract(t, s, &a);
}

/* --- listen, connect, accept --- */

long sys_listen(struct task *t, const word_t *arg)
{
    struct file *f;
    long error;
    struct socket *s = socket_find(t, arg[0], &f, &error);
    unsigned backlog = (unsigned)arg[1];

    if (s == NULL)
        return error;
    if (s->type == SOCK_DGRAM)
        return -EOPNOTSUPP;
    if (s->name.length == 0 || s->state == SOCKET_CONNECTED)
        return -EINVAL;
    s->backlog = backlog < BACKLOG_MAX ? backlog : BACKLOG_MAX;
    s->state = SOCKET_LISTENS;
    s->owner = credentials_of(t);
    task_wake(&s->changed);
    return 0;
}

static void join(struct socket *a, struct socket *b)
{
    a->peer = socket_get(b);
    b->peer = socket_get(a);
    a->state = b->state = SOCKET_CONNECTED;
    a->had_peer = b->had_peer = true;
    a->peer_owner = b->owner;
    b->peer_owner = a->owner;
    task_wake(&a->changed);
    task_wake(&b->changed);
}

static long connect_stream(struct task *t, struct file *f, struct socket *listener)
{
    struct socket *s = socket_of(f), *end;

    if (listener->type != s->type)
        return -EPROTOTYPE;
    if (listener->state != SOCKET_LISTENS)
        return -ECONNREFUSED;
    if (listener->waiting_count > listener->backlog) {
        if (f->flags & O_NONBLOCK)
            return -EAGAIN;
        return task_wait(t, &listener->changed, NEVER);
    }
    end = socket_new(t, s->type);
    if (end == NULL)
        return -ENOMEM;
    end->name = listener->name;
    end->passes_credentials = listener->passes_credentials;
    s->owner = credentials_of(t);
    end->owner = listener->owner;
    join(s, end);
    end->name = listener->name;
    end->next_waiting = NULL;
    *listener->waiting_end = end;
    listener->waiting_end = &end->next_waiting;
    listener->waiting_count++;
    task_wake(&listener->changed);
    return 0;
}

static long connect_datagram(struct socket *s, struct socket *to)
{
    if (to->type != SOCK_DGRAM)
        return -EPROTOTYPE;
    if (to->peer != NULL && to->peer != s)
        return -EPERM;
    socket_put(s->peer);
    s->peer = socket_get(to);
    s->had_peer = true;
    s->state = SOCKET_CONNECTED;
    return 0;
}

static long disconnect(struct socket *s)
{
    socket_put(s->peer);
    s->peer = NULL;
    s->had_peer = false;
    s->state = SOCKET_NEW;
    return 0;
}

long sys_connect(struct task *t, const word_t *arg)
{
    struct address a;
    struct file *f;
    struct socket *to;
    uint16_t family;
    long error;
    struct socket *s = socket_find(t, arg[0], &f, &error);

    if (s == NULL)
        return error;
    if (s->type == SOCK_DGRAM && arg[2] >= sizeof family &&
        user_read(t, &family, arg[1], sizeof family) == 0 && family == AF_UNSPEC)
        return disconnect(s);
    error = address_read(t, arg[1], arg[2], &a);
    if (error != 0)
        return error;
    if (s->state == SOCKET_LISTENS)
        return -EINVAL;
    if (s->type != SOCK_DGRAM && s->had_peer)
        return -EISCONN;
    error = address_find(t, &a, &to);
    if (error != 0)
        return error;
    error = s->type == SOCK_DGRAM ? connect_datagram(s, to) : connect_stream(t, f, to);
    socket_put(to);
    return error;
}

static long accept_one(struct task *t, const word_t *arg, unsigned flags)
{
    struct file *f, *new;
    long error, fd;
    struct socket *s = socket_find(t, arg[0], &f, &error), *end;

    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    if (s == NULL)
        return error;
    if (s->type == SOCK_DGRAM)
        return -EOPNOTSUPP;
    if (s->state != SOCKET_LISTENS)
        return -EINVAL;
    end = s->waiting;
    if (end == NULL)
        return f->flags & O_NONBLOCK ? -EAGAIN : file_wait(t, f, NEVER);
    s->waiting = end->next_waiting;
    if (s->waiting == NULL)
        s->waiting_end = &s->waiting;
    s->waiting_count--;
    task_wake(&s->changed);
    new = socket_file(end, flags & O_NONBLOCK);
    fd = new == NULL ? -ENOMEM : file_give(t, new, (flags & O_CLOEXEC) != 0);
    if (fd < 0)
        return fd;
    error = address_give(t, end->peer == NULL ? &(struct address){0} : &end->peer->name, arg[1],
                         arg[2]);
    if (error != 0)
        (void)descriptor_close(t, (word_t)fd);
    return error != 0 ? error : fd;
}

long sys_accept(struct task *t, const word_t *arg)
{
    return accept_one(t, arg, 0);
}

long sys_accept4(struct task *t, const word_t *arg)
{
    return accept_one(t, arg, (unsigned)arg[3]);
}

/* --- making them --- */

static long check_kind(const word_t *arg, unsigned *type)
{
    unsigned flags = (unsigned)arg[1] & ~(unsigned)SOCK_TYPES;

    *type = (unsigned)arg[1] & SOCK_TYPES;
    if (flags & ~(unsigned)(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    if ((int)arg[0] != AF_UNIX)
        return -EAFNOSUPPORT;
    if ((int)arg[2] != 0 && (int)arg[2] != AF_UNIX)
        return -EPROTONOSUPPORT;
    if (*type == 3 /* SOCK_RAW: taken for datagrams, as on Linux */)
        *type = SOCK_DGRAM;
    return *type == SOCK_STREAM || *type == SOCK_DGRAM || *type == SOCK_SEQPACKET
               ? 0
               : -ESOCKTNOSUPPORT;
}

long sys_socket(struct task *t, const word_t *arg)
{
    struct socket *s;
    struct file *f;
    unsigned type;
    long error = check_kind(arg, &type);

    if (error != 0)
        return error;
    s = socket_new(t, type);
    f = s == NULL ? NULL : socket_file(s, (unsigned)arg[1] & O_NONBLOCK);
    return f == NULL ? -ENOMEM : file_give(t, f, (arg[1] & O_CLOEXEC) != 0);
}

long sys_socketpair(struct task *t, const word_t *arg)
{
    struct socket *a, *b;
    struct file *one, *two;
    unsigned type;
    long error = check_kind(arg, &type);

    if (error != 0)
        return error;
    a = socket_new(t, type);
    one = a == NULL ? NULL : socket_file(a, (unsigned)arg[1] & O_NONBLOCK);
    if (one == NULL)
        return -ENOMEM;
    b = socket_new(t, type);
    two = b == NULL ? NULL : socket_file(b, (unsigned)arg[1] & O_NONBLOCK);
    if (two == NULL) {
        file_put(one);
        return -ENOMEM;
    }
    join(a, b);
    return file_give_pair(t, one, two, (arg[1] & O_CLOEXEC) != 0, arg[3]);
}
