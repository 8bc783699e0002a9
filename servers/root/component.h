/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Components: what root knows of each, and how they come and go.
 *
 * A component that runs is one block of memory. In it root makes an inventory, a CNode that holds
 * the capabilities that root needs again, and everything else; what is left becomes the component's
 * own. To end it, root takes the block back. What outlives it: the entry here, its endpoint, and
 * its number.
 */
#ifndef ROOT_COMPONENT_H
#define ROOT_COMPONENT_H

#include "memory.h"

#include <abi/manifest.h>
#include <rt/component.h>
#include <stdbool.h>
#include <stddef.h>

#define SEGMENTS 8u

/** Slots of the inventory that are the same for all; the others follow. */
enum inventory {
    INVENTORY_CNODE = 1,
    INVENTORY_SPACE,
    INVENTORY_THREAD,
    INVENTORY_SCHED,
    INVENTORY_REPLY,
    INVENTORY_SIGNALS,
    INVENTORY_INFO,
    INVENTORY_BUFFER,
    INVENTORY_RECORD,
    INVENTORY_FIRST,
};

/** Pages of a component that root may have to look at: a part of its image, or the stack. */
struct part {
    word_t vaddr;
    word_t pages;
    word_t slot; /**< of the first frame, in the inventory */
    bool writable;
    bool executable;
    const char *data; /**< what the first file_bytes are filled with */
    word_t file_bytes;
};

/** As in supervisor.idl. */
enum component_state { STOPPED, STARTING, RUNNING, RESTARTING, FAILED, EXITED };

struct component {
    struct component *next; /**< in the order in which they were made */
    char name[COMPONENT_NAME];
    char image[COMPONENT_NAME];
    word_t number;  /**< of the client that it is; its devices have the numbers that follow */
    word_t numbers; /**< how many numbers are its own */
    const struct manifest_component *manifest;
    bool made; /**< by a request at run time */

    struct block *home; /**< memory of its endpoint, NULL if it provides nothing */
    cap_t endpoint;
    struct block *vault; /**< memory that outlives it, NULL before its first start or without one */
    struct block *vault_home; /**< of the CNode of its frames */
    cap_t vault_frames;       /**< this CNode: frames from slot 1 on */
    struct block *kept_back;  /**< memory of the last incarnation, while its devices are reset */
    word_t resets;            /**< messages about that that platform has taken */
    word_t reset_looks;       /**< how often it was not ready for one */
    word_t reset_ticks;       /**< when it began */
    char image_before[COMPONENT_NAME]; /**< to go back to, if the present one does not serve */

    enum component_state state;
    struct block *block; /**< while it is there */
    cap_t inventory;
    cap_t tables; /**< memory of its page tables; it cannot be moved while in use, so not in the
                     inventory */
    struct part parts[SEGMENTS + 1]; /**< the stack last */
    unsigned part_count;
    word_t route_slot,
        routes;        /**< endpoints that clients' capabilities are copies of, in the inventory */
    word_t extra_slot; /**< further scheduling contexts, in the inventory */
    word_t used_bytes; /**< of the quota, what root used to make it */

    /* What supervision needs; supervisor.c. */
    int needed; /**< while dependencies are gathered */
    word_t incarnation;
    word_t restarts;
    word_t recent; /**< restarts since window_ticks */
    word_t started_ticks;
    word_t early;     /**< how often in a row it failed soon after its start */
    bool fails_again; /**< too often: its vault may be why */
    word_t window_ticks;
    word_t backoff_us;
    word_t wake_ticks; /**< when to restart it; 0: not waiting */
    /* code.c: */
    uint32_t *sums;   /**< of its pages that cannot be written; NULL: it has none yet */
    word_t sum_count;
    word_t code_next; /**< the page to compare next */
    bool code_spoilt; /**< its last incarnation's was; perhaps its image's, too */
    /* heartbeat.c: */
    word_t alive_ticks;  /**< last sign of life */
    word_t look_ticks;   /**< when to look again */
    word_t beats;        /**< what its record said then */
    word_t looks;        /**< looks since, without one */
    word_t sched_then;   /**< at the first of them: on which context it ran, */
    word_t time_then;    /**< and what that had used */
    bool serves;         /**< it was seen serving */
    word_t hangs_in_row; /**< soon one after the other, */
    word_t hang_ticks;   /**< the last one when */
    word_t chatter;      /**< requests in the present second */
    word_t chatter_ticks;
    word_t cpu_before;                             /**< ticks used by earlier incarnations */
    word_t guard_first, guard_last, guard_landing; /**< COMPONENT_GUARD; guard.c */
    int exit_code;
    bool degraded;      /**< it says itself that it cannot do its work */
    word_t last_end;    /**< number of its last report; ends.c */
    word_t ended_ticks; /**< when that end was noticed, */
    word_t gone_ticks;  /**< and when it had been taken apart */
};

/** The manifest's text. */
const char *text_of(uint32_t offset);

/** The compiled manifest. */
const struct manifest_header *the_manifest(void);

/** Called once: find and check the manifest, enter its components. */
void components_init(void);

/** First of the list. */
struct component *component_first(void);

/** Make the vault of a component that has one, once. @return false: no memory. (vault.c) */
bool vault_prepare(struct component *c);

/** Its pages. (vault.c) */
word_t vault_pages(const struct component *c);

/** Give its memory back. (vault.c) */
void vault_drop(struct component *c);

/** Has it devices, which are to be reset when it ends? (quiesce.c) */
bool quiesce_needed(const struct component *c);

/** It has been taken apart; its memory is kept back until its devices are reset. (quiesce.c) */
void quiesce_start(struct component *c, struct block *memory);

/** Go on with that. (quiesce.c) @return true: its devices are quiet, it may be started */
bool quiesce(struct component *c);

/** It will not be started again: give its memory back. (quiesce.c) */
void quiesce_give_up(struct component *c);

/** By name. @return NULL: there is none */
struct component *component_named(const char *name);

/** By number, its own or a device's. */
struct component *component_numbered(word_t number);

/** By its place in the manifest. */
struct component *component_at(uint32_t index);

/** A template of the manifest. @return NULL: there is none */
const struct manifest_component *template_named(const char *name);

/** Enter a component. @return NULL: no memory */
struct component *component_enter(const char *name, const char *image,
                                  const struct manifest_component *manifest);

/** Give a component that is not there another image. */
void component_set_image(struct component *c, const char *image);

/** Forget a component that is not there any more; its endpoint goes, and who waits on it is woken.
 */
void component_forget(struct component *c);

/** Why a component could not be made. */
enum made { MADE, MADE_NO_MEMORY, MADE_BAD_IMAGE };

/** Put a component together and let it run. On failure it has been said, and nothing is left of it.
 * (create.c) */
enum made component_create(struct component *c);

/** Take everything back. (create.c) */
void component_destroy(struct component *c);

/** Does a component have a route or a device of a server's? (clients.c) */
bool component_uses(const struct component *client, const struct component *server);

/** What may be asked of a component that `first` uses. */
typedef bool component_is(const struct component *c, const struct component *first);

/** Is one such of those that a component uses, or that they use, and so on? */
bool component_stands_on(struct component *first, component_is *is);

/** Signal a component that is there: bits of its COMPONENT_SIGNALS. (clients.c) */
void component_signal(const struct component *c, word_t bits);

/** A new incarnation of a server runs: signal its running clients. (clients.c) */
void component_tell_clients(const struct component *server);

/** Bytes in use and processor time. (inspect.c) */
word_t component_memory(const struct component *c);
word_t component_ticks(const struct component *c);

/** Copy from its record (lib/rt/record.h). (inspect.c) @return false: it is not there */
bool component_record(const struct component *c, word_t offset, void *to, word_t bytes);

/** It has just been started: watch it. (heartbeat.c) */
void heartbeat_start(struct component *c);

/** What heartbeat_look says of one that is not itself to blame, perhaps. */
#define HEARTBEAT_WAITS "hangs: it waits for what does not come"

/** Look whether it lives, if that is due. (heartbeat.c) @return why it must be ended, else NULL */
const char *heartbeat_look(struct component *c);

/** Its image has been chosen, and its parts are known. (code.c) @return false: the image in memory
 * is not what it was when it was first used */
bool code_learn(struct component *c);

/** It will have another image, or is forgotten. (code.c) */
void code_forget(struct component *c);

/** Compare one of so many parts of its code with what was loaded. (code.c) @return where it
 * differs, 0: nowhere */
word_t code_look(struct component *c, word_t parts);

/** CRC-32C of one of its pages that cannot be written. (inspect.c) @return false: it is not there
 */
bool component_sum(const struct component *c, const struct part *p, word_t page, uint32_t *sum);

/** Make its main thread compute without end, for tests of that. (inspect.c) @return false: its
 * image has no function for it */
bool component_hang(const struct component *c);

/** Read a word of a component's stack or data. (inspect.c) @return false: it is not there */
bool component_read(const struct component *c, word_t address, word_t *value);

/** From now on a fault of the main thread at these instructions lets it go on at `landing`.
 * (guard.c) */
void component_set_guard(struct component *c, word_t first, word_t last, word_t landing);

/** The main thread has had a page fault. @return true: it was to be expected; the thread runs */
bool component_guarded(const struct component *c, word_t ip, word_t sp);

#endif
