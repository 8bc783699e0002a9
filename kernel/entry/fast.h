/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What most messages take: a short way with the same result as the complete one (ipc/ipc.c), shown equal by
 * a differential test. Each function either does all of it, or leaves everything as it was to the
 * complete way, with which it ends then.
 */
#ifndef ENTRY_FAST_H
#define ENTRY_FAST_H

#include <model/k.h>

/**
 * Call. Eligible: an endpoint capability with WRITE, at most 8 words and no capabilities; a server
 * waits in Recv with a Reply object and runs on its callers' scheduling contexts.
 */
void fast_call(ref_t thread, word_t cap, word_t tag);

/**
 * ReplyRecv. Eligible: an endpoint capability with READ on which nobody waits to send; a Reply object that
 * holds a call of at most 8 words and no capabilities either way, of whom the running scheduling
 * context was borrowed last; no signal pending. The caller may wait with a SYSCALL fault that is answered with its result.
 */
void fast_reply_recv(ref_t thread, word_t cap, word_t tag);

/** System call of a foreign thread. Eligible: its fault endpoint has a server that waits as for fast_call. */
void fast_foreign(ref_t thread);

#endif
