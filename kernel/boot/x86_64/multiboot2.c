/* SPDX-License-Identifier: BSD-2-Clause */
/* What Multiboot2 gives: specification 2.0, section 3.6. */
#include "loader.h"

#define TAG_END      0u
#define TAG_COMMAND  1u
#define TAG_MODULE   3u
#define TAG_MAP      6u
#define TAG_RSDP_OLD 14u
#define TAG_RSDP_NEW 15u
#define INFO_MAX     0x100000u

struct tag {
    uint32_t type, bytes;
} __attribute__((packed));

struct module {
    struct tag tag;
    uint32_t first, end;
} __attribute__((packed));

struct map {
    struct tag tag;
    uint32_t entry_bytes, entry_version;
} __attribute__((packed));

struct entry {
    uint64_t first, bytes;
    uint32_t type, reserved;
} __attribute__((packed));

static void read_map(struct loader *l, const struct map *map, word_t at)
{
    if (map->entry_bytes < sizeof(struct entry))
        return;
    for (word_t i = sizeof *map; i + map->entry_bytes <= map->tag.bytes; i += map->entry_bytes) {
        const struct entry *e = boot_at(at + i, sizeof *e, "the memory map");
        loader_range(l, e->first, e->bytes, e->type);
    }
}

static void read_module(struct loader *l, const struct module *module)
{
    if (l->image_bytes > 0 || module->tag.bytes < sizeof *module || module->end <= module->first)
        return;
    l->image_first = module->first;
    l->image_bytes = module->end - module->first;
}

static void read_tag(struct loader *l, const struct tag *tag, word_t at)
{
    switch (tag->type) {
    case TAG_COMMAND:
        loader_command(l, at + sizeof *tag);
        break;
    case TAG_MODULE:
        read_module(l, (const struct module *)tag);
        break;
    case TAG_MAP:
        read_map(l, (const struct map *)tag, at);
        break;
    case TAG_RSDP_OLD:
    case TAG_RSDP_NEW:
        if (l->rsdp == 0 || tag->type == TAG_RSDP_NEW)
            l->rsdp = at + sizeof *tag;
        l->rsdp_copy = 1;
        break;
    }
}

void multiboot2_read(struct loader *l, word_t info)
{
    const uint32_t *total = boot_at(info, 8, "the Multiboot2 information");
    word_t bytes = *total;

    if (bytes > INFO_MAX)
        boot_refuse("the loader's Multiboot2 information is damaged", "use GRUB 2.06 or later");
    boot_at(info, bytes, "the Multiboot2 information");
    for (word_t i = 8; i + sizeof(struct tag) <= bytes;) {
        const struct tag *tag = boot_at(info + i, sizeof *tag, "a Multiboot2 tag");
        if (tag->type == TAG_END || tag->bytes < sizeof *tag || tag->bytes > bytes - i)
            return;
        read_tag(l, tag, info + i);
        i += (tag->bytes + 7ul) & ~7ul;
    }
}
