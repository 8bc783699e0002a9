/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ELF files (System V ABI, AMD64 supplement) into address spaces: their segments become areas that
 * show the file; nothing is read but the headers.
 */
#include "exec_priv.h"

#define ET_EXEC 2u
#define ET_DYN  3u
#define EM_X86_64 62u

#define PT_LOAD   1u
#define PT_INTERP 3u
#define PF_X 1u
#define PF_W 2u
#define PF_R 4u

#define HEADERS_MAX 64u

struct elf {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct elf) == 64, "the layout is ELF's");

struct segment {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, file_bytes, memory_bytes, align;
};
_Static_assert(sizeof(struct segment) == 56, "the layout is ELF's");

static bool is_elf(const struct elf *h)
{
    return h->ident[0] == 0x7f && h->ident[1] == 'E' && h->ident[2] == 'L' && h->ident[3] == 'F' &&
           h->ident[4] == 2 /* 64 bits */ && h->ident[5] == 1 /* little-endian */ &&
           (h->type == ET_EXEC || h->type == ET_DYN) && h->machine == EM_X86_64 &&
           h->phentsize == sizeof(struct segment) && h->phnum > 0 && h->phnum <= HEADERS_MAX;
}

/* All of it, or an error. */
static long read_all(struct inode *i, void *to, size_t bytes, word_t at)
{
    long n = inode_read(i, to, bytes, at);

    if (n < 0)
        return n;
    return (size_t)n == bytes ? 0 : -ENOEXEC;
}

static long read_interpreter(struct inode *i, const struct segment *s, struct program *p)
{
    long e;

    if (s->file_bytes < 2 || s->file_bytes > sizeof p->interpreter)
        return -ENOEXEC;
    e = read_all(i, p->interpreter, s->file_bytes, s->offset);
    return e == 0 && p->interpreter[s->file_bytes - 1] != 0 ? -ENOEXEC : e;
}

/* The addresses that the segments want: from *low up to *high. */
static long extent(const struct segment *s, unsigned count, word_t *low, word_t *high)
{
    *low = ~0ul;
    *high = 0;
    for (unsigned i = 0; i < count; i++) {
        if (s[i].type != PT_LOAD || s[i].memory_bytes == 0)
            continue;
        if (s[i].vaddr >= SPACE_TOP || s[i].memory_bytes > SPACE_TOP - s[i].vaddr ||
            s[i].file_bytes > s[i].memory_bytes || s[i].offset > ~0ul / 2 ||
            s[i].vaddr % PAGE != s[i].offset % PAGE)
            return -ENOEXEC;
        if (s[i].vaddr < *low)
            *low = s[i].vaddr;
        if (s[i].vaddr + s[i].memory_bytes > *high)
            *high = s[i].vaddr + s[i].memory_bytes;
    }
    *low = *low / PAGE * PAGE;
    *high = (*high + PAGE - 1) / PAGE * PAGE;
    return *high > *low ? 0 : -ENOEXEC;
}

static unsigned protection(unsigned flags)
{
    return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
           (flags & PF_X ? PROT_EXEC : 0);
}

static long map_segment(struct space *s, struct inode *i, const struct segment *g, word_t base)
{
    word_t skip = g->vaddr % PAGE, start = base + g->vaddr - skip;
    word_t bytes = (skip + g->memory_bytes + PAGE - 1) / PAGE * PAGE;
    struct area_source source = {
        .inode = i, .offset = g->offset - skip,
        .file_bytes = g->memory_bytes > g->file_bytes ? skip + g->file_bytes : ~0ul,
    };

    return space_map(s, start, bytes, protection(g->flags), &source);
}

/* Where the file is loaded, less the addresses that it names. */
static long choose_base(struct space *s, const struct elf *h, word_t wanted, word_t low,
                        word_t high, word_t *base)
{
    word_t at;

    *base = 0;
    if (h->type == ET_EXEC)
        return low < SPACE_BOTTOM || !space_is_free(s, low, high - low) ? -ENOEXEC : 0;
    at = wanted == 0 ? space_find(s, high - low) : wanted;
    if (at == 0 || high - low > SPACE_TOP - at)
        return -ENOMEM;
    *base = at - low;
    return 0;
}

/* Where programs find the headers: in the segment that has them. */
static word_t headers_at(const struct elf *h, const struct segment *s, word_t base)
{
    for (unsigned i = 0; i < h->phnum; i++) {
        if (s[i].type == PT_LOAD && s[i].offset <= h->phoff &&
            h->phoff - s[i].offset < s[i].file_bytes)
            return base + s[i].vaddr + h->phoff - s[i].offset;
    }
    return 0;
}

long elf_load(struct space *s, struct inode *i, struct program *p, word_t base)
{
    struct segment segment[HEADERS_MAX];
    struct elf h;
    word_t low, high;
    long e = read_all(i, &h, sizeof h, 0);

    if (e != 0 || !is_elf(&h))
        return e != 0 ? e : -ENOEXEC;
    e = read_all(i, segment, h.phnum * sizeof *segment, h.phoff);
    if (e == 0)
        e = extent(segment, h.phnum, &low, &high);
    if (e == 0)
        e = choose_base(s, &h, base, low, high, &p->base);
    for (unsigned n = 0; n < h.phnum && e == 0; n++) {
        if (segment[n].type == PT_LOAD && segment[n].memory_bytes > 0)
            e = map_segment(s, i, &segment[n], p->base);
        else if (segment[n].type == PT_INTERP && base != 0)
            e = read_interpreter(i, &segment[n], p);
    }
    if (e != 0)
        return e;
    p->entry = p->base + h.entry;
    p->headers = headers_at(&h, segment, p->base);
    p->header_count = h.phnum;
    p->end = p->base + high;
    return p->entry < SPACE_TOP ? 0 : -ENOEXEC;
}
