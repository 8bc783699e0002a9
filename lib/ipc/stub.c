/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Bytes, text and capabilities in messages. Runs on the calling thread.
 */
#include "stub.h"

/* Length of the UTF-8 sequence at `text`, 0 if it is none (The Unicode
 * Standard, table 3-7: no surplus length, no surrogates, at most U+10FFFF). */
static size_t sequence(const uint8_t *text, size_t left)
{
    uint8_t first = text[0], low = 0x80, high = 0xbf;
    size_t size;

    if (first < 0x80)
        return first != 0;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first == 0xe0)
        low = 0xa0;
    else if (first == 0xed)
        high = 0x9f;
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f;
    if (size > left || text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if (text[i] < 0x80 || text[i] > 0xbf)
            return 0;
    return size;
}

static bool is_text(const uint8_t *text, size_t size)
{
    size_t step;

    for (size_t at = 0; at < size; at += step) {
        step = sequence(text + at, size - at);
        if (step == 0)
            return false;
    }
    return true;
}

size_t ipc_text_size(const char *text, size_t limit)
{
    size_t size = 0;

    while (text[size] != '\0') {
        if (size == limit)
            return SIZE_MAX;
        size++;
    }
    return is_text((const uint8_t *)text, size) ? size : SIZE_MAX;
}

bool ipc_text_valid(const struct message_buffer *buffer, size_t word, word_t size)
{
    return is_text((const uint8_t *)&buffer->words[word], size);
}

size_t ipc_put(struct message_buffer *buffer, size_t word, const void *from, size_t size)
{
    size_t next = word + ipc_words(size);

    if (size % 8 != 0)
        buffer->words[next - 1] = 0;
    if (size > 0)
        __builtin_memcpy(&buffer->words[word], from, size);
    return next;
}

void ipc_get(const struct message_buffer *buffer, size_t word, void *to, word_t size)
{
    if (size > 0)
        __builtin_memcpy(to, &buffer->words[word], size);
}

void ipc_get_text(const struct message_buffer *buffer, size_t word, char *to, word_t size)
{
    ipc_get(buffer, word, to, size);
    to[size] = '\0';
}

bool ipc_slots_open(struct ipc_slots *slots, unsigned count)
{
    struct message_buffer *buffer = rt_buffer();

    slots->count = 0;
    while (slots->count < count) {
        cap_t slot = rt_slot_alloc();

        if (slot == 0) {
            ipc_slots_close(slots, 0, false);
            return false;
        }
        slots->slot[slots->count] = slot;
        buffer->receive[slots->count] = slot;
        slots->count++;
    }
    return true;
}

/* Did a capability arrive in this slot? What the kernel did not deliver it reports as 0. */
static bool filled(const struct message_buffer *buffer, cap_t slot, word_t arrived)
{
    for (word_t i = 0; i < arrived && i < MESSAGE_CAPS; i++)
        if (buffer->caps[i] == slot)
            return true;
    return false;
}

void ipc_slots_close(struct ipc_slots *slots, word_t arrived, bool keep)
{
    struct message_buffer *buffer = rt_buffer();

    for (unsigned i = 0; i < slots->count; i++) {
        bool full = filled(buffer, slots->slot[i], arrived);

        buffer->receive[i] = 0;
        if (full && !keep)
            rt_slot_delete(slots->slot[i]);
        else if (!full)
            rt_slot_free(slots->slot[i]);
    }
    slots->count = 0;
}

enum ipc_next ipc_answer_error(struct message *message, word_t error, bool declared)
{
    *message = (struct message){.tag = MESSAGE_TAG(declared ? error : IPC_E_FAILED, 0, 0)};
    return IPC_REPLY;
}

enum ipc_next ipc_refuse(struct message *message, word_t why)
{
    struct message_buffer *buffer = rt_buffer();
    word_t count = message_caps(message->tag);

    for (word_t i = 0; i < count && i < MESSAGE_CAPS; i++)
        if (buffer->caps[i] != 0)
            rt_slot_delete(buffer->caps[i]);
    return ipc_answer_error(message, why, true);
}
