/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The tree of one protocol, as the parser builds it, check.c completes it and
 * the writers read it. Everything hangs on a struct source and lives until
 * source_close; nothing is freed on its own.
 */
#ifndef IDL_TREE_H
#define IDL_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Wide enough for every i64 and every u64. */
typedef __int128 number_t;

/* Where something stands in its file, both counted from 1. */
struct place {
    int line;
    int column;
};

enum type_kind {
    TYPE_BOOL,
    TYPE_INT,
    TYPE_NAMED,     /* an enum or a struct that check.c has not looked up yet */
    TYPE_ENUM,
    TYPE_STRUCT,
    TYPE_STRING,
    TYPE_BYTES,
    TYPE_BUFFER,
    TYPE_CAP
};

/* A number in the text, or the name of a constant; check.c fills in value. */
struct value {
    struct place place;
    char *name;             /* NULL: a plain number */
    number_t value;
};

struct group;

struct type {
    enum type_kind kind;
    struct place place;
    int bits;               /* TYPE_INT, and the base of an enum */
    bool is_signed;
    bool ranged;
    bool move;              /* TYPE_CAP: it is given away, not copied */
    struct value low, high; /* ranged, or after check.c every TYPE_INT */
    struct value limit;     /* TYPE_STRING, TYPE_BYTES: most bytes */
    char *name;             /* TYPE_NAMED; TYPE_CAP: what it should be, or NULL */
    struct group *group;    /* TYPE_ENUM, TYPE_STRUCT */
};

/* A named thing in a list: error, constant, enum value, field, parameter, or
 * the mention of an error behind a method. */
struct item {
    struct item *next;
    struct place place;
    char *name;
    char *doc;              /* NULL: none */
    struct value value;     /* errors, constants, enum values */
    struct type *type;      /* fields and parameters */
};

/* An enum (base is its integer type) or a struct (base is NULL). */
struct group {
    struct group *next;
    struct place place;
    char *name;
    char *doc;
    struct type *base;
    struct item *items;
};

struct method {
    struct method *next;
    struct place place;
    char *name;
    char *doc;
    struct value number;
    struct item *params, *results, *errors;
    bool idempotent;
    bool waits;
};

struct protocol {
    struct place place;
    char *name;
    char *doc;
    struct value version;
    struct item *errors, *constants;
    struct group *groups;
    struct method *methods;
};

/* One IDL file: its text, what was found in it, and the memory of its tree. */
struct source {
    const char *path;
    char *text;
    size_t size;
    int errors;
    struct block *blocks;
    struct protocol *protocol;
};

/* Read and parse a file. Returns false (and has said why on standard error)
 * if it cannot be read or has a syntax error. Close it in either case. */
bool source_open(struct source *source, const char *path);
void source_close(struct source *source);

/* Zeroed memory that lives as long as the source. Ends the program if there is none. */
void *source_alloc(struct source *source, size_t size);
/* A copy of `size` bytes with a NUL behind them. */
char *source_text(struct source *source, const char *text, size_t size);

/* Say what is wrong, as `path:line:column: error: ...` with the line below it, and count it. */
void source_error(struct source *source, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for something that only explains an error; not counted. */
void source_note(const struct source *source, struct place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Look up by name; NULL if there is none. */
struct item *item_find(struct item *list, const char *name);
struct group *group_find(const struct protocol *protocol, const char *name);
struct method *method_find(const struct protocol *protocol, const char *name);

/* Append to the end of a list, so that the order of the file is kept. */
struct item *item_append(struct item *list, struct item *item);

/* Check meaning: names, numbers, ranges, limits. Returns false if it reported errors. */
bool check_protocol(struct source *source);

/* May `after` replace `before` while old clients and servers run? Reports why not. */
bool compare_protocols(struct source *before, struct source *after);

/* Write the C header, and the reference page. */
void write_header(FILE *out, const struct protocol *protocol);
void write_page(FILE *out, const struct protocol *protocol);

#endif
