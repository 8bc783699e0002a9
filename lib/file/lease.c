/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may remember what. */
#include "lease.h"

#include <rt/bytes.h>

void files_leases_open(struct files_leases *leases)
{
    memset(leases, 0, sizeof(*leases));
    for (unsigned i = 0; i < FILES_LEASES; i++)
        leases->next[i] = (uint16_t)(i + 1 < FILES_LEASES ? i + 2 : 0);
    leases->unused = 1;
}

static uint16_t *bucket(struct files_leases *leases, struct file_handle file)
{
    return &leases->head[(file.inode ^ file.inode >> 11) % FILES_LEASES];
}

static unsigned find(struct files_leases *leases, struct file_handle file)
{
    unsigned at = *bucket(leases, file);

    while (at != 0 && (leases->lease[at - 1].file.inode != file.inode ||
                       leases->lease[at - 1].file.generation != file.generation))
        at = leases->next[at - 1];
    return at;
}

static void drop(struct files_leases *leases, unsigned at)
{
    uint16_t *link = bucket(leases, leases->lease[at - 1].file);

    while (*link != at)
        link = &leases->next[*link - 1];
    *link = leases->next[at - 1];
    leases->lease[at - 1].holders = 0;
    leases->next[at - 1] = leases->unused;
    leases->unused = (uint16_t)at;
    leases->count--;
}

void files_lease_give(struct files_leases *leases, unsigned session, struct file_handle file,
                      struct files_lease *lost)
{
    unsigned at = find(leases, file);

    lost->holders = 0;
    if (at == 0) {
        uint16_t *head = bucket(leases, file);

        if (leases->unused == 0) {
            *lost = leases->lease[leases->victim];
            drop(leases, leases->victim + 1u);
            leases->victim = (uint16_t)((leases->victim + 1) % FILES_LEASES);
        }
        at = leases->unused;
        leases->unused = leases->next[at - 1];
        leases->lease[at - 1].file = file;
        leases->next[at - 1] = *head;
        *head = (uint16_t)at;
        leases->count++;
    }
    leases->lease[at - 1].holders |= 1ull << session;
}

uint64_t files_lease_take(struct files_leases *leases, struct file_handle file, uint64_t except)
{
    unsigned at = leases->count == 0 ? 0 : find(leases, file);
    uint64_t holders;

    if (at == 0)
        return 0;
    holders = leases->lease[at - 1].holders & ~except;
    leases->lease[at - 1].holders &= except;
    if (leases->lease[at - 1].holders == 0)
        drop(leases, at);
    return holders;
}

void files_lease_end(struct files_leases *leases, unsigned session)
{
    for (unsigned at = 1; at <= FILES_LEASES; at++) {
        uint64_t *holders = &leases->lease[at - 1].holders;

        if (!(*holders >> session & 1))
            continue;
        *holders &= ~(1ull << session);
        if (*holders == 0)
            drop(leases, at);
    }
}
