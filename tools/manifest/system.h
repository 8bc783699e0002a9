/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A system as its manifest describes it. Built in three steps: read (schema.c) makes components out
 * of nodes, resolve (resolve.c) finds what names mean and what does not fit together, encode
 * (encode.c) makes the form that root reads. docs/reference/manifest.md tells what may be written.
 */
#ifndef MANIFEST_SYSTEM_H
#define MANIFEST_SYSTEM_H

#include "node.h"

#include <abi/manifest.h>

/** A name in a list, and where it stands. */
struct named {
    const char *name;
    struct place place;
    uint32_t index; /**< depends: of the component */
};

struct use {
    const char *name;
    const char *protocol;
    const char *from;
    struct place place; /**< of the key */
    struct place from_place;
    struct place may_place;
    bool may;  /**< `may` was given */
    uint32_t right; /**< and is this: enum manifest_may */
    bool look;      /**< resolve.c: a route to a component, for looking only */
    uint32_t server;
    uint32_t provide;
};

struct grant {
    uint32_t kind; /**< enum manifest_grant_kind */
    const char *name;
    const char *from; /**< MANIFEST_DEVICE: the platform */
    struct place place;
    uint64_t a, b;
    uint32_t server;
    uint32_t provide;
};

struct component {
    const char *name;
    const char *image;
    struct place place;
    struct place image_place;
    uint32_t flags;
    uint32_t priority;
    uint64_t memory_bytes, stack_bytes, vault_bytes, budget_us, period_us;
    uint32_t threads, slots;
    struct manifest_policy policy;
    struct named *provides;
    struct use *uses;
    struct grant *grants;
    struct named *depends;
    const char **args;
    unsigned provide_count, use_count, grant_count, depend_count, arg_count;
    int visit;      /**< resolve.c: 0 not seen, 1 on the path, 2 done */
    uint32_t index; /**< its number in the compiled form: behind all it depends on */
};

/** A file that has been read. */
struct seen_file {
    struct seen_file *next;
    const char *path;
};

struct system {
    struct seen_file *files;
    const char *root; /**< image of the first component */
    struct component **components;
    unsigned count;
    unsigned room;
    uint32_t ordered; /**< resolve.c: components that have their number */
};

/** Read a manifest and those it includes. Errors are told. */
void system_read(struct system *s, const char *file);

/** Find what names mean; tell what does not fit. */
void system_resolve(struct system *s);

/** The compiled form. @return memory; *bytes is its length */
void *system_encode(const struct system *s, uint64_t *bytes);

/** A component from its map. For schema.c; in component.c. */
struct component *component_read(const struct node *key, const struct node *map, bool template);

/** The map `files` of a component: routes whose names are paths. For component.c; in files.c. */
void files_read(struct component *c, const struct node *map);

/** The key `may` of a route. For files.c; in component.c. */
void read_may(struct use *u, const struct node *n);

/** Ports, interrupts, devices and authority of a component. For component.c; in grants.c. */
void grants_read(struct component *c, const struct node *map);

#endif
