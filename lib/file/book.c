/* SPDX-License-Identifier: BSD-2-Clause */
/* Clients, outcomes and open files, kept over restarts. */
#include "book.h"

#include <rt/bytes.h>

#define MAGIC 0x32206b6f6f624654ul /* another one when the layout changes */

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
        struct files_client *client = &book->kept->client[session];

        if (client->next > FILE_TOKENS)
            client->next = 0;
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
    client->badge = badge;
    client->number = number;
    book->newest[session] = 0;
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
        if (client->outcome[i].token == token && i != client->next)
            return &client->outcome[i];
    return NULL;
}

/* One store makes it valid, and that is what a step may have to undo. */
void files_book_note(struct files_book *book, unsigned session, const struct files_outcome *outcome)
{
    struct files_client *client = &book->kept->client[session];
    uint64_t next = client->next;

    if (outcome->token == 0)
        return;
    client->outcome[next] = *outcome;
    if (outcome->token > book->newest[session])
        book->newest[session] = outcome->token;
    change(book, &client->next, sizeof(client->next));
    __atomic_store_n(&client->next, next == FILE_TOKENS ? 0 : next + 1, __ATOMIC_RELEASE);
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
        *open = (struct files_open){.file = file, .users = 1ull << session};
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
