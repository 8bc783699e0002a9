/* SPDX-License-Identifier: BSD-2-Clause */
/* Pure: nothing is believed before it is checked. */
#include "elf.h"

#include <rt/bytes.h>

#define MAGIC       0x464c457fu
#define CLASS64_LSB 0x00010102u /* class, data, version */
#define MACHINE     62u
#define LOAD        1u
#define EXECUTE     1u
#define WRITE       2u
#define SYMBOLS     2u /* a section of them */
#define FUNCTION    2u

/* Where a component's own things begin: an image stays below. */
#define IMAGE_END COMPONENT_HEAP

struct elf_head {
    uint32_t magic, class;
    uint64_t pad;
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, part_offset, section_offset;
    uint32_t flags;
    uint16_t head_bytes, part_bytes, part_count, section_bytes, section_count, section_names;
};

struct elf_part {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, file_bytes, memory_bytes, align;
};

struct elf_section {
    uint32_t name, type;
    uint64_t flags, address, offset, bytes;
    uint32_t link, info;
    uint64_t align, entry_bytes;
};

struct elf_symbol {
    uint32_t name;
    uint8_t info, other;
    uint16_t section;
    uint64_t value, bytes;
};

/* An image and its symbols and their names, if they lie in it. */
struct elf_symbols {
    const struct elf_symbol *first;
    word_t count;
    const char *names;
    word_t name_bytes;
};

static const char *check_part(const struct elf_part *e, word_t bytes, word_t lowest)
{
    if (e->offset % PAGE != 0 || e->vaddr % PAGE != 0 || e->offset > bytes ||
        e->file_bytes > bytes - e->offset)
        return "a segment lies outside the file, or not on a page";
    if (e->memory_bytes == 0 || e->memory_bytes < e->file_bytes || e->vaddr < lowest ||
        e->vaddr >= IMAGE_END || e->memory_bytes > IMAGE_END - e->vaddr)
        return "a segment lies at a wrong address";
    if ((e->flags & WRITE) && (e->flags & EXECUTE))
        return "a segment is writable and executable";
    return NULL;
}

static void set_part(struct part *p, const struct elf_part *e, const char *data)
{
    *p = (struct part){
        .vaddr = e->vaddr,
        .pages = (e->memory_bytes + PAGE - 1) / PAGE,
        .writable = (e->flags & WRITE) != 0,
        .executable = (e->flags & EXECUTE) != 0,
        .data = data + e->offset,
        .file_bytes = e->file_bytes,
    };
    /* Read-only data beyond the file would be clear memory: give it pages of its own too. */
    if ((e->file_bytes + PAGE - 1) / PAGE < p->pages && !p->executable)
        p->writable = true;
}

static const char *check_head(const struct elf_head *h, word_t bytes)
{
    if (bytes < sizeof *h || h->magic != MAGIC || (h->class & 0xffffffu) != CLASS64_LSB ||
        h->machine != MACHINE)
        return "it is not an x86-64 executable";
    if (h->part_bytes != sizeof(struct elf_part) || h->part_offset % 8 != 0 ||
        h->part_offset > bytes ||
        h->part_count > (bytes - h->part_offset) / sizeof(struct elf_part))
        return "it is cut off";
    return NULL;
}

const char *elf_parts(const char *data, word_t bytes, struct part *parts, unsigned *count,
                      word_t *entry)
{
    const struct elf_head *h = (const struct elf_head *)(const void *)data;
    const struct elf_part *e =
        (const struct elf_part *)(const void *)(data + (bytes < sizeof *h ? 0 : h->part_offset));
    const char *wrong = check_head(h, bytes);
    word_t lowest = PAGE;

    *count = 0;
    for (unsigned i = 0; wrong == NULL && i < h->part_count; i++) {
        if (e[i].type != LOAD)
            continue;
        if (*count == SEGMENTS)
            return "it has too many segments";
        wrong = check_part(&e[i], bytes, lowest);
        if (wrong != NULL)
            return wrong;
        set_part(&parts[*count], &e[i], data);
        lowest = parts[*count].vaddr + parts[*count].pages * PAGE;
        if (parts[*count].executable && e[i].file_bytes < e[i].memory_bytes)
            return "its code has no contents";
        *count += 1;
    }
    if (wrong == NULL)
        *entry = h->entry;
    return wrong;
}

/* --- Names of functions ---------------------------------------------------------------------- */

static bool lies_inside(const struct elf_section *s, word_t bytes)
{
    return s->offset % 8 == 0 && s->offset <= bytes && s->bytes <= bytes - s->offset;
}

static bool take_symbols(const char *data, word_t bytes, const struct elf_section *all,
                         word_t count, const struct elf_section *s, struct elf_symbols *to)
{
    const struct elf_section *names = s->link < count ? &all[s->link] : s;

    if (names == s || !lies_inside(s, bytes) || names->offset > bytes ||
        names->bytes > bytes - names->offset || names->bytes == 0 ||
        data[names->offset + names->bytes - 1] != 0)
        return false;
    *to = (struct elf_symbols){
        .first = (const struct elf_symbol *)(const void *)(data + s->offset),
        .count = s->bytes / sizeof(struct elf_symbol),
        .names = data + names->offset,
        .name_bytes = names->bytes,
    };
    return true;
}

static bool find_symbols(const char *data, word_t bytes, struct elf_symbols *to)
{
    const struct elf_head *h = (const struct elf_head *)(const void *)data;
    const struct elf_section *s;

    if (check_head(h, bytes) != NULL || h->section_bytes != sizeof *s ||
        h->section_offset % 8 != 0 || h->section_offset > bytes ||
        h->section_count > (bytes - h->section_offset) / sizeof *s)
        return false;
    s = (const struct elf_section *)(const void *)(data + h->section_offset);
    for (word_t i = 0; i < h->section_count; i++)
        if (s[i].type == SYMBOLS)
            return take_symbols(data, bytes, s, h->section_count, &s[i], to);
    return false;
}

const char *elf_function(const char *data, word_t bytes, word_t address, word_t *offset)
{
    struct elf_symbols all;

    if (!find_symbols(data, bytes, &all))
        return NULL;
    for (word_t i = 0; i < all.count; i++) {
        const struct elf_symbol *s = &all.first[i];

        if ((s->info & 15) != FUNCTION || address < s->value || address - s->value >= s->bytes ||
            s->name >= all.name_bytes)
            continue;
        *offset = address - s->value;
        return all.names + s->name;
    }
    return NULL;
}
