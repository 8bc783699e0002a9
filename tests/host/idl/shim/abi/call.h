/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The system calls as the tests of protocols see them: functions of a fake
 * kernel (fake.c) in place of <abi/call.h>'s instructions.
 */
#ifndef ABI_CALL_H
#define ABI_CALL_H

#include <abi/abi.h>

struct message {
    word_t tag;
    word_t badge;
    word_t w[MESSAGE_REGS];
};

struct message_buffer {
    word_t words[MESSAGE_WORDS];
    word_t caps[MESSAGE_CAPS];
    word_t receive[MESSAGE_CAPS];
};

#define MESSAGE_TAG(label, words, caps) \
    ((word_t)(label) * 65536u + (word_t)(caps) * 256u + (word_t)(words))

static inline word_t message_label(word_t tag) { return tag / 65536u; }
static inline word_t message_words(word_t tag) { return tag % 256u; }
static inline word_t message_caps(word_t tag) { return tag / 256u % 256u; }

enum error sys_call(cap_t cap, struct message *m);
enum error sys_send(cap_t cap, struct message *m, word_t flags);
enum error sys_recv(cap_t cap, cap_t reply, struct message *m, word_t flags);
enum error sys_reply_recv(cap_t cap, cap_t reply, struct message *m, word_t flags);

#endif
