/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A system manifest as root reads it: made by tools/manifest out of system/NAME.yaml, packed in the
 * boot image as "system.manifest". Little-endian. A header, then sections: arrays of the structures
 * below, and the strings. An index is into its section; a string is its offset among the strings
 * and ends in 0. <manifest/manifest.h> checks all of it once, so that readers need not.
 *
 * Also the table of symbols that goes with each image ("NAME.symbols"), for backtraces.
 */
#ifndef ABI_MANIFEST_H
#define ABI_MANIFEST_H

#include <abi/abi.h>

#define MANIFEST_MAGIC   0x74736566696e616dul /* "manifest" */
#define MANIFEST_VERSION 2u
#define MANIFEST_NAME    31u /* most bytes in a name */
#define MANIFEST_FILE    "system.manifest"
#define MANIFEST_SYMBOLS ".symbols"  /* behind the name of an image */
#define MANIFEST_ROOT    0xffffffffu /* server of a route: root itself */

/* Limits that tool and root share. */
#define MANIFEST_MEMORY_MIN   0x10000ul      /* 64 KiB */
#define MANIFEST_MEMORY_MAX   0x4000000000ul /* 256 GiB */
#define MANIFEST_STACK_MAX    0x1000000ul    /* 16 MiB */
#define MANIFEST_VAULT_MAX    0x40000000ul   /* 1 GiB */
#define MANIFEST_THREADS_MAX  64u            /* further threads */
#define MANIFEST_SLOTS_MIN    64u
#define MANIFEST_SLOTS_MAX    65536u
#define MANIFEST_TIME_MAX     86400000000ul /* a day, in microseconds */
#define MANIFEST_PRIORITY_MAX 199u          /* root itself runs at 200 */

/** The sections, in the order of manifest_header.section. */
enum manifest_section_index {
    MANIFEST_COMPONENTS,
    MANIFEST_PROVIDES,
    MANIFEST_USES,
    MANIFEST_GRANTS,
    MANIFEST_DEPENDS, /* uint32_t: index of a component */
    MANIFEST_STRINGS, /* bytes */
    MANIFEST_SECTIONS,
};

struct manifest_section {
    uint32_t offset; /**< from the start of the manifest, a multiple of 8 */
    uint32_t count;  /**< elements */
};

struct manifest_header {
    word_t magic;
    word_t version;
    word_t total_bytes;
    struct manifest_section section[MANIFEST_SECTIONS];
};

/** Part of a section: elements first to first + count - 1. */
struct manifest_range {
    uint32_t first;
    uint32_t count;
};

enum manifest_flag {
    MANIFEST_AUTO = 1,     /**< started with the system */
    MANIFEST_TEMPLATE = 2, /**< not a component: what components made at run time are made after */
    MANIFEST_BORROW = 4,   /**< serves on its callers' time */
    MANIFEST_OVERRUN = 8,  /**< ends when its processor time is used up, instead of waiting */
    MANIFEST_FOLLOW = 16,  /**< is restarted whenever one that it depends on is */
};

enum manifest_restart {
    MANIFEST_NEVER = 0,
    MANIFEST_ALWAYS = 1,   /**< after a fault and after an exit */
    MANIFEST_ON_FAULT = 2, /**< after a fault, or an exit with a code other than 0 */
};

/** What becomes of a component that ends. */
struct manifest_policy {
    word_t restart;    /**< enum manifest_restart */
    word_t backoff_us; /**< wait before the first restart; doubles with each that follows soon */
    word_t backoff_max_us;
    word_t limit; /**< more restarts than this in limit_us: it stays down (failed) */
    word_t limit_us;
    word_t heartbeat_us; /**< longest silence between two signs of life; 0: none are expected */
};

struct manifest_component {
    uint32_t name;
    uint32_t image;
    uint32_t flags; /**< enum manifest_flag */
    uint32_t priority;
    word_t memory_bytes; /**< quota, a multiple of 4096 */
    word_t stack_bytes;  /**< of the main thread, a multiple of 4096 */
    word_t vault_bytes;  /**< memory that outlives it, besides the quota; a multiple of 4096 or 0 */
    word_t budget_us;    /**< processor time in each period */
    word_t period_us;    /**< equal to the budget: no limit */
    uint32_t threads;    /**< scheduling contexts besides the main thread's */
    uint32_t slots;      /**< of its CNode */
    struct manifest_policy policy;
    struct manifest_range provides;
    struct manifest_range uses;
    struct manifest_range grants;
    struct manifest_range depends;
    struct manifest_range args; /**< bytes among the strings: arguments, each ends in 0 */
};

/** A protocol that a component serves. */
struct manifest_provide {
    uint32_t protocol;
    uint32_t reserved;
};

/** A route: the right to call a server. */
struct manifest_use {
    uint32_t name; /**< what the client knows it by */
    uint32_t protocol;
    uint32_t server; /**< index of a component, or MANIFEST_ROOT */
    uint32_t
        provide; /**< number of the protocol among those it provides; root: enum manifest_may */
};

/** Added to `provide` of a route to a component: the client may only look. */
#define MANIFEST_USE_LOOK 0x80000000u

/** What a client of root's supervisor protocol may do. */
enum manifest_may {
    MANIFEST_MAY_STEER = 0, /**< everything */
    MANIFEST_MAY_LOOK = 1,  /**< what changes nothing */
    MANIFEST_MAY_HARM = 2,  /**< everything, and components' threads and memory; for tests */
};

enum manifest_grant_kind {
    MANIFEST_PORTS = 1,     /**< a: first I/O port, b: count */
    MANIFEST_INTERRUPT = 2, /**< a: line, b: 1 level-triggered, 2 active low */
    MANIFEST_DEVICE = 3,    /**< a device of the platform; a: enum manifest_match, b: its value */
    MANIFEST_CPU = 4,       /**< the right to hand out time up to priority a */
    MANIFEST_IRQ_CONTROL = 5,
    MANIFEST_DEVICE_MEMORY = 6, /**< all device memory, and the firmware's tables */
    MANIFEST_BOOT_ARCHIVE = 7,  /**< the archive of the boot image, for reading */
    MANIFEST_VAULT_FRAMES = 8,  /**< frames of its vault, for showing them to others */
};

/** Something that is not a route. */
struct manifest_grant {
    uint32_t kind;
    uint32_t name;
    uint32_t server; /**< MANIFEST_DEVICE: the component that is the platform */
    uint32_t provide;
    word_t a, b;
};

/* MANIFEST_DEVICE: which device. a: how it is chosen, b: by what value. */
enum manifest_match {
    MANIFEST_BY_ADDRESS = 1, /**< PCI bus * 256 + device * 8 + function */
    MANIFEST_BY_ID = 2,      /**< vendor * 65536 + product, the (b >> 32)th of them */
    MANIFEST_BY_CLASS = 3,   /**< class * 256 + subclass, the (b >> 32)th of them */
};

#define SYMBOLS_MAGIC 0x736c6f626d79736bul

/** Functions of an image, in ascending order; the names follow the array. */
struct symbol {
    word_t address;
    uint32_t bytes;
    uint32_t name; /**< offset of the name behind the array; it ends in 0 */
};

struct symbol_table {
    word_t magic;
    uint32_t count;
    uint32_t name_bytes;
    struct symbol symbols[];
};

#endif
