/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF files (System V ABI, chapters 4 and 5): read with every offset checked, written anew without
 * what nobody loads. */
#include "image.h"
#include "report.h"

#include <abi/manifest.h>

#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct file {
    const char *name;
    char *data;
    uint64_t bytes;
};

static struct file read_file(const char *name)
{
    struct file f = {.name = name};
    FILE *in = fopen(name, "rb");
    long bytes;

    if (in == NULL)
        report_fatal(
            "%s: cannot be read: %m; build it first, or correct the image's name in the manifest",
            name);
    if (fseek(in, 0, SEEK_END) != 0 || (bytes = ftell(in)) < 0 || fseek(in, 0, SEEK_SET) != 0)
        report_fatal("%s: cannot be read: %m", name);
    f.bytes = (uint64_t)bytes;
    f.data = take(f.bytes);
    if (fread(f.data, 1, f.bytes, in) != f.bytes)
        report_fatal("%s: cannot be read: %m", name);
    fclose(in);
    return f;
}

/* Part of the file, or the end of the program. */
static void *part(const struct file *f, uint64_t offset, uint64_t bytes)
{
    if (offset > f->bytes || bytes > f->bytes - offset || offset % 8 != 0)
        report_fatal("%s: it is cut off or damaged; build it again", f->name);
    return f->data + offset;
}

static const Elf64_Ehdr *read_head(const struct file *f)
{
    const Elf64_Ehdr *h = part(f, 0, sizeof *h);

    if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0 || h->e_ident[EI_CLASS] != ELFCLASS64 ||
        h->e_machine != EM_X86_64)
        report_fatal("%s: it is not an x86-64 executable", f->name);
    if (h->e_type != ET_EXEC || h->e_phentsize != sizeof(Elf64_Phdr))
        report_fatal(
            "%s: it is not a static executable at a fixed address (link with -static -no-pie)",
            f->name);
    return h;
}

static void add_segment(struct executable *e, const struct file *f, const Elf64_Phdr *p)
{
    struct segment *s = &e->segments[e->count];
    uint64_t front = p->p_vaddr % PAGE;

    if (p->p_memsz == 0)
        return;
    if (e->count == SEGMENTS_MAX)
        report_fatal("%s: it has more than %u segments", f->name, SEGMENTS_MAX);
    if (p->p_offset > f->bytes || p->p_filesz > f->bytes - p->p_offset ||
        p->p_memsz < p->p_filesz || p->p_vaddr >= USER_END || p->p_memsz > USER_END - p->p_vaddr)
        report_fatal("%s: a segment lies outside the file or the address space; build it again",
                     f->name);
    if ((p->p_flags & PF_W) && (p->p_flags & PF_X))
        report_fatal("%s: a segment is writable and executable; link with -z separate-code and no "
                     "executable stack",
                     f->name);
    if (e->count > 0 &&
        p->p_vaddr - front < s[-1].vaddr + (s[-1].memory_bytes + PAGE - 1) / PAGE * PAGE)
        report_fatal("%s: two segments share a page; link with -z separate-code", f->name);
    s->vaddr = p->p_vaddr - front;
    s->used_bytes = p->p_filesz == 0 ? 0 : front + p->p_filesz;
    s->file_bytes = (s->used_bytes + PAGE - 1) / PAGE * PAGE;
    s->memory_bytes = front + p->p_memsz;
    s->flags = p->p_flags;
    s->data = take(s->file_bytes);
    if (p->p_filesz != 0)
        memcpy(s->data + front, f->data + p->p_offset, p->p_filesz);
    e->count++;
}

static int by_address(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;

    return x->address < y->address ? -1 : x->address > y->address;
}

/* Names of strings in the table's own order; names may share bytes in the file, but not here. */
static void put_names(struct symbol_table *t, const char *names)
{
    char *to = (char *)&t->symbols[t->count];

    for (uint32_t i = 0; i < t->count; i++) {
        const char *name = names + t->symbols[i].name;

        t->symbols[i].name = t->name_bytes;
        memcpy(to + t->name_bytes, name, strlen(name) + 1);
        t->name_bytes += (uint32_t)strlen(name) + 1;
    }
    if (t->name_bytes == 0)
        t->name_bytes = 1;
}

/* Functions of one symbol section. */
static void read_symbols(struct executable *e, const struct file *f, const Elf64_Shdr *s,
                         const Elf64_Shdr *strings)
{
    uint64_t count = s->sh_size / sizeof(Elf64_Sym);
    const Elf64_Sym *from = part(f, s->sh_offset, s->sh_size);
    struct symbol *found = take(count * sizeof *found);
    char *names = take(strings->sh_size + 1);
    uint64_t name_bytes = 1;
    uint32_t n = 0;

    if (strings->sh_offset > f->bytes || strings->sh_size > f->bytes - strings->sh_offset)
        report_fatal("%s: it is cut off or damaged; build it again", f->name);
    memcpy(names, f->data + strings->sh_offset, strings->sh_size);
    for (uint64_t i = 0; i < count; i++) {
        if (ELF64_ST_TYPE(from[i].st_info) != STT_FUNC || from[i].st_shndx == SHN_UNDEF ||
            from[i].st_name >= strings->sh_size)
            continue;
        name_bytes += strlen(names + from[i].st_name) + 1;
        found[n++] = (struct symbol){from[i].st_value, (uint32_t)from[i].st_size, from[i].st_name};
    }
    qsort(found, n, sizeof *found, by_address);

    struct symbol_table *t = take(sizeof *t + n * sizeof *found + name_bytes);

    t->magic = SYMBOLS_MAGIC;
    t->count = n;
    memcpy(t->symbols, found, n * sizeof *found);
    put_names(t, names);
    e->symbols = t;
    e->symbol_bytes = sizeof *t + n * sizeof *found + t->name_bytes;
}

static void find_symbols(struct executable *e, const struct file *f, const Elf64_Ehdr *h)
{
    const Elf64_Shdr *s;

    if (h->e_shnum == 0 || h->e_shentsize != sizeof *s)
        return;
    s = part(f, h->e_shoff, (uint64_t)h->e_shnum * sizeof *s);
    for (unsigned i = 0; i < h->e_shnum && e->symbols == NULL; i++) {
        if (s[i].sh_type == SHT_SYMTAB && s[i].sh_link < h->e_shnum)
            read_symbols(e, f, &s[i], &s[s[i].sh_link]);
    }
}

struct executable *executable_read(const char *name)
{
    struct file f = read_file(name);
    const Elf64_Ehdr *h = read_head(&f);
    const Elf64_Phdr *p = part(&f, h->e_phoff, (uint64_t)h->e_phnum * sizeof *p);
    struct executable *e = take(sizeof *e);
    bool enters = false;

    e->entry = h->e_entry;
    for (unsigned i = 0; i < h->e_phnum; i++) {
        if (p[i].p_type != PT_LOAD)
            continue;
        add_segment(e, &f, &p[i]);
        enters |= (p[i].p_flags & PF_X) && e->entry >= p[i].p_vaddr &&
                  e->entry - p[i].p_vaddr < p[i].p_filesz;
    }
    if (!enters)
        report_fatal("%s: its entry point is not in its code; it needs a function _start", name);
    find_symbols(e, &f, h);
    return e;
}

void *executable_write(const struct executable *e, uint64_t *bytes)
{
    struct output o = {0};
    Elf64_Ehdr h = {.e_type = ET_EXEC,
                    .e_machine = EM_X86_64,
                    .e_version = EV_CURRENT,
                    .e_entry = e->entry,
                    .e_phoff = sizeof h,
                    .e_ehsize = sizeof h,
                    .e_phentsize = sizeof(Elf64_Phdr),
                    .e_phnum = (uint16_t)e->count};
    uint64_t at = PAGE;

    memcpy(h.e_ident, ELFMAG, SELFMAG);
    h.e_ident[EI_CLASS] = ELFCLASS64;
    h.e_ident[EI_DATA] = ELFDATA2LSB;
    h.e_ident[EI_VERSION] = EV_CURRENT;
    output_add(&o, &h, sizeof h);
    for (unsigned i = 0; i < e->count; i++) {
        const struct segment *s = &e->segments[i];
        Elf64_Phdr p = {.p_type = PT_LOAD,
                        .p_flags = s->flags,
                        .p_offset = at,
                        .p_vaddr = s->vaddr,
                        .p_paddr = s->vaddr,
                        .p_filesz = s->used_bytes,
                        .p_memsz = s->memory_bytes,
                        .p_align = PAGE};

        output_add(&o, &p, sizeof p);
        at += s->file_bytes;
    }
    output_align(&o, PAGE);
    for (unsigned i = 0; i < e->count; i++)
        output_add(&o, e->segments[i].data, e->segments[i].file_bytes);
    *bytes = o.used;
    return o.data;
}
