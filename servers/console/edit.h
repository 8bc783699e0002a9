/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Editing of one line, as a person types it. Pure: keys come in as bytes, and what the terminal
 * shall show goes out through a function. Text is UTF-8; every character is taken to be one column
 * wide. A line that is wider than the screen is shown in part, around the cursor.
 *
 * Keys: arrows, Home, End, Delete, Backspace; Ctrl-A E B F P N (move), Ctrl-H D U K W (delete),
 * Ctrl-L (redraw all), Ctrl-C (give up), Ctrl-D on an empty line (end).
 */
#ifndef CONSOLE_EDIT_H
#define CONSOLE_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDIT_LINE_MAX   512u
#define EDIT_PROMPT_MAX 160u
#define EDIT_HISTORY    32u /* lines remembered */

/** What a key has brought about. */
enum edit_result {
    EDIT_MORE,      /**< the line is not finished */
    EDIT_LINE,      /**< it is: text and size hold it */
    EDIT_INTERRUPT, /**< Ctrl-C */
    EDIT_END,       /**< Ctrl-D on an empty line */
};

/** Lines typed before, the oldest first. */
struct edit_history {
    char lines[EDIT_HISTORY][EDIT_LINE_MAX + 1];
    unsigned count;
    unsigned first; /**< the oldest */
};

/** A line being edited. */
struct edit {
    void (*show)(const char *bytes, size_t size);
    struct edit_history *history;
    size_t columns;        /**< of the screen */
    char prompt[EDIT_PROMPT_MAX + 1];
    char text[EDIT_LINE_MAX + 1];
    size_t size;
    size_t cursor;         /**< byte before which it stands */
    unsigned back;         /**< lines back in history; 0: the new one */
    char kept[EDIT_LINE_MAX + 1]; /**< the new line while history is shown */
    uint8_t escape;        /**< where in an escape sequence we are */
    unsigned number;       /**< its parameter */
    uint8_t character[4];  /**< beginning of a character */
    uint8_t have, want;    /**< bytes of it */
};

/** Begin an empty line and show the prompt. */
void edit_begin(struct edit *e, const char *prompt);

/** One byte from the keyboard. After anything but EDIT_MORE begin anew. */
enum edit_result edit_key(struct edit *e, uint8_t key);

/** Take the line off the screen, so that something else can be shown. */
void edit_hide(struct edit *e);

/** Show it again. */
void edit_redraw(struct edit *e);

#endif
