/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console's line editor against a terminal that is played here: what is on the screen must be
 * what the editor believes; then random keys, which must never break a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"

#define COLUMNS 80
#define RANDOM_KEYS 2000000
#define SEED 20261121u

static int passed, failed;
static struct edit_history history;
static struct edit edit;

/* One line of the terminal, in characters of up to 4 bytes. */
static char cells[COLUMNS * 4][5];
static size_t column, used;
static unsigned newlines;
static char sequence[16];
static size_t sequence_size;

static void report(const char *name, bool good)
{
    printf("%s %s%s\n", good ? "ok" : "FAIL", name, good ? "" : ": see the source");
    *(good ? &passed : &failed) += 1;
}

static void clear(void)
{
    column = used = 0;
    memset(cells, 0, sizeof(cells));
}

static void control_sequence(char last)
{
    size_t count = (size_t)atoi(sequence + 1);

    switch (last) {
    case 'K':
        used = column;
        break;
    case 'D':
        column -= count == 0 ? 1 : count;
        break;
    case 'H':
        column = 0;
        break;
    case 'J':
        clear();
        break;
    default:
        printf("FAIL the terminal does not know the sequence that ends in %c\n", last);
        exit(1);
    }
}

static void character(char c)
{
    if (((unsigned char)c & 0xc0) == 0x80) {
        strncat(cells[column - 1], &c, 1);
        return;
    }
    cells[column][0] = c;
    cells[column][1] = 0;
    column++;
    if (column > used)
        used = column;
}

static void show(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = bytes[i];

        if (sequence_size > 0) {
            sequence[sequence_size - 1] = c;
            sequence[sequence_size++] = 0;
            if (sequence_size > 2 && (c & 0x40)) {
                sequence_size = 0;
                control_sequence(c);
            }
        } else if (c == '\033') {
            sequence_size = 1;
        } else if (c == '\r') {
            column = 0;
        } else if (c == '\n') {
            newlines++;
            clear();
        } else if (c != '\a') {
            character(c);
        }
    }
}

/* What the terminal shows. */
static const char *screen(void)
{
    static char text[sizeof(cells)];

    text[0] = 0;
    for (size_t i = 0; i < used; i++)
        strcat(text, cells[i]);
    return text;
}

static void begin(void)
{
    edit.show = show;
    edit.history = &history;
    edit.columns = COLUMNS;
    clear();
    edit_begin(&edit, "> ");
}

/* Types keys; returns what the last one brought about. */
static enum edit_result type(const char *keys)
{
    enum edit_result result = EDIT_MORE;

    for (; *keys != 0; keys++)
        result = edit_key(&edit, (uint8_t)*keys);
    return result;
}

/* Keys, then the line and the screen that they must leave, and the column of the cursor. */
static void check(const char *name, const char *keys, const char *line, const char *shown,
                  size_t at)
{
    begin();
    (void)type(keys);
    report(name, strcmp(edit.text, line) == 0 && strcmp(screen(), shown) == 0 && column == at);
}

static void test_keys(void)
{
    check("letters", "abc", "abc", "> abc", 5);
    check("insert before", "ac\033[Db", "abc", "> abc", 4);
    check("backspace", "abx\177c", "abc", "> abc", 5);
    check("backspace at the start", "\177\177a", "a", "> a", 3);
    check("delete at the end", "a\033[3~", "a", "> a", 3);
    check("home and end, three kinds of each", "b\033[Ha\033[F\033[1~\033[4~\033OH\033OFc", "abc",
          "> abc", 5);
    check("delete a word", "one two  \027x", "one x", "> one x", 7);
    check("delete to the start", "one two\025x", "x", "> x", 3);
    check("delete the rest", "one\001\033[C\013", "o", "> o", 3);
    check("two-byte letters", "\303\244\303\266\033[D\177x", "x\303\266", "> x\303\266", 3);
    check("four-byte letters", "\360\237\230\200a\033[D\033[Db", "b\360\237\230\200a",
          "> b\360\237\230\200a", 3);
    check("broken letters are passed over", "a\303b\200\377c", "abc", "> abc", 5);
    check("unknown sequences are passed over", "a\033[15~\033[1;5C\033xb", "ab", "> ab", 4);
    check("other control keys are passed over", "a\001\024\026\005b", "ab", "> ab", 4);
    check("the screen is cleared", "abc\014", "abc", "> abc", 5);
}

static void test_ends(void)
{
    begin();
    report("Enter ends the line", type("abc\r") == EDIT_LINE && strcmp(edit.text, "abc") == 0);
    begin();
    report("Ctrl-C gives up", type("abc\003") == EDIT_INTERRUPT);
    begin();
    report("Ctrl-D on an empty line is the end", type("\004") == EDIT_END);
    begin();
    report("Ctrl-D elsewhere deletes",
           type("ab\001\004") == EDIT_MORE && strcmp(edit.text, "b") == 0);
    newlines = 0;
    begin();
    (void)type("abc\033[D\r");
    report("one newline a line", newlines == 1);
}

static void enter(const char *line)
{
    begin();
    (void)type(line);
    (void)type("\r");
}

static void test_history(void)
{
    memset(&history, 0, sizeof(history));
    enter("one");
    enter("two");
    enter("two");
    enter("");
    check("the last line", "\033[A", "two", "> two", 5);
    check("the one before, as equal lines count once", "\033[A\033[A", "one", "> one", 5);
    check("none before the first", "\033[A\033[A\033[A\033[A", "one", "> one", 5);
    check("back to the new line", "new\033[A\033[B", "new", "> new", 5);
    for (int i = 0; i < 100; i++) {
        char line[16];

        snprintf(line, sizeof(line), "%d", i);
        enter(line);
    }
    begin();
    for (int i = 0; i < 200; i++)
        (void)type("\020");
    report("only the last lines are remembered",
           history.count == EDIT_HISTORY && strcmp(edit.text, "68") == 0);
}

static void test_long(void)
{
    char line[EDIT_LINE_MAX + 50];

    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = 0;
    begin();
    (void)type(line);
    report("a line ends at its limit", edit.size == EDIT_LINE_MAX && edit.text[edit.size] == 0);
    report("a long line stays on the screen", used < COLUMNS && column < COLUMNS);
    (void)type("\001");
    report("its start can be seen", column == 2 && used < COLUMNS);
}

/* A stream of bytes that is the same every time (Marsaglia, xorshift, 2003). */
static uint32_t random_word(void)
{
    static uint32_t state = SEED;

    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static uint8_t random_key(void)
{
    static const char likely[] =
        "\033[ABCDHF~3\001\005\025\013\027\177\020\016\303\244\360\237\230\200 ab\r";
    uint32_t r = random_word();

    return r % 4 ? (uint8_t)likely[(r >> 8) % (sizeof(likely) - 1)] : (uint8_t)(r >> 8);
}

static bool is_sound(void)
{
    if (edit.size > EDIT_LINE_MAX || edit.cursor > edit.size || edit.text[edit.size] != 0)
        return false;
    if (strlen(edit.text) != edit.size || used >= COLUMNS || column >= COLUMNS)
        return false;
    return edit.cursor == edit.size || ((uint8_t)edit.text[edit.cursor] & 0xc0) != 0x80;
}

static void test_random(void)
{
    bool sound = true;

    begin();
    for (int i = 0; i < RANDOM_KEYS && sound; i++) {
        if (edit_key(&edit, random_key()) != EDIT_MORE)
            begin();
        else
            sound = is_sound();
    }
    report("random keys never break a line", sound);
}

int main(void)
{
    test_keys();
    test_ends();
    test_history();
    test_long();
    test_random();
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
