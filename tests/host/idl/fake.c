/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The fake kernel of fake.h, and the counting of cases.
 */
#include <stdio.h>
#include <string.h>

#include <rt/record.h>
#include <rt/slot.h>
#include <rt/thread.h>

#include "fake.h"

struct fake fake;
static unsigned passed, failed;

void check(bool good, const char *name, const char *why)
{
    if (good)
        printf("ok %s\n", name);
    else
        printf("FAIL %s: not so: %s\n", name, why);
    passed += good;
    failed += !good;
}

void fake_reset(void)
{
    fake = (struct fake){.slots_left = {SLOTS, SLOTS}};
}

unsigned fake_taken(enum side side)
{
    unsigned count = 0;

    for (int i = 0; i < SLOTS; i++)
        count += fake.taken[side][i];
    return count;
}

struct rt_record *rt_record(void)
{
    static struct rt_record record;

    return &record;
}

struct message_buffer *rt_buffer(void)
{
    return &fake.buffer[fake.side];
}

cap_t rt_slot_alloc(void)
{
    if (fake.slots_left[fake.side] == 0)
        return 0;
    for (cap_t slot = 1; slot < 32; slot++) {
        if (fake.taken[fake.side][slot] || fake.object[fake.side][slot])
            continue;
        fake.taken[fake.side][slot] = true;
        fake.slots_left[fake.side]--;
        return slot;
    }
    return 0;
}

void rt_slot_free(cap_t slot)
{
    if (slot == 0 || slot >= SLOTS || !fake.taken[fake.side][slot] || fake.object[fake.side][slot])
        check(false, "slots are freed once and empty", "rt_slot_free");
    else
        fake.taken[fake.side][slot] = false;
}

void rt_slot_delete(cap_t slot)
{
    if (slot < SLOTS)
        fake.object[fake.side][slot] = 0;
    rt_slot_free(slot);
}

/* One capability; returns the slot in which it arrived, or 0. */
static word_t transfer_cap(enum side from, word_t what, word_t where)
{
    word_t slot = what & 0xffffffff, object;

    if (slot >= SLOTS || where == 0 || where >= SLOTS || fake.object[!from][where] != 0)
        return 0;
    object = fake.object[from][slot];
    if (object == 0)
        return 0;
    fake.object[!from][where] = object;
    if (what & CAP_MOVE)
        fake.object[from][slot] = 0;
    return where;
}

void fake_transfer(enum side from, struct message *m)
{
    struct message_buffer *out = &fake.buffer[from], *in = &fake.buffer[!from];
    word_t words = message_words(m->tag), caps = message_caps(m->tag);

    for (word_t i = MESSAGE_REGS; i < words && i < MESSAGE_WORDS; i++)
        in->words[i] = out->words[i];
    for (word_t i = 0; i < MESSAGE_CAPS; i++)
        if (i < caps)
            in->caps[i] = transfer_cap(from, out->caps[i], in->receive[i]);
    for (word_t i = words; i < MESSAGE_REGS; i++)
        m->w[i] = 0xbad0bad0bad0bad0;
}

enum error sys_call(cap_t cap, struct message *m)
{
    enum error error;

    if (cap != SERVER_ENDPOINT || fake.side != CLIENT)
        return E_CAP;
    fake.calls++;
    fake_transfer(CLIENT, m);
    fake.side = SERVER;
    error = fake.serve(fake.context, m);
    if (error == E_OK)
        fake_transfer(SERVER, m);
    fake.side = CLIENT;
    return error;
}

enum error sys_send(cap_t cap, struct message *m, word_t flags)
{
    (void)flags;
    if (cap >= SLOTS || !fake.pending[cap])
        return E_STATE;
    fake.pending[cap] = false;
    if (fake.answered)
        fake.answered(fake.context, cap, m);
    return E_OK;
}

enum error sys_recv(cap_t cap, cap_t reply, struct message *m, word_t flags)
{
    (void)flags;
    if (cap != SERVER_ENDPOINT)
        return E_CAP;
    if (!fake.next(fake.context, m))
        return E_GONE;
    fake.pending[reply] = message_label(m->tag) != MESSAGE_SIGNAL;
    return E_OK;
}

enum error sys_reply_recv(cap_t cap, cap_t reply, struct message *m, word_t flags)
{
    if (fake.reply_error != E_OK) {
        enum error error = fake.reply_error;

        fake.reply_error = E_OK;
        return error;
    }
    sys_send(reply, m, flags);
    return sys_recv(cap, reply, m, flags);
}

int main(void)
{
    test_stubs();
    test_fuzz();
    test_serve();
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
