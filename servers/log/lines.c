/* SPDX-License-Identifier: BSD-2-Clause */
/* The lines that the log keeps. */
#include "lines.h"

#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/lock.h>

#define RING_BYTES 65536u
#define RING_LINES 1024u

/* What stands before the name and the text in the ring. */
struct head {
    uint64_t time_ticks;
    uint16_t name_size;
    uint16_t text_size;
    uint32_t level;
};

static char ring[RING_BYTES];
static uint64_t begin[RING_LINES]; /* of line n at n % RING_LINES; runs freely */
static uint64_t end;               /* of the newest */
static uint64_t oldest = 1;
static uint64_t newest;

static void copy_in(uint64_t at, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ring[(at + i) % RING_BYTES] = ((const char *)from)[i];
}

static void copy_out(void *to, uint64_t at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((char *)to)[i] = ring[(at + i) % RING_BYTES];
}

/* Let the oldest lines go until `size` more bytes fit, and one more line. */
static void make_room(size_t size)
{
    while (oldest <= newest && (newest - oldest + 1 == RING_LINES ||
                                end + size - begin[oldest % RING_LINES] > RING_BYTES))
        oldest++;
}

/* Text without control characters. What does not fit is cut off between two characters. */
static size_t escape(char to[static LOG_LINE_MAX + 1], const char *text)
{
    size_t size = 0;

    for (; *text != 0; text++) {
        unsigned char c = (unsigned char)*text;

        if (c >= 0x20 && c != 0x7f) {
            if (size == LOG_LINE_MAX)
                break;
            to[size++] = *text;
            continue;
        }
        if (size + 4 > LOG_LINE_MAX)
            break;
        to[size++] = '\\';
        to[size++] = 'x';
        to[size++] = "0123456789abcdef"[c / 16];
        to[size++] = "0123456789abcdef"[c % 16];
    }
    while (size > 0 && ((unsigned char)*text & 0xc0) == 0x80)
        text--, size--;
    to[size] = 0;
    return size;
}

void lines_add(const char *name, enum log_level level, const char *text)
{
    char clean[LOG_LINE_MAX + 1];
    size_t name_size = rt_length(name);
    struct head head = {.time_ticks = rt_now(), .level = level};

    head.text_size = (uint16_t)escape(clean, text);
    head.name_size = (uint16_t)(name_size < LOG_NAME_MAX ? name_size : LOG_NAME_MAX);
    rt_lock();
    make_room(sizeof(head) + head.name_size + head.text_size);
    newest++;
    begin[newest % RING_LINES] = end;
    copy_in(end, &head, sizeof(head));
    copy_in(end + sizeof(head), name, head.name_size);
    copy_in(end + sizeof(head) + head.name_size, clean, head.text_size);
    end += sizeof(head) + head.name_size + head.text_size;
    rt_unlock();
}

bool lines_get(uint64_t sequence, struct line *line)
{
    struct head head;
    uint64_t at;

    rt_lock();
    if (sequence < oldest)
        sequence = oldest;
    if (sequence > newest) {
        rt_unlock();
        return false;
    }
    at = begin[sequence % RING_LINES];
    copy_out(&head, at, sizeof(head));
    *line = (struct line){
        .sequence = sequence, .time_ticks = head.time_ticks, .level = (enum log_level)head.level};
    copy_out(line->name, at + sizeof(head), head.name_size);
    copy_out(line->text, at + sizeof(head) + head.name_size, head.text_size);
    rt_unlock();
    return true;
}

void lines_extent(uint64_t *first, uint64_t *last)
{
    rt_lock();
    *first = oldest;
    *last = newest;
    rt_unlock();
}
