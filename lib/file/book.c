/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients, outcomes and open files, kept over restarts. */
#include "book.h"

#include <rt/bytes.h>
#include <rt/checksum.h>

#define MAGIC 0x33206b6f6f624654ul /* another one when the layout changes */

static void change(struct files_book *book, void *at, size_t bytes)
{
    if (book->change != NULL)
        book->change(book->fs, at, bytes);
}

static bool same(struct file_handle left, struct file_handle right)
{
    return left.inode == right.inode && left.generation == right.generation;
}

static unsigned bucket(struct file_handle file)
{
    return (unsigned)((file.inode ^ file.inode >> 12) % FILES_OPEN_MAX);
}

static void hang(struct files_book *book, unsigned index)
{
    uint16_t *head = &book->head[bucket(book->kept->open[index].file)];

    book->next[index] = *head;
    *head = (uint16_t)(index + 1);
}

static uint64_t outcome_crc(const struct files_outcome *o)
{
    return rt_crc32c(0, o, offsetof(struct files_outcome, crc));
}

static uint64_t client_crc(uint64_t badge, uint64_t number)
{
    const uint64_t words[2] = {badge, number};

    return rt_crc32c(0, words, sizeof(words));
}

static uint64_t open_crc(const struct files_open *o)
{
    return rt_crc32c(0, o, offsetof(struct files_open, crc));
}

/* `next` with its checksum, one word. */
static uint64_t sealed_next(const struct files_client *client, uint64_t next)
{
    return ((next + 1) * 0x9e3779b97f4a7c15ul ^ client->crc << 32) >> 32 << 32 | next;
}

static uint32_t next_of(const struct files_client *client)
{
    return (uint32_t)client->next;
}

static void leave_out_client(struct files_book *book, struct files_client *client)
{
    if (client->badge == 0)
        return;
    if (client->crc != client_crc(client->badge, client->number)) {
        memset(client, 0, sizeof(*client));
        book->damaged++;
        return;
    }
    if (next_of(client) > FILE_TOKENS || client->next != sealed_next(client, next_of(client))) {
        memset(client->outcome, 0, sizeof(client->outcome));
        client->next = sealed_next(client, 0);
        book->damaged++;
    }
    for (unsigned i = 0; i <= FILE_TOKENS; i++) {
        struct files_outcome *o = &client->outcome[i];

        if (o->token == 0 || i == next_of(client) || o->crc == outcome_crc(o))
            continue;
        o->token = 0;
        book->damaged++;
    }
}

static void leave_out_damaged(struct files_book *book)
{
    struct files_kept *kept = book->kept;
    uint64_t clients = 0;

    book->damaged = 0;
    for (unsigned i = 0; i < FILES_SESSIONS; i++) {
        leave_out_client(book, &kept->client[i]);
        clients |= (uint64_t)(kept->client[i].badge != 0) << i;
    }
    for (uint64_t i = 0; i < kept->opens; i++) {
        kept->open[i].users &= clients; /* nobody has what one who was left out had open */
        if (kept->open[i].users == 0 || kept->open[i].crc == open_crc(&kept->open[i]))
            continue;
        kept->open[i].users = 0;
        book->damaged++;
    }
}

static void make_index(struct files_book *book)
{
    memset(book->head, 0, sizeof(book->head));
    book->unused = 0;
    for (unsigned i = (unsigned)book->kept->opens; i-- > 0;) {
        if (book->kept->open[i].users != 0) {
            hang(book, i);
        } else {
            book->next[i] = book->unused;
            book->unused = (uint16_t)(i + 1);
        }
    }
}

static void find_newest(struct files_book *book)
{
    for (unsigned session = 0; session < FILES_SESSIONS; session++) {
        const struct files_client *client = &book->kept->client[session];

        book->newest[session] = 0;
        for (unsigned i = 0; i <= FILE_TOKENS; i++)
            if (client->outcome[i].token > book->newest[session])
                book->newest[session] = client->outcome[i].token;
    }
}

bool files_book_open(struct files_book *book, void *memory, size_t bytes)
{
    struct files_kept *kept = memory;
    uint64_t opens = (bytes - sizeof(*kept)) / sizeof(struct files_open);
    bool sound;

    if (opens > FILES_OPEN_MAX - 1)
        opens = FILES_OPEN_MAX - 1;
    sound = kept->magic == MAGIC && kept->opens == opens;
    if (!sound) {
        memset(memory, 0, bytes);
        kept->opens = opens;
        kept->magic = MAGIC;
    }
    book->kept = kept;
    leave_out_damaged(book);
    make_index(book);
    find_newest(book);
    return sound;
}

unsigned files_book_find(const struct files_book *book, uint64_t badge)
{
    unsigned session = 0;

    while (session < FILES_SESSIONS && book->kept->client[session].badge != badge)
        session++;
    return session;
}

void files_book_enter(struct files_book *book, unsigned session, uint64_t badge, uint64_t number)
{
    struct files_client *client = &book->kept->client[session];

    change(book, client, sizeof(*client));
    memset(client, 0, sizeof(*client));
    client->number = number;
    book->newest[session] = 0;
    client->crc = client_crc(badge, number);
    client->next = sealed_next(client, 0);
    __atomic_store_n(&client->badge, badge, __ATOMIC_RELEASE);
}

void files_book_leave(struct files_book *book, unsigned session)
{
    files_book_enter(book, session, 0, 0);
}

/* Tokens mostly grow, so mostly one look is enough. */
const struct files_outcome *files_book_outcome(const struct files_book *book, unsigned session,
                                               uint64_t token)
{
    const struct files_client *client = &book->kept->client[session];

    if (token > book->newest[session] || token == 0)
        return NULL;
    for (unsigned i = 0; i <= FILE_TOKENS; i++)
        if (client->outcome[i].token == token && i != next_of(client))
            return &client->outcome[i];
    return NULL;
}

/* One store makes it valid, and that is what a step may have to undo. */
void files_book_note(struct files_book *book, unsigned session, const struct files_outcome *outcome)
{
    struct files_client *client = &book->kept->client[session];
    uint32_t next = next_of(client);

    if (outcome->token == 0)
        return;
    client->outcome[next] = *outcome;
    client->outcome[next].crc = outcome_crc(outcome);
    if (outcome->token > book->newest[session])
        book->newest[session] = outcome->token;
    change(book, &client->next, sizeof(client->next));
    __atomic_store_n(&client->next, sealed_next(client, next == FILE_TOKENS ? 0 : next + 1),
                     __ATOMIC_RELEASE);
}

/* The entry of a file. @return its number + 1, 0: it is not open */
static unsigned find(const struct files_book *book, struct file_handle file)
{
    unsigned at = book->head[bucket(file)];

    while (at != 0 && !same(book->kept->open[at - 1].file, file))
        at = book->next[at - 1];
    return at;
}

uint64_t files_book_users(const struct files_book *book, struct file_handle file)
{
    unsigned at = find(book, file);

    return at == 0 ? 0 : book->kept->open[at - 1].users;
}

bool files_book_open_file(struct files_book *book, unsigned session, struct file_handle file)
{
    unsigned at = find(book, file);
    struct files_open *open;

    if (at == 0) {
        at = book->unused;
        if (at == 0)
            return false;
        book->unused = book->next[at - 1];
        open = &book->kept->open[at - 1];
        change(book, open, sizeof(*open));
        open->file = file;
        open->crc = open_crc(open);
        __atomic_store_n(&open->users, 1ull << session, __ATOMIC_RELEASE);
        hang(book, at - 1);
        return true;
    }
    open = &book->kept->open[at - 1];
    change(book, &open->users, sizeof(open->users));
    open->users |= 1ull << session;
    return true;
}

static void unhang(struct files_book *book, unsigned at, struct file_handle file)
{
    uint16_t *link = &book->head[bucket(file)];

    while (*link != at)
        link = &book->next[*link - 1];
    *link = book->next[at - 1];
    book->next[at - 1] = book->unused;
    book->unused = (uint16_t)at;
}

bool files_book_close_file(struct files_book *book, unsigned session, struct file_handle file)
{
    unsigned at = find(book, file);
    struct files_open *open;

    if (at == 0)
        return true;
    open = &book->kept->open[at - 1];
    change(book, &open->users, sizeof(open->users));
    open->users &= ~(1ull << session);
    if (open->users == 0)
        unhang(book, at, file);
    return open->users == 0;
}

bool files_book_next(const struct files_book *book, unsigned session, unsigned *at,
                     struct file_handle *file)
{
    for (; *at < book->kept->opens; ++*at) {
        if (book->kept->open[*at].users >> session & 1) {
            *file = book->kept->open[(*at)++].file;
            return true;
        }
    }
    return false;
}
