/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls, played by client.c. */
#ifndef ABI_CALL_H
#define ABI_CALL_H

#include <abi/abi.h>

struct message {
    word_t tag, badge, w[8];
};

enum error sys_send(cap_t cap, struct message *m, word_t flags);
enum error sys_recv(cap_t cap, cap_t reply, struct message *m, word_t flags);

#endif
