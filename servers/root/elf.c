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
