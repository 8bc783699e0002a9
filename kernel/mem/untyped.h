/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Untyped memory as a slot sees it: `object` first granule, `badge` size, `extra` granules used,
 * and `rights` (an Untyped has none) how far memory is clear: granules from `extra` up to `rights`
 * are zero. Sizes are in granules, so that arithmetic stays linear.
 */
#ifndef MEM_UNTYPED_H
#define MEM_UNTYPED_H

#include <model/fields.h>

/** Size in granules of an object of this type. @param size slots of a CNode, granules of an Untyped
 * @return 0 if type or size is out of range */
word_t untyped_object_size(word_t type, word_t size);

/** Alignment in granules of objects of this type. */
word_t untyped_object_align(word_t type);

/** Can an object of this type be made from memory that is not RAM? */
bool untyped_device_can(word_t type);

/** If nothing made from it is left, start again from the beginning. */
void untyped_reset(ref_t slot);

/** Where, in granules from its start, the next object with this alignment would begin. */
word_t untyped_next(ref_t slot, word_t align);

/** Clear up to a bounded number of granules below `end` (granules from the start). @return
 * E_RESTART if more is to do */
enum error untyped_clear(ref_t slot, word_t end);

#endif
