/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A server of the test protocol. Its callbacks check that what reaches them is
 * in range, whoever sent it, and answer with what they were given.
 */
#ifndef SERVER_H
#define SERVER_H

#include <proto/zoo.h>

enum { REGION = 4096 };

struct zoo_state {
    unsigned reached;               /* callbacks that ran */
    unsigned bad;                   /* arguments that should never have come */
    word_t badge;
    enum zoo_error fail;            /* what to answer, ZOO_OK: results */
    bool lie;                       /* answer with results out of range */
    struct ipc_server *loop;        /* for `later`, or NULL */
    cap_t kept;                     /* Reply object of the call that waits */
    uint32_t kept_x;
};

extern const struct zoo_server zoo_callbacks;

#endif
