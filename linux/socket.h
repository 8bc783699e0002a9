/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets of the family AF_UNIX (unix(7)); there are no others. What one sends waits in the
 * receiver's queue as packets, each with the descriptors and credentials that came with it.
 */
#ifndef LINUX_SOCKET_H
#define LINUX_SOCKET_H

#include "file.h"

enum { AF_UNSPEC = 0, AF_UNIX = 1 };
enum { SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_SEQPACKET = 5, SOCK_TYPES = 0xf };
enum {
    MSG_PEEK = 2,
    MSG_CTRUNC = 8,
    MSG_TRUNC = 0x20,
    MSG_DONTWAIT = 0x40,
    MSG_EOR = 0x80,
    MSG_WAITALL = 0x100,
    MSG_WAITFORONE = 0x10000,
    MSG_NOSIGNAL = 0x4000,
    MSG_CMSG_CLOEXEC = 0x40000000
};

#define ADDRESS_MAX   110u  /* sizeof(struct sockaddr_un) */
#define ADDRESS_HEAD  2u
#define PASSED_MAX    253u  /* descriptors in one message */
#define SOCKET_BUFFER 212992u
#define PACKET_COST   767u  /* counted beside its bytes: what Linux has for one of a byte */

/** An address as programs give it: family and path; length 0: none. */
struct address {
    size_t length;
    struct { uint16_t family; char path[ADDRESS_MAX - ADDRESS_HEAD + 1]; } name;
};

struct credentials {
    int32_t pid;
    uint32_t uid, gid;
};

struct piece {
    struct piece *next;
    size_t bytes, from;      /* from: what has been read of it */
    uint8_t data[];
};
#define PIECE_MAX (HEAP_MAX - sizeof(struct piece))

/** What one call sent. */
struct packet {
    struct packet *next;
    struct piece *first, **end;
    size_t bytes;            /* that are left */
    struct file **files;     /* passed descriptors: PASSED_MAX at most */
    unsigned file_count;
    struct credentials credentials;
    struct address from;     /* of a datagram */
};

enum socket_state { SOCKET_NEW, SOCKET_LISTENS, SOCKET_CONNECTED, SOCKET_CLOSED };

struct socket {
    unsigned refs;           /* its file, the queue it waits in, and those whose peer it is */
    unsigned type;
    enum socket_state state;
    struct socket *peer;
    struct address name;
    struct inode *inode;     /* bound to a path: a reference */
    struct socket *next_name; /* bound to an abstract name */
    struct packet *first, **end;
    size_t queued;           /* bytes that wait here */
    struct socket *waiting, **waiting_end; /* SOCKET_LISTENS: not accepted yet */
    struct socket *next_waiting;
    unsigned waiting_count, backlog;
    bool no_reading, no_writing, had_peer, passes_credentials, reset;
    unsigned buffer;         /* SO_SNDBUF */
    word_t receive_timeout, send_timeout; /* ns; 0: none */
    struct credentials owner, peer_owner;
    struct wait_queue changed;
};

static inline struct socket *socket_of(const struct file *f)
{
    return f->data;
}
static inline bool socket_streams(const struct socket *s)
{
    return s->type == SOCK_STREAM;
}

extern const struct file_ops socket_ops;

/** @return NULL: no memory */
struct socket *socket_new(struct task *t, unsigned type);
struct socket *socket_get(struct socket *s);
void socket_put(struct socket *s);
/** A file of it; the socket's reference goes to the file, or is given up. @return NULL: no memory
 */
struct file *socket_file(struct socket *s, unsigned flags);
/** The socket of a descriptor. @return NULL and *error: -EBADF, -ENOTSOCK */
struct socket *socket_find(struct task *t, word_t fd, struct file **file, long *error);
struct credentials credentials_of(const struct task *t);

/** A packet with what a program sends. @return NULL and *error */
struct packet *packet_make(struct socket *s, struct transfer *x, size_t bytes, long *error);
void packet_free(struct packet *p);
/** Put it into a socket's queue. */
void packet_give(struct socket *to, struct packet *p);
/** Whether more can be given to this socket now. */
bool socket_has_room(const struct socket *to);

/** unix.c: read an address. @return 0, -EINVAL, -EFAULT */
long address_read(struct task *t, word_t from, word_t length, struct address *to);
/** Give it as accept(2) and the like do. @param length address of an int; to 0: not wanted */
long address_give(struct task *t, const struct address *a, word_t to, word_t length);
/** The socket that is bound to an address, with a reference. */
long address_find(struct task *t, const struct address *a, struct socket **found);
void address_forget(struct socket *s);

/** socket_message.c: the middle of write(2), send(2) and sendmsg(2), and of their counterparts. */
struct message_parts {
    struct transfer x;
    const struct address *to;     /* or NULL */
    struct file **files;          /* to pass: references; taken over by the packet */
    unsigned file_count;
    unsigned flags;
    bool has_credentials;         /* given by the sender (SCM_CREDENTIALS) */
    struct credentials credentials;
};
long socket_send(struct task *t, struct file *f, struct message_parts *m);

struct received {
    struct transfer x;
    unsigned flags, out_flags;
    struct packet *packet;        /* whose descriptors and address are to be given; owned */
    struct address from;
    struct credentials credentials;
    struct file **files;
    unsigned file_count;
};
long socket_receive(struct task *t, struct file *f, struct received *r);

#endif
