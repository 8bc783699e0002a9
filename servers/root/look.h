/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of the supervisor protocol that look into components by their capabilities, as
 * <proto/supervisor.h> wants them. */
#ifndef ROOT_LOOK_H
#define ROOT_LOOK_H

#include "component.h"

#include <proto/supervisor.h>

/** Does it run, but use one that has failed for good, or one that uses such a one, and so on? */
bool look_degraded(const struct component *c);

enum supervisor_error look_capability(void *self, word_t badge, const char *name, uint32_t cnode,
                                      uint32_t slot, struct supervisor_capability *capability,
                                      uint32_t *next);

enum supervisor_error look_place(void *self, word_t badge, const char *name, uint64_t *first,
                                 uint64_t *granules, uint64_t *endpoint);

enum supervisor_error look_handles(void *self, word_t badge, const char *name, cap_t *thread,
                                   cap_t *cnode, cap_t *inventory, cap_t *space);

#endif
