/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: page tables in memory that the holder supplied.
 *
 * Table pages come from the space's pool and stay with it until it is emptied. A mapping is
 * known in two places: the page-table entry, and the frame capability that made it (asid and
 * address). An entry is only ever cleared or changed through that capability, after checking that
 * it still maps that very frame.
 */
#ifndef MEM_SPACE_H
#define MEM_SPACE_H

#include <model/fields.h>

/** Take over the pages of an Untyped whose memory is clear; its slot becomes Tables. */
void space_supply(ref_t space, ref_t slot);

/** May a frame with these rights be mapped with these flags at this address? @return E_RIGHTS,
 * E_ARG */
enum error space_check(ref_t frame, word_t vaddr, word_t flags);

/** Does the mapping that the frame capability in `slot` remembers stand? Not if its address space
 * was emptied or is gone. */
bool space_mapped(ref_t slot);

/** Map the frame of `slot`, which is not mapped. space_check has been passed. @return E_STATE:
 * address in use; E_MEMORY */
enum error space_map(ref_t space, ref_t slot, word_t vaddr, word_t flags);

/** Undo the mapping that the frame capability in `slot` remembers, if it still stands. */
void space_unmap(ref_t slot);

/** Change access of a mapping of this very space. space_check has been passed. @return E_STATE if
 * it is not mapped there */
enum error space_protect(ref_t space, ref_t slot, word_t flags);

/** Bytes covered by a frame type. */
word_t space_frame_bytes(word_t type);

/**
 * Take back a bounded number of the pages given to a space; its mappings are void from the
 * first step on. @return E_RESTART if there are more
 */
enum error space_empty(ref_t space);

#endif
