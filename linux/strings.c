/* SPDX-License-Identifier: BSD-2-Clause */
/* Arguments and environment on their way from one program to the next. */
#include "exec_priv.h"
#include "space_priv.h"

#define STRING_MAX (32 * PAGE) /* as Linux: MAX_ARG_STRLEN */

bool strings_init(struct strings *s)
{
    *s = (struct strings){.page = heap_alloc(STRINGS_PAGES * sizeof(page_t))};
    return s->page != NULL;
}

void strings_free(struct strings *s)
{
    for (unsigned i = 0; s->page != NULL && i < STRINGS_PAGES && s->page[i] != 0; i++)
        page_unref(s->page[i]);
    heap_free(s->page, STRINGS_PAGES * sizeof(page_t));
    s->page = NULL;
}

/* Where the next byte goes. @param left of this page */
static char *tail(struct strings *s, size_t *left, long *error)
{
    size_t i = s->bytes / PAGE;

    *error = i == STRINGS_PAGES ? -E2BIG : -ENOMEM;
    if (i == STRINGS_PAGES)
        return NULL;
    if (s->page[i] == 0)
        s->page[i] = page_alloc_dirty();
    if (s->page[i] == 0)
        return NULL;
    *left = PAGE - s->bytes % PAGE;
    return (char *)page_data(s->page[i]) + s->bytes % PAGE;
}

static long append(struct strings *s, const char *from, size_t bytes)
{
    while (bytes > 0) {
        size_t left = 0;
        long error;
        char *to = tail(s, &left, &error);

        if (to == NULL)
            return error;
        if (left > bytes)
            left = bytes;
        memcpy(to, from, left);
        s->bytes += left;
        from += left;
        bytes -= left;
    }
    return 0;
}

long strings_add(struct strings *s, const char *text)
{
    s->count++;
    return append(s, text, rt_length(text) + 1);
}

static long add_user(struct strings *s, struct task *t, word_t at)
{
    for (size_t total = 0; total < STRING_MAX;) {
        size_t left, n = 0;
        long error = 0;
        const char *p = user_reach(t, at, false, &left, &error);

        if (p == NULL)
            return error;
        while (n < left && p[n] != 0)
            n++;
        error = append(s, p, n < left ? n + 1 : n);
        if (error != 0 || n < left)
            return error;
        at += n;
        total += n;
    }
    return -E2BIG;
}

long strings_add_user(struct strings *s, struct task *t, word_t array)
{
    for (; array != 0; array += 8) {
        word_t at;
        long e = user_read(t, &at, array, sizeof at);

        if (e != 0 || at == 0)
            return e;
        e = add_user(s, t, at);
        if (e != 0)
            return e;
        s->count++;
    }
    return 0;
}

static char byte_at(const struct strings *s, size_t at)
{
    return ((const char *)page_data(s->page[at / PAGE]))[at % PAGE];
}

long strings_add_rest(struct strings *s, const struct strings *from)
{
    size_t at = 0;

    if (from->count == 0)
        return 0;
    while (byte_at(from, at) != 0)
        at++;
    for (at++; at < from->bytes;) {
        size_t n = PAGE - at % PAGE;
        long e;

        if (n > from->bytes - at)
            n = from->bytes - at;
        e = append(s, (const char *)page_data(from->page[at / PAGE]) + at % PAGE, n);
        if (e != 0)
            return e;
        at += n;
    }
    s->count += from->count - 1;
    return 0;
}

long strings_place(const struct strings *s, struct space *space, word_t at, word_t array)
{
    word_t start = at, zero = 0;
    long e = 0;

    for (size_t done = 0; done < s->bytes && e == 0; done += PAGE)
        e = space_write(space, at + done, page_data(s->page[done / PAGE]),
                        s->bytes - done < PAGE ? s->bytes - done : PAGE);
    for (size_t i = 0; i < s->bytes && e == 0; i++) {
        if (byte_at(s, i) != 0)
            continue;
        e = space_write(space, array, &start, sizeof start);
        array += 8;
        start = at + i + 1;
    }
    return e != 0 ? e : space_write(space, array, &zero, sizeof zero);
}

static long read_part(struct space *s, word_t from, word_t end, char *to, size_t size)
{
    size_t bytes = end - from < size ? end - from : size;

    return bytes > 0 && space_read(s, to, from, bytes) == 0 ? (long)bytes : 0;
}

long process_command_line(struct process *p, char *to, size_t size)
{
    struct space *s = p->tasks != NULL ? p->tasks->space : NULL;

    return s == NULL ? 0 : read_part(s, s->arg_start, s->arg_end, to, size);
}

long process_environment(struct process *p, char *to, size_t size)
{
    struct space *s = p->tasks != NULL ? p->tasks->space : NULL;

    return s == NULL ? 0 : read_part(s, s->env_start, s->env_end, to, size);
}
