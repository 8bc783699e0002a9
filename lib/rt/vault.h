/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vaults: memory that a component finds again after its restart (the key `vault` of its manifest).
 * What is in it may have been written by a program that was going wrong, so it is believed only as
 * far as checksums go: a vault is a head that names its layout, and records, each with a key, a
 * number of its writing, and a CRC-32C.
 *
 *   - A record is written to an unused place and becomes valid with one last store; only then the
 *     one that it replaces becomes unused. A component that dies in between leaves the old one or
 *     the new one, never half of each. So there is one place more than records.
 *   - Opening takes over what is valid (ADOPTED), leaves out and counts what is not, or starts
 *     afresh (REFUSED) when the head is damaged, is of another layout, or has made the incarnations
 *     before this one fail; why is said to the supervisor, which puts it into the report of the
 *     last end.
 *
 * One thread at a time. For much data that has its own checksums there is rt_vault_memory.
 */
#ifndef RT_VAULT_H
#define RT_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What opening found. */
enum rt_vault_found {
    RT_VAULT_NONE,    /**< the manifest gives none, or it is too small: nothing is kept */
    RT_VAULT_NEW,     /**< it was never used */
    RT_VAULT_ADOPTED, /**< of this layout; the valid records are there */
    RT_VAULT_REFUSED, /**< it was used, and is empty now; `why` says why */
};

/** A record's head, in the vault. */
struct rt_vault_record {
    uint64_t key;
    uint64_t writing; /**< number of the writing, from 1 on; 0: unused */
    uint32_t size;
    uint32_t crc; /**< of key, writing, size and the bytes */
};

/** An open vault; the program's own, cleared or anything before rt_vault_open. */
struct rt_vault {
    enum rt_vault_found found;
    const char *why;       /**< RT_VAULT_REFUSED */
    uint32_t layout_found; /**< RT_VAULT_REFUSED for its layout: which one it was */
    unsigned places;
    unsigned damaged;    /**< records that were left out */
    unsigned valid;      /**< records that are there */
    size_t record_bytes; /**< most bytes in a record */
    uint64_t writings;
    struct rt_vault_record *records;
    uint8_t *data;
};

/**
 * Open the component's vault; once, at its start. Says to the supervisor what was found if there
 * was an incarnation before.
 * @param layout a number of the program's choice, another one whenever its records mean something
 *        else
 * @param record_bytes most bytes in a record, above 0
 */
enum rt_vault_found rt_vault_open(struct rt_vault *vault, uint32_t layout, size_t record_bytes);

/**
 * The same on memory of the caller's choice, without a word to anybody.
 * @param distrust not 0: what is there is not to be believed
 */
enum rt_vault_found rt_vault_open_at(struct rt_vault *vault, void *memory, size_t bytes,
                                     uint32_t layout, size_t record_bytes, uint64_t distrust);

/** Write a record, in place of the one with this key if there is one. @return false: no place is
 * left, or it is too long */
bool rt_vault_put(struct rt_vault *vault, uint64_t key, const void *bytes, size_t size);

/** Read a record. @return its bytes, at most `size` of them copied; -1: there is none, or it has
 * been damaged since, and is left out and counted */
long rt_vault_get(struct rt_vault *vault, uint64_t key, void *bytes, size_t size);

/** Forget a record. */
void rt_vault_drop(struct rt_vault *vault, uint64_t key);

/** The records one by one, in no order. @param at 0 at first @return NULL: that was all */
const struct rt_vault_record *rt_vault_next(const struct rt_vault *vault, unsigned *at);

/** The bytes of a record from rt_vault_next. */
const void *rt_vault_bytes(const struct rt_vault *vault, const struct rt_vault_record *record);

/** All of the vault's memory, for those who have a layout of their own. @return NULL: there is none
 */
void *rt_vault_memory(size_t *bytes);

#endif
