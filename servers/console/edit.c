/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Editing of one line. Sequences sent and understood: ECMA-48 (5th edition), and what xterm and the
 * Linux console send for keys.
 */
#include "edit.h"

enum { NONE, ESCAPE, BRACKET, LETTER_O }; /* e->escape */

#define CTRL(letter) ((letter) - 'A' + 1)
#define BACKSPACE 0x08
#define DELETE_CODE 0x7f
#define ESC 0x1b

static size_t length(const char *text)
{
    size_t size = 0;

    while (text[size] != 0)
        size++;
    return size;
}

static void copy(char *to, const char *from, size_t limit)
{
    size_t i = 0;

    for (; i < limit && from[i] != 0; i++)
        to[i] = from[i];
    to[i] = 0;
}

static bool same(const char *a, const char *b)
{
    size_t i = 0;

    while (a[i] != 0 && a[i] == b[i])
        i++;
    return a[i] == b[i];
}

static void show_text(const struct edit *e, const char *text)
{
    e->show(text, length(text));
}

static bool starts_character(char c)
{
    return ((uint8_t)c & 0xc0) != 0x80;
}

/* Columns that bytes take. */
static size_t columns_of(const char *text, size_t size)
{
    size_t count = 0;

    for (size_t i = 0; i < size; i++)
        count += starts_character(text[i]);
    return count;
}

static size_t before(const struct edit *e, size_t at)
{
    while (at > 0 && !starts_character(e->text[--at]))
        ;
    return at;
}

static size_t after(const struct edit *e, size_t at)
{
    while (at < e->size && !starts_character(e->text[++at]))
        ;
    return at;
}

/* ESC [ count letter */
static void show_move(const struct edit *e, size_t count, char letter)
{
    char sequence[24], digits[20];
    size_t n = 0, at = 0;

    if (count == 0)
        return;
    sequence[at++] = ESC;
    sequence[at++] = '[';
    for (; count > 0; count /= 10)
        digits[n++] = (char)('0' + count % 10);
    while (n > 0)
        sequence[at++] = digits[--n];
    sequence[at++] = letter;
    e->show(sequence, at);
}

/* Columns for the text: what the prompt leaves, less one so that the terminal never wraps. */
static size_t room(const struct edit *e)
{
    size_t prompt = columns_of(e->prompt, length(e->prompt));

    return e->columns > prompt + 10 ? e->columns - prompt - 1 : 10;
}

void edit_redraw(struct edit *e)
{
    size_t from = 0, to, at = columns_of(e->text, e->cursor);

    /* Leave out so much on the left that the cursor is inside. */
    for (; at > room(e); at--)
        from = after(e, from);
    to = from;
    for (size_t i = 0; i < room(e) && to < e->size; i++)
        to = after(e, to);
    show_text(e, "\r");
    show_text(e, e->prompt);
    e->show(e->text + from, to - from);
    show_text(e, "\033[K");
    show_move(e, columns_of(e->text + e->cursor, to - e->cursor), 'D');
}

void edit_hide(struct edit *e)
{
    show_text(e, "\r\033[K");
}

void edit_begin(struct edit *e, const char *prompt)
{
    copy(e->prompt, prompt, EDIT_PROMPT_MAX);
    e->size = e->cursor = 0;
    e->text[0] = 0;
    e->back = 0;
    e->escape = NONE;
    e->have = e->want = 0;
    show_text(e, "\r");
    show_text(e, e->prompt);
}

static void set_text(struct edit *e, const char *text)
{
    copy(e->text, text, EDIT_LINE_MAX);
    e->size = e->cursor = length(e->text);
}

static const char *history_line(const struct edit_history *h, unsigned back)
{
    return h->lines[(h->first + h->count - back) % EDIT_HISTORY];
}

static void remember(struct edit_history *h, const char *text)
{
    if (text[0] == 0 || (h->count > 0 && same(history_line(h, 1), text)))
        return;
    if (h->count == EDIT_HISTORY)
        h->first = (h->first + 1) % EDIT_HISTORY;
    else
        h->count++;
    copy(h->lines[(h->first + h->count - 1) % EDIT_HISTORY], text, EDIT_LINE_MAX);
}

static void walk_history(struct edit *e, bool older)
{
    if (older ? e->back == e->history->count : e->back == 0)
        return;
    if (e->back == 0)
        copy(e->kept, e->text, EDIT_LINE_MAX);
    e->back += older ? 1 : -1u;
    set_text(e, e->back == 0 ? e->kept : history_line(e->history, e->back));
}

static void cut(struct edit *e, size_t from, size_t to)
{
    for (size_t i = to; i <= e->size; i++)
        e->text[from + i - to] = e->text[i];
    e->size -= to - from;
    e->cursor = from;
}

static void cut_word(struct edit *e)
{
    size_t from = e->cursor;

    while (from > 0 && e->text[from - 1] == ' ')
        from--;
    while (from > 0 && e->text[from - 1] != ' ')
        from--;
    cut(e, from, e->cursor);
}

static void insert(struct edit *e, const uint8_t *bytes, size_t count)
{
    bool simple = e->cursor == e->size && columns_of(e->text, e->size) + 1 < room(e);

    if (e->size + count > EDIT_LINE_MAX) {
        show_text(e, "\a");
        return;
    }
    for (size_t i = e->size + 1; i-- > e->cursor;)
        e->text[i + count] = e->text[i];
    for (size_t i = 0; i < count; i++)
        e->text[e->cursor + i] = (char)bytes[i];
    e->size += count;
    e->cursor += count;
    if (simple)
        e->show((const char *)bytes, count);
    else
        edit_redraw(e);
}

/* Bytes from 0x20 on: whole UTF-8 characters go in, anything else is passed over. */
static void type(struct edit *e, uint8_t key)
{
    if (key < 0x80) {
        e->have = 0;
        insert(e, &key, 1);
        return;
    }
    if (key >= 0xc2 && key <= 0xf4) {
        e->want = key < 0xe0 ? 2 : key < 0xf0 ? 3 : 4;
        e->have = 0;
    } else if (e->have == 0 || key >= 0xc0) {
        e->have = 0;
        return;
    }
    e->character[e->have++] = key;
    if (e->have == e->want) {
        e->have = 0;
        insert(e, e->character, e->want);
    }
}

static enum edit_result finish(struct edit *e)
{
    if (e->cursor != e->size || columns_of(e->text, e->size) >= room(e)) {
        e->cursor = e->size;
        edit_redraw(e);
    }
    show_text(e, "\r\n");
    remember(e->history, e->text);
    return EDIT_LINE;
}

static enum edit_result interrupt(struct edit *e)
{
    show_text(e, "^C\r\n");
    return EDIT_INTERRUPT;
}

/* Ctrl-D: delete, or the end. */
static enum edit_result delete_or_end(struct edit *e)
{
    if (e->size == 0) {
        show_text(e, "\r\n");
        return EDIT_END;
    }
    cut(e, e->cursor, after(e, e->cursor));
    edit_redraw(e);
    return EDIT_MORE;
}

static void clear_screen(const struct edit *e)
{
    show_text(e, "\033[H\033[2J");
}

/* Control keys that change the line or the cursor. @return false: the key means nothing */
static bool control(struct edit *e, uint8_t key)
{
    switch (key) {
    case CTRL('A'): e->cursor = 0; break;
    case CTRL('E'): e->cursor = e->size; break;
    case CTRL('B'): e->cursor = before(e, e->cursor); break;
    case CTRL('F'): e->cursor = after(e, e->cursor); break;
    case CTRL('P'): walk_history(e, true); break;
    case CTRL('N'): walk_history(e, false); break;
    case CTRL('U'): cut(e, 0, e->cursor); break;
    case CTRL('K'): cut(e, e->cursor, e->size); e->cursor = e->size; break;
    case CTRL('W'): cut_word(e); break;
    case CTRL('L'): clear_screen(e); break;
    case BACKSPACE:
    case DELETE_CODE: cut(e, before(e, e->cursor), e->cursor); break;
    default: return false;
    }
    return true;
}

/* The last byte of a key's escape sequence, as the control key that does the same; 0: none does. */
static uint8_t named_key(uint8_t letter, unsigned number)
{
    static const uint8_t tilde[] = {0, CTRL('A'), 0, 0, CTRL('E'), 0, 0, CTRL('A'), CTRL('E')};

    switch (letter) {
    case 'A': return CTRL('P');
    case 'B': return CTRL('N');
    case 'C': return CTRL('F');
    case 'D': return CTRL('B');
    case 'H': return CTRL('A');
    case 'F': return CTRL('E');
    case '~': return number < sizeof(tilde) ? tilde[number] : 0;
    default: return 0;
    }
}

static void escape_key(struct edit *e, uint8_t letter)
{
    if (letter == '~' && e->number == 3)
        cut(e, e->cursor, after(e, e->cursor));
    else if (!control(e, named_key(letter, e->number)))
        return;
    edit_redraw(e);
}

/* @return true: the byte belongs to an escape sequence */
static bool escaped(struct edit *e, uint8_t key)
{
    if (key == ESC) {
        e->escape = ESCAPE;
    } else if (e->escape == NONE) {
        return false;
    } else if (e->escape == ESCAPE && (key == '[' || key == 'O')) {
        e->escape = key == '[' ? BRACKET : LETTER_O;
        e->number = 0;
    } else if (e->escape == BRACKET && key >= '0' && key <= '9') {
        e->number = e->number < 1000 ? e->number * 10 + key - '0' : e->number;
    } else if (e->escape == BRACKET && key == ';') {
        e->number = 0; /* the modifiers that follow are passed over */
    } else {
        if (e->escape != ESCAPE && key >= 0x40)
            escape_key(e, key);
        e->escape = NONE;
    }
    return true;
}

enum edit_result edit_key(struct edit *e, uint8_t key)
{
    if (escaped(e, key))
        return EDIT_MORE;
    switch (key) {
    case '\r':
    case '\n':
        return finish(e);
    case CTRL('C'):
        return interrupt(e);
    case CTRL('D'):
        return delete_or_end(e);
    default:
        break;
    }
    if (control(e, key))
        edit_redraw(e);
    else if (key >= 0x20)
        type(e, key);
    return EDIT_MORE;
}
