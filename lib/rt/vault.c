/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault.h"

#include "bytes.h"
#include "checksum.h"
#include "program.h"

#define MAGIC   0x746c7561762d7373ul
#define VERSION 1u /* of head and records */

/* At the start of the vault. The checksum is that of what stands before it. */
struct head {
    uint64_t magic;
    uint32_t version;
    uint32_t layout;
    uint64_t bytes;
    uint64_t record_bytes;
    uint32_t places;
    uint32_t crc;
};

static uint32_t head_crc(const struct head *head)
{
    return rt_crc32c(0, head, offsetof(struct head, crc));
}

static size_t stride(const struct rt_vault *vault)
{
    return (vault->record_bytes + 7) / 8 * 8;
}

static uint8_t *bytes_of(const struct rt_vault *vault, const struct rt_vault_record *r)
{
    return vault->data + (size_t)(r - vault->records) * stride(vault);
}

static uint32_t record_crc(const struct rt_vault *vault, const struct rt_vault_record *r,
                           uint64_t writing)
{
    uint32_t crc = rt_crc32c(0, &r->key, sizeof r->key);

    crc = rt_crc32c(crc, &writing, sizeof writing);
    crc = rt_crc32c(crc, &r->size, sizeof r->size);
    return rt_crc32c(crc, bytes_of(vault, r), r->size);
}

static struct rt_vault_record *find(const struct rt_vault *vault, uint64_t key)
{
    for (unsigned i = 0; i < vault->places; i++)
        if (vault->records[i].writing != 0 && vault->records[i].key == key)
            return &vault->records[i];
    return NULL;
}

static struct rt_vault_record *find_unused(const struct rt_vault *vault)
{
    for (unsigned i = 0; i < vault->places; i++)
        if (vault->records[i].writing == 0)
            return &vault->records[i];
    return NULL;
}

/* Two of one key: the writer died before it gave up the older one. */
static void keep_newer(struct rt_vault *vault, struct rt_vault_record *r)
{
    for (struct rt_vault_record *other = vault->records; other < r; other++) {
        if (other->writing == 0 || other->key != r->key)
            continue;
        if (other->writing < r->writing)
            other->writing = 0;
        else
            r->writing = 0;
        vault->valid--;
        return;
    }
}

static void adopt_records(struct rt_vault *vault)
{
    for (unsigned i = 0; i < vault->places; i++) {
        struct rt_vault_record *r = &vault->records[i];

        if (r->writing == 0)
            continue;
        if (r->size > vault->record_bytes || record_crc(vault, r, r->writing) != r->crc) {
            r->writing = 0;
            vault->damaged++;
            continue;
        }
        if (r->writing > vault->writings)
            vault->writings = r->writing;
        vault->valid++;
        keep_newer(vault, r);
    }
}

static void start_afresh(struct rt_vault *vault, struct head *head, size_t bytes, uint32_t layout)
{
    __atomic_store_n(&head->magic, 0,
                     __ATOMIC_RELEASE); /* whoever dies in between leaves no head */
    memset(vault->records, 0, vault->places * sizeof vault->records[0]);
    *head = (struct head){.magic = MAGIC,
                          .version = VERSION,
                          .layout = layout,
                          .bytes = bytes,
                          .record_bytes = vault->record_bytes,
                          .places = vault->places};
    head->crc = head_crc(head);
}

static bool is_clear(const struct head *head)
{
    static const struct head clear;

    return memcmp(head, &clear, sizeof clear) == 0;
}

/* Why a head that is not clear cannot be believed; NULL: it can. */
static const char *doubt(struct rt_vault *vault, const struct head *head, size_t bytes,
                         uint32_t layout, uint64_t distrust)
{
    if (distrust != 0)
        return "incarnations failed with it again and again";
    if (head->magic != MAGIC || head_crc(head) != head->crc)
        return "its head is damaged";
    if (head->version != VERSION || head->bytes != bytes)
        return "it is of another make";
    if (head->layout != layout) {
        vault->layout_found = head->layout;
        return "it is of another layout";
    }
    if (head->record_bytes != vault->record_bytes || head->places != vault->places)
        return "its records are of another size";
    return NULL;
}

enum rt_vault_found rt_vault_open_at(struct rt_vault *vault, void *memory, size_t bytes,
                                     uint32_t layout, size_t record_bytes, uint64_t distrust)
{
    struct head *head = memory;

    *vault = (struct rt_vault){.record_bytes = record_bytes};
    if (memory == NULL || bytes < sizeof *head)
        return vault->found = RT_VAULT_NONE;
    vault->places =
        (unsigned)((bytes - sizeof *head) / (sizeof(struct rt_vault_record) + stride(vault)));
    if (vault->places < 2)
        return vault->found = RT_VAULT_NONE;
    vault->records = (struct rt_vault_record *)(head + 1);
    vault->data = (uint8_t *)(vault->records + vault->places);
    if (is_clear(head))
        vault->found = RT_VAULT_NEW;
    else if ((vault->why = doubt(vault, head, bytes, layout, distrust)) != NULL)
        vault->found = RT_VAULT_REFUSED;
    else
        vault->found = RT_VAULT_ADOPTED;
    if (vault->found == RT_VAULT_ADOPTED)
        adopt_records(vault);
    else
        start_afresh(vault, head, bytes, layout);
    return vault->found;
}

static void tell(const struct rt_vault *vault, uint32_t layout)
{
    if (vault->found == RT_VAULT_NONE)
        rt_say(1, "there is no vault, or it is too small: nothing outlives this program");
    else if (vault->found == RT_VAULT_REFUSED && vault->layout_found != 0)
        rt_recovered("vault: started afresh: it is of layout %u, this program's is %u",
                     vault->layout_found, layout);
    else if (vault->found == RT_VAULT_REFUSED)
        rt_recovered("vault: started afresh: %s", vault->why);
    else if (vault->damaged != 0)
        rt_recovered("vault: %u records taken over, %u damaged and left out", vault->valid,
                     vault->damaged);
    else if (vault->found == RT_VAULT_ADOPTED)
        rt_recovered("vault: %u records taken over", vault->valid);
}

enum rt_vault_found rt_vault_open(struct rt_vault *vault, uint32_t layout, size_t record_bytes)
{
    size_t bytes = 0;
    void *memory = rt_vault_memory(&bytes);

    (void)rt_vault_open_at(vault, memory, bytes, layout, record_bytes, rt_info()->vault_distrust);
    tell(vault, layout);
    return vault->found;
}

bool rt_vault_put(struct rt_vault *vault, uint64_t key, const void *bytes, size_t size)
{
    struct rt_vault_record *old, *r;

    if (vault->found == RT_VAULT_NONE || size > vault->record_bytes)
        return false;
    r = find_unused(vault);
    if (r == NULL || (vault->valid == vault->places - 1 && find(vault, key) == NULL))
        return false;
    old = find(vault, key);
    r->key = key;
    r->size = (uint32_t)size;
    memcpy(bytes_of(vault, r), bytes, size);
    r->crc = record_crc(vault, r, ++vault->writings);
    /* One processor sees its own stores in their order; the compiler must keep it too. */
    __atomic_store_n(&r->writing, vault->writings, __ATOMIC_RELEASE);
    if (old != NULL)
        __atomic_store_n(&old->writing, 0, __ATOMIC_RELEASE);
    else
        vault->valid++;
    return true;
}

long rt_vault_get(struct rt_vault *vault, uint64_t key, void *bytes, size_t size)
{
    struct rt_vault_record *r = find(vault, key);

    if (r == NULL)
        return -1;
    if (r->size > vault->record_bytes || record_crc(vault, r, r->writing) != r->crc) {
        r->writing = 0;
        vault->valid--;
        vault->damaged++;
        return -1;
    }
    memcpy(bytes, bytes_of(vault, r), r->size < size ? r->size : size);
    return (long)r->size;
}

void rt_vault_drop(struct rt_vault *vault, uint64_t key)
{
    struct rt_vault_record *r = find(vault, key);

    if (r == NULL)
        return;
    __atomic_store_n(&r->writing, 0, __ATOMIC_RELEASE);
    vault->valid--;
}

const struct rt_vault_record *rt_vault_next(const struct rt_vault *vault, unsigned *at)
{
    while (*at < vault->places) {
        const struct rt_vault_record *r = &vault->records[(*at)++];

        if (r->writing != 0)
            return r;
    }
    return NULL;
}

const void *rt_vault_bytes(const struct rt_vault *vault, const struct rt_vault_record *record)
{
    return bytes_of(vault, record);
}

void *rt_vault_memory(size_t *bytes)
{
    *bytes = rt_info()->vault_bytes;
    return *bytes == 0 ? NULL : (void *)COMPONENT_VAULT;
}
