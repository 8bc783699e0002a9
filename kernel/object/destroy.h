/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deleting capabilities, and dismantling objects that have none left.
 *
 * Deleting a slot takes a fixed number of steps. An object whose last capability went is put on the
 * list of the doomed; it is dismantled in bounded steps by the operation that deleted, which is not
 * finished before the list is empty. If that operation's thread dies in the middle, the next one
 * that deletes, or that wants to use an Untyped from its start again, goes on with it: so no memory
 * is reused before all that was in it is gone.
 */
#ifndef OBJECT_DESTROY_H
#define OBJECT_DESTROY_H

#include <model/fields.h>

/** Empty a slot. @return E_RESTART if a bounded number of steps was not enough (Tables of a large
 * address space) */
enum error destroy_slot(ref_t slot);

/** Dismantle doomed objects for a bounded number of steps. @return E_RESTART if there are more */
enum error destroy_doomed(void);

#endif
