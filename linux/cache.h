/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages of files that a server of the File protocol keeps: found by inode and index, given up when
 * others need the memory. A page that a program has mapped, or that is dirty, stays.
 */
#ifndef LINUX_CACHE_H
#define LINUX_CACHE_H

#include "page.h"

struct cached;
struct inode;

/** The cached page. @return 0: it is not here; no reference */
page_t cache_find(struct inode *i, word_t index);
/** A new page for this place, with any contents. @return 0: no memory */
page_t cache_add(struct inode *i, word_t index);
/** It will have to be written, or has been. */
void cache_set_dirty(struct inode *i, word_t index, bool dirty);
/** The next dirty page. @param at NULL at first @return false: there is none */
bool cache_next_dirty(struct inode *i, struct cached **at, word_t *index, page_t *page);
/** Forget pages from an index on, dirty or not. */
void cache_forget(struct inode *i, word_t from);
/** Give up clean pages that nobody maps. @return how many */
word_t cache_shrink(word_t pages);
/** Pages that it has. */
word_t cache_pages(void);

#endif
