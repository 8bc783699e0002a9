/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a component is put together: what create.c, load.c and route.c share. All steps work on one
 * `struct build`; the first failure is kept, and makes the steps after it do nothing.
 */
#ifndef ROOT_CREATE_H
#define ROOT_CREATE_H

#include "component.h"

struct build {
    struct component *c;
    const struct manifest_component *m;
    enum made outcome;
    const char *step; /**< what failed */
    enum error error;
    word_t left;  /**< granules of the quota that are not used yet */
    word_t next;  /**< next free slot of the inventory */
    word_t slots; /**< of the inventory */
    word_t entry;
    struct component_info *info; /**< page to fill, in root's window */
    word_t own_slot;             /**< next free slot of the component's CNode */
};

/** @return true while all is well; else the first failure is kept */
bool did(struct build *b, enum error e, const char *step);

/** Make objects out of the quota. @param cnode root's slot of the CNode they go to, 0: root's own
 */
bool build_make(struct build *b, word_t type, word_t size, cap_t cnode, word_t slot, word_t count,
                const char *step);

/** The image's pages and the stack. (load.c) */
void build_load(struct build *b);

/** How many slots of the inventory the image takes. (load.c) */
word_t load_slots(const struct build *b);

/** Page tables that it takes. (load.c) */
word_t load_tables(const struct build *b);

/** What the manifest gives: routes, ports, interrupts, devices, authority; fills in info. (route.c)
 */
void build_routes(struct build *b);

/** How many slots of the inventory, and of the component's CNode, that takes. (route.c) */
word_t route_slots(const struct build *b);

#endif
