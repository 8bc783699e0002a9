/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a component finds what it was given. The one who creates a component (root, as a rule) fills
 * one page with this, maps it read-only at COMPONENT_INFO, and starts the main thread at the
 * image's entry point with the stack pointer at COMPONENT_STACK_TOP.
 *
 * What is not named here does not exist for the component: these capabilities are all it has.
 */
#ifndef RT_COMPONENT_H
#define RT_COMPONENT_H

#include <abi/abi.h>

/* Where things lie in every native component. Images are linked at COMPONENT_IMAGE. */
#define COMPONENT_IMAGE     0x0000000000400000ul
#define COMPONENT_HEAP                                                        \
    0x0000100000000000ul /* memory that the component maps itself begins here \
                          */
#define COMPONENT_HEAP_END  0x0000600000000000ul
#define COMPONENT_INFO      0x00007ffffff01000ul
#define COMPONENT_BUFFER    0x00007ffffff00000ul /* message buffer of the main thread */
#define COMPONENT_STACK_TOP 0x00007fffffe00000ul /* a guard page lies below the stack */
#define COMPONENT_RECORD    0x00007ffffff02000ul /* <rt/record.h> */
#define COMPONENT_VAULT     0x0000700000000000ul /* memory that outlives it; <rt/vault.h> */

/*
 * The upper half of a thread's buffer page is its own: lib/rt keeps its thread control block there
 * and finds it by the GS base. The creator starts the main thread with GS base COMPONENT_BUFFER +
 * COMPONENT_CONTROL and this part of the page clear.
 */
#define COMPONENT_CONTROL 2048u

/* Slots that every component has. */
enum component_slot {
    COMPONENT_CNODE = 1,  /**< its own CNode */
    COMPONENT_SPACE = 2,  /**< its own address space */
    COMPONENT_THREAD = 3, /**< its main thread */
    COMPONENT_SCHED = 4,  /**< the main thread's scheduling context (READ: consumed, yield) */
    COMPONENT_BUFFER_FRAME = 5,
    COMPONENT_UNTYPED = 6, /**< what is left of its memory quota */
    COMPONENT_REPLY = 7,   /**< a Reply object for the main thread */
    COMPONENT_ENDPOINT =
        8, /**< READ: calls of all protocols that it provides; empty if it provides none */
    COMPONENT_SIGNALS = 9, /**< a Notification bound to the main thread, unbadged, READ and WRITE:
                              mint badges from it */
    COMPONENT_SUPERVISOR =
        10, /**< WRITE: the one who started it: heartbeat, exit, log before there is a log */
    COMPONENT_EXTRA_SCHED =
        16, /**< first of info.extra_threads scheduling contexts for further threads */
};

/**
 * A bit that root signals on COMPONENT_SIGNALS: a new incarnation of a server that the manifest
 * routes to the component runs now (any of them: the signal does not say which). Sessions with it,
 * and what came out of them (rings, notifications, frames), are to be opened anew; calls on the
 * endpoint need nothing, the endpoint is the same. So a client that sleeps on completions wakes up.
 * Badges that the component mints from COMPONENT_SIGNALS itself must not use this bit.
 * ipc_serve hands it to the server's `signal` with the others; who waits elsewhere can receive it
 * on COMPONENT_SIGNALS, or bind another notification instead.
 */
#define COMPONENT_SIGNAL_RESTARTED (1ul << 63)

#define COMPONENT_MAGIC   0x6f666e6920737354ul
#define COMPONENT_NAME    32u
#define COMPONENT_ENTRIES 60u
#define COMPONENT_ARGS    512u

/**
 * What a component says to its supervisor: labels of calls on COMPONENT_SUPERVISOR (the badge says
 * who speaks). Above every FAULT_ label, so that one endpoint can take both. The reply has label 0
 * and, but for NAME, no words.
 */
enum component_call {
    COMPONENT_EXIT = 0x100,  /**< word 0: exit status. No reply: the component ends */
    COMPONENT_ALIVE = 0x101, /**< is anybody there? no words (signs of life: <rt/record.h>) */
    /**
     * Word 0: how much it matters (as in log.idl: 0 failure to 3 debug); word 1: bytes, at most
     * COMPONENT_LINE; words 2 to 7: 0; then the text, padded with 0. A line for the log from one
     * that has no log, or must not wait for it.
     */
    COMPONENT_SAY = 0x102,
    /**
     * Word 0: badge of a client of a protocol that the caller provides. Reply: label 0 and 4 words,
     * the client's name padded with 0 (at most COMPONENT_NAME - 1 bytes); or label 1, no words: no
     * such client.
     */
    COMPONENT_WHO = 0x103,
    /**
     * For platform. Word 0: badge of a client that came by a COMPONENT_DEVICE entry. Reply: label 0
     * and 2 words: which device its manifest names (enum manifest_match of <abi/manifest.h>, and
     * the value); or label 1, no words: no such client.
     */
    COMPONENT_WHICH = 0x104,
    /** As COMPONENT_SAY: what this incarnation took over from the one before. It also goes into the
       report of that one's end. */
    COMPONENT_RECOVERED = 0x105,
    /**
     * Words 0 to 2: a page fault of the main thread whose instruction lies from word 0 on and
     * before word 1 is no failure: the thread goes on at word 2, with the stack pointer of the
     * fault; other registers are lost. <rt/guard.h>
     */
    COMPONENT_GUARD = 0x106,
    /** As COMPONENT_SAY: why this incarnation cannot do its work, although it answers. Whoever
       looks sees it as degraded, and those who need it, until it is restarted. */
    COMPONENT_DEGRADED = 0x107,
};

#define COMPONENT_LINE 512u

/** Why the vault is not to be believed: component_info.vault_distrust. */
enum component_distrust {
    COMPONENT_TRUSTED = 0,
    COMPONENT_FAILS_AGAIN = 1, /**< the last incarnations failed with it as soon as they started */
};

/** What an entry is. */
enum component_kind {
    COMPONENT_USES = 1, /**< `slot`: endpoint of a server, badged for this client; name: the
                           protocol, or the name the manifest gives the route */
    COMPONENT_PROVIDES =
        2, /**< name: protocol; clients of it come with badge / COMPONENT_BADGE == `value` */
    COMPONENT_DEVICE = 3, /**< `slot`: endpoint of `platform`, badged for this device */
    COMPONENT_PORTS = 4,  /**< `slot`: IoPort range; value: first + 65536 * count */
    COMPONENT_IRQ = 5,    /**< `slot`: Interrupt object, attached; value: line */
    COMPONENT_CAP = 6, /**< `slot`: any other capability, by agreement between manifest and program;
                          value: its type */
};

/*
 * Authority over the machine (platform), as COMPONENT_CAP entries:
 *   "device-memory"  slot: the first of `value` DeviceUntyped in consecutive slots, each all of one
 * device range of the boot information. Root makes them by Retype from its own, and revokes those
 * when the component ends: registers given away go with it "boot-info"      slot: a Frame, READ:
 * the boot information page (<abi/boot_info.h>), which says where the firmware's tables are. Comes
 * with "device-memory" "interrupts"     slot: IrqControl "cpu"            slot: Cpu
 */

/** Badges of clients: number of the provided protocol (the entry's value) * COMPONENT_BADGE +
 * number of the client, unique while root runs. */
#define COMPONENT_BADGE 0x100000000ul

/** Set in badges of clients that may only look: the key `may` of their route. */
#define COMPONENT_BADGE_LOOK 0x4000000000000000ul

/** One thing that the manifest routes to the component. */
struct component_entry {
    char name[COMPONENT_NAME];
    word_t kind;
    word_t slot;
    word_t value;
};

/** The page at COMPONENT_INFO. */
struct component_info {
    word_t magic;
    word_t version;          /**< ABI_VERSION */
    char name[COMPONENT_NAME];
    word_t id;               /**< root's number of the component */
    word_t incarnation;      /**< 0 at first, one more with each restart */
    word_t ticks_per_second;
    word_t memory_bytes;     /**< quota */
    word_t stack_bytes;
    word_t cnode_slots;
    word_t first_free;       /**< first slot that is empty; so are all after it */
    word_t extra_threads;    /**< scheduling contexts from COMPONENT_EXTRA_SCHED on */
    word_t vault_bytes;      /**< at COMPONENT_VAULT; 0: it has none */
    word_t vault_distrust;   /**< enum component_distrust */
    word_t entry_count;
    char args[COMPONENT_ARGS]; /**< arguments of the manifest, each ends in 0, an empty one ends the
                                  list */
    struct component_entry entries[COMPONENT_ENTRIES];
};

_Static_assert(sizeof(struct component_info) <= 4096, "one page");

#endif
