/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages made at random, half of them nearly right, through the generated dispatcher. Whatever
 * they do, the file system must be sound afterwards.
 */
#include <rt/thread.h>
#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "drive.h"

#define MESSAGES 300000
#define METHODS  33

static struct message_buffer buffer;

struct message_buffer *rt_buffer(void)
{
    return &buffer;
}

cap_t rt_slot_alloc(void)
{
    return 0;
}

void rt_slot_free(cap_t slot)
{
    (void)slot;
}

/* A word that may mean something. */
static word_t word(void)
{
    switch (random_below(8)) {
    case 0:
        return random_number();
    case 1:
        return ~0ul - random_below(5);
    case 2:
        return random_below(WINDOW_BYTES + 10);
    case 3:
        return world.fs.arena.head->root;
    case 4:
        return (world.fs.arena.head->first_page + random_below(8)) * ARENA_UNITS +
               random_below(16) * 4;
    case 5:
        return random_below(world.fs.arena.head->generation + 2);
    default:
        return random_below(9);
    }
}

static void fill(struct message *m)
{
    static const char names[7][16] = {"below", "new", "link", "a/b", "..", "user.value", ""};

    for (unsigned i = 0; i < 8; i++)
        m->w[i] = word();
    for (unsigned i = 8; i < 40; i++)
        buffer.words[i] = word();
    if (random_below(2) == 0)
        memcpy(&buffer.words[8 + random_below(4)], names[random_below(7)], 8);
    if (random_below(2) == 0) { /* a handle that is one */
        m->w[0] = world.fs.arena.head->root;
        m->w[1] = 1;
    }
}

/* How many words a request of this method has, learnt from those that were not refused. */
static unsigned words_of[METHODS][64];

static void one(long *taken)
{
    struct message m = {.badge = 1000 + random_below(2)};
    word_t label = 1 + random_below(METHODS - 1);
    unsigned words = (unsigned)random_below(64);

    if (random_below(4) != 0)
        for (unsigned i = 0; i < 64; i++)
            if (words_of[label][(words + i) % 64] != 0)
                words = (words + i) % 64;
    fill(&m);
    m.tag = MESSAGE_TAG(label, words, 0);
    if (file_dispatch(file, &world.server, &m) != IPC_REPLY)
        return;
    if (message_label(m.tag) != FILE_E_MALFORMED && message_label(m.tag) != FILE_E_METHOD) {
        words_of[label][words] = 1;
        ++*taken;
    }
}

void test_messages(void)
{
    const char *wrong = NULL;
    long taken = 0;

    make_small();
    random_seed(11);
    for (long i = 0; i < MESSAGES && wrong == NULL; i++) {
        one(&taken);
        if (i % 1000 == 0) { /* attached again, in case one of them detached or attached oddly */
            world_attach(1000, 1);
            world_attach(1001, 1);
        }
        if (i % 30000 == 29999)
            wrong = world_restart();
    }
    if (wrong != NULL)
        printf("     after a restart: %s\n", wrong);
    report("messages that no client sends do no harm", wrong == NULL && taken > MESSAGES / 20);
}
