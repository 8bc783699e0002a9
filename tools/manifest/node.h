/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * YAML files (YAML 1.1, read by libyaml) as trees of nodes that know where they stand.
 */
#ifndef MANIFEST_NODE_H
#define MANIFEST_NODE_H

#include "report.h"

#include <stdbool.h>
#include <stdint.h>

enum node_kind { NODE_TEXT, NODE_LIST, NODE_MAP };

/** One node. In a map, keys[i] belongs to items[i]. */
struct node {
    enum node_kind kind;
    struct place place;
    const char *text;
    struct node **keys; /**< always NODE_TEXT */
    struct node **items;
    unsigned count;
};

/** Read a file. @return NULL if that failed; it has been told */
struct node *node_read(const char *file);

/** What to call a node's kind in an error. */
const char *node_kind_name(const struct node *n);

/** The value of a key, NULL if the map does not have it. */
struct node *node_get(const struct node *map, const char *key);

/** Text of a scalar; tells an error naming `what` if it is none. @return NULL then */
const char *node_text(const struct node *n, const char *what);

/** Is it a map? Tells an error if not. */
bool node_is_map(const struct node *n, const char *what);

/** Is it a list? Tells an error if not. */
bool node_is_list(const struct node *n, const char *what);

/** Tell of every key that is not among `allowed` (ends in NULL). */
void node_only(const struct node *map, const char *const *allowed, const char *what);

/* Scalars. `what` names the value in errors. On an error: told, `otherwise` returned. */

/** A whole number, decimal or 0x. */
uint64_t node_number(const struct node *n, const char *what, uint64_t low, uint64_t high,
                     uint64_t otherwise);

/** Bytes: a number with K, M or G behind it, a multiple of 4096. */
uint64_t node_bytes(const struct node *n, const char *what, uint64_t low, uint64_t high,
                    uint64_t otherwise);

/** A time with us, ms, s or min behind it. @return microseconds */
uint64_t node_time(const struct node *n, const char *what, uint64_t low, uint64_t high,
                   uint64_t otherwise);

/** The same for text that is part of a scalar. */
bool parse_time(const char *text, uint64_t *us);
bool parse_number(const char *text, uint64_t *value);

/** A name: a to z, 0 to 9, -, _ and ., at most MANIFEST_NAME bytes, first a letter or digit.
 * @return NULL if not */
const char *node_name(const struct node *n, const char *what);

#endif
