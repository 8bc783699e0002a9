/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel objects out of the component's memory quota. Small ones come from pages that are used
 * again when all objects in them are gone. Any thread may call.
 */
#ifndef RT_OBJECT_H
#define RT_OBJECT_H

#include <abi/call.h>

/**
 * A new object in a new slot, with all rights.
 * @param type TYPE_...; size as for untyped_retype
 * @return 0: no memory or no slot is left
 */
cap_t rt_object_new(word_t type, word_t size);

/** Delete the capability, and with it the object if there is no other capability to it. */
void rt_object_delete(cap_t object);

/**
 * A copy of an endpoint's or notification's capability with a badge, in a new slot.
 * @param rights RIGHT_... to keep; badge not 0
 * @return 0: no slot is left, or the capability cannot be badged
 */
cap_t rt_object_badge(cap_t object, word_t rights, word_t badge);

/** A copy with the same badge, in a new slot. @return 0: no slot is left, or it cannot be copied */
cap_t rt_object_copy(cap_t object, word_t rights);

#endif
