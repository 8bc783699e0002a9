/* SPDX-License-Identifier: BSD-2-Clause */
/* What the client needs of the kernel's operations, played by client.c. */
#ifndef ABI_INVOKE_H
#define ABI_INVOKE_H

#include <abi/call.h>

enum error cnode_move(cap_t cnode, word_t to, cap_t from_cnode, word_t from);
enum error cnode_delete(cap_t cnode, word_t slot, word_t count);

#endif
