/* SPDX-License-Identifier: BSD-2-Clause */
#include "kept_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void list_remove(struct cache *cache, struct buffer *buffer)
{
    struct buffer_list *list = &cache->list[buffer->state];

    *(buffer->previous != NULL ? &buffer->previous->next : &list->first) = buffer->next;
    *(buffer->next != NULL ? &buffer->next->previous : &list->last) = buffer->previous;
    list->count--;
}

/* The block first: who takes over must find it with the state. */
static void note_state(struct cache *cache, const struct buffer *buffer, enum buffer_state state)
{
    struct kept_buffer *kept = &cache->kept->table[buffer - cache->buffers];

    __atomic_store_n(&kept->state, BUFFER_FREE, __ATOMIC_RELEASE);
    __atomic_store_n(&kept->block, buffer->block, __ATOMIC_RELEASE);
    if (state == BUFFER_META)
        __atomic_store_n(&kept->operation, (uint32_t)cache->kept->operation, __ATOMIC_RELEASE);
    __atomic_store_n(&kept->state, kept_state(kept, state), __ATOMIC_RELEASE);
}

static void list_append(struct cache *cache, struct buffer *buffer, enum buffer_state state)
{
    struct buffer_list *list = &cache->list[state];

    buffer->state = (uint8_t)state;
    buffer->next = NULL;
    buffer->previous = list->last;
    *(list->last != NULL ? &list->last->next : &list->first) = buffer;
    list->last = buffer;
    list->count++;
}

/* What is on the disk, or will be by the journal, is read again by who takes over. */
static bool is_kept(enum buffer_state state)
{
    return state == BUFFER_DIRTY || state == BUFFER_META;
}

void cache_move(struct cache *cache, struct buffer *buffer, enum buffer_state state)
{
    if ((is_kept(state) || is_kept(buffer->state)) && cache->kept != NULL && buffer->state != state)
        note_state(cache, buffer, state);
    list_remove(cache, buffer);
    list_append(cache, buffer, state);
    if (state != BUFFER_DIRTY)
        buffer->ordered = false;
}

int cache_init(struct cache *cache, const struct ext4_device *device, uint32_t block_bytes)
{
    uint32_t count = (uint32_t)(device->memory_bytes / block_bytes), size = 64;

    memset(cache, 0, sizeof(*cache));
    if (count < SCRATCH_BLOCKS + 64)
        return ENOMEM;
    count -= SCRATCH_BLOCKS;
    while (size < count)
        size *= 2;
    cache->device = device;
    cache->block_bytes = block_bytes;
    cache->block_count = device->bytes / block_bytes;
    cache->buffers = calloc(count, sizeof(*cache->buffers));
    cache->hash = calloc(size, sizeof(struct buffer *));
    if (cache->buffers == NULL || cache->hash == NULL) {
        cache_free(cache);
        return ENOMEM;
    }
    cache->hash_mask = size - 1;
    cache->buffer_count = count;
    for (uint32_t i = 0; i < count; i++) {
        cache->buffers[i].data = device->memory + (size_t)i * block_bytes;
        list_append(cache, &cache->buffers[i], BUFFER_FREE);
    }
    cache->scratch = device->memory + (size_t)count * block_bytes;
    return 0;
}

void cache_free(struct cache *cache)
{
    free(cache->buffers);
    free(cache->hash);
    cache->buffers = NULL;
    cache->hash = NULL;
}

static void unhash(struct cache *cache, struct buffer *buffer)
{
    struct buffer **place = cache_place(cache, buffer->block);

    while (*place != buffer)
        place = &(*place)->hash_next;
    *place = buffer->hash_next;
}

static void hide(struct cache *cache, struct buffer *buffer)
{
    if (buffer->shown)
        cache->hide(cache->hide_self, buffer->data);
    buffer->shown = false;
}

/* Nobody's any more, and the first to be taken again. */
static void discard(struct cache *cache, struct buffer *buffer)
{
    hide(cache, buffer);
    unhash(cache, buffer);
    cache_move(cache, buffer, BUFFER_FREE);
    buffer->checked = false;
    buffer->owner = 0;
}

void cache_clear(struct cache *cache)
{
    for (uint32_t i = 0; i < cache->buffer_count; i++)
        if (cache->buffers[i].state == BUFFER_CLEAN || cache->buffers[i].state == BUFFER_LOGGED)
            discard(cache, &cache->buffers[i]);
}

void cache_drop(struct cache *cache, uint64_t block)
{
    struct buffer *buffer = cache_look(cache, block);

    if (buffer == NULL)
        return;
    hide(cache, buffer);
    if (buffer->pins == 0)
        discard(cache, buffer);
    else
        cache_move(cache, buffer, BUFFER_CLEAN);
}

/* Those that were used have a second chance: to note a use is one store, to move them many. */
static struct buffer *oldest(struct cache *cache)
{
    struct buffer_list *list = &cache->list[BUFFER_CLEAN];

    for (uint32_t left = 2 * list->count; left > 0; left--) {
        struct buffer *b = list->first;

        if (b->pins == 0 && !b->used)
            return b;
        b->used = false;
        list_remove(cache, b); /* to the end of the list that it is in */
        list_append(cache, b, BUFFER_CLEAN);
    }
    return NULL;
}

/* A buffer without a block; writes others if it must. NULL: all are in use. */
static struct buffer *take(struct cache *cache)
{
    struct buffer *buffer = cache->list[BUFFER_FREE].first;

    if (buffer != NULL)
        return buffer;
    buffer = oldest(cache);
    if (buffer == NULL && cache->list[BUFFER_LOGGED].count > 0) {
        (void)cache_write_home(cache, false);
        buffer = oldest(cache);
    }
    if (buffer == NULL && cache->list[BUFFER_DIRTY].count > 0) {
        (void)cache_write_back(cache, CACHE_SOME, 0);
        if (cache->list[BUFFER_FREE].first != NULL)
            return cache->list[BUFFER_FREE].first;
        buffer = oldest(cache);
    }
    if (buffer != NULL)
        discard(cache, buffer);
    return buffer;
}

static void enter(struct cache *cache, struct buffer *buffer, uint64_t block)
{
    struct buffer **place = cache_place(cache, block);

    buffer->block = block;
    buffer->hash_next = *place;
    *place = buffer;
    buffer->checked = buffer->used = false;
    cache_move(cache, buffer, BUFFER_CLEAN);
}

bool cache_adopt(struct cache *cache, uint32_t index, uint64_t block, enum buffer_state state)
{
    if (cache_look(cache, block) != NULL)
        return false;
    enter(cache, &cache->buffers[index], block);
    cache_move(cache, &cache->buffers[index], state);
    cache->adopted++;
    return true;
}

static struct ext4_io io_of(const struct cache *cache, const struct buffer *buffer)
{
    return (struct ext4_io){.position = buffer->block * cache->block_bytes,
                            .length = cache->block_bytes,
                            .data = buffer->data};
}

struct buffer *cache_find(struct cache *cache, uint64_t block)
{
    struct buffer *buffer = cache_look(cache, block);

    if (buffer == NULL)
        return NULL;
    cache->hits++;
    buffer->pins++;
    buffer->used = true;
    return buffer;
}

int cache_get(struct cache *cache, uint64_t block, enum cache_how how, struct buffer **buffer)
{
    struct buffer *b;
    int error = 0;

    *buffer = NULL;
    if (block >= cache->block_count)
        return EUCLEAN;
    *buffer = cache_find(cache, block);
    if (*buffer != NULL)
        return 0;
    cache->misses++;
    b = take(cache);
    if (b == NULL)
        return ENOMEM;
    enter(cache, b, block);
    if (how == CACHE_READ) {
        struct ext4_io io = io_of(cache, b);

        b->pins++;
        error = cache->device->read(cache->device->self, &io, 1);
        b->pins--;
        if (error != 0 || io.error != 0) {
            discard(cache, b);
            return error != 0 ? error : io.error;
        }
    }
    b->pins++;
    *buffer = b;
    return 0;
}

void cache_put(struct buffer *buffer)
{
    buffer->pins--;
}

void cache_read_ahead(struct cache *cache, uint64_t block, uint32_t count)
{
    struct buffer *buffers[CACHE_BATCH];
    struct ext4_io ios[CACHE_BATCH];
    unsigned n = 0;

    for (uint32_t i = 0; i < count && n < CACHE_BATCH && block + i < cache->block_count; i++) {
        struct buffer *b = cache_look(cache, block + i) != NULL ? NULL : take(cache);

        if (b == NULL)
            continue;
        enter(cache, b, block + i);
        b->pins++;
        ios[n] = io_of(cache, b);
        buffers[n++] = b;
    }
    if (n == 0)
        return;
    cache->misses += n;
    (void)cache->device->read(cache->device->self, ios, n);
    for (unsigned i = 0; i < n; i++) {
        buffers[i]->pins--;
        if (ios[i].error != 0)
            discard(cache, buffers[i]);
    }
}

static int by_block(const void *a, const void *b)
{
    const struct buffer *const *x = a, *const *y = b;

    return ((*x)->block > (*y)->block) - ((*x)->block < (*y)->block);
}

/* Write at most CACHE_BATCH buffers in the order of the disk. error[i] belongs to batch[i]. */
static int write_batch(struct cache *cache, struct buffer **batch, unsigned count, int *error)
{
    struct ext4_io ios[CACHE_BATCH];
    int result;

    qsort(batch, count, sizeof(struct buffer *), by_block);
    for (unsigned i = 0; i < count; i++)
        ios[i] = io_of(cache, batch[i]);
    result = cache->device->write(cache->device->self, ios, count);
    cache->written += count;
    for (unsigned i = 0; i < count; i++) {
        error[i] = ios[i].error;
        if (ios[i].error != 0 && result == 0)
            result = ios[i].error;
    }
    return result;
}

static bool chosen(const struct buffer *buffer, enum cache_which which, uint32_t owner)
{
    return which == CACHE_ORDERED ? buffer->ordered
                                  : which != CACHE_OWNER || buffer->owner == owner;
}

static void written_back(struct cache *cache, struct buffer *buffer, int error)
{
    if (error == 0) {
        cache_move(cache, buffer, BUFFER_CLEAN);
        return;
    }
    if (cache->lost != NULL)
        cache->lost(cache->lost_self, buffer->owner, buffer->ordered, error);
    if (buffer->pins == 0)
        discard(cache, buffer);
    else
        cache_move(cache, buffer, BUFFER_CLEAN);
}

int cache_write_back(struct cache *cache, enum cache_which which, uint32_t owner)
{
    struct buffer *batch[CACHE_BATCH];
    int errors[CACHE_BATCH], result = 0;
    struct buffer *b = cache->list[BUFFER_DIRTY].first;

    while (b != NULL) {
        unsigned n = 0;
        int error;

        for (; b != NULL && n < CACHE_BATCH; b = b->next)
            if (chosen(b, which, owner))
                batch[n++] = b;
        if (n == 0)
            break;
        error = write_batch(cache, batch, n, errors);
        result = result != 0 ? result : error;
        /* What comes next stays on the list: only those of the batch move. */
        for (unsigned i = 0; i < n; i++)
            written_back(cache, batch[i], errors[i]);
        if (which == CACHE_SOME)
            break;
    }
    return result;
}

int cache_write_home(struct cache *cache, bool all)
{
    struct buffer *batch[CACHE_BATCH];
    int errors[CACHE_BATCH], result = 0;
    struct buffer *b = cache->list[BUFFER_LOGGED].first;

    while (b != NULL) {
        unsigned n = 0;
        int error;

        for (; b != NULL && n < CACHE_BATCH; b = b->next)
            batch[n++] = b;
        error = write_batch(cache, batch, n, errors);
        result = result != 0 ? result : error;
        for (unsigned i = 0; i < n; i++)
            if (errors[i] == 0)
                cache_move(cache, batch[i], BUFFER_CLEAN);
        if (!all)
            break;
    }
    return result;
}
