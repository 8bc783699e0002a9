/* SPDX-License-Identifier: BSD-2-Clause */
/* What exec's parts know of one another: strings, ELF files, the first stack. */
#ifndef LINUX_EXEC_PRIV_H
#define LINUX_EXEC_PRIV_H

#include "core_priv.h"

#include "inode.h"

#define STRINGS_PAGES 512u /* 2 MiB, a quarter of the stack's limit */
#define STACK_TOP     0x00007ffffffff000ul
#define PIE_BASE      0x0000555555554000ul

/* Where a program's parts are. */
struct layout {
    word_t stack, sp; /* its upper end; the first string is below sp */
    word_t map;       /* what is mapped is below; the vDSO's two pages above */
    word_t base, heap; /* of a program that can be anywhere; from a program's end to its heap */
    word_t random[2]; /* AT_RANDOM */
};

/* Strings one behind the other, each with its NUL. */
struct strings {
    page_t *page; /* STRINGS_PAGES of them */
    size_t bytes;
    unsigned count;
};

/* An executable in memory. */
struct program {
    word_t entry, base, headers, header_count, end; /* base: what was added to its addresses */
    char interpreter[256];                          /* "": none */
};

struct exec {
    struct task *task;
    struct inode *inode;       /* what is executed at last (of a script: its interpreter) */
    struct strings arguments, environment;
    struct space *space;
    struct lone thread;        /* in it */
    struct layout layout;
    struct program program, loader;
    char path[PATH_LENGTH];    /* AT_EXECFN */
    char name[TASK_NAME];
};

/* --- strings.c --- */

bool strings_init(struct strings *s);
void strings_free(struct strings *s);
/* @return 0, -E2BIG, -ENOMEM */
long strings_add(struct strings *s, const char *text);
/* All of a NULL-terminated array of a program; array 0: none. */
long strings_add_user(struct strings *s, struct task *t, word_t array);
/* Without the first. */
long strings_add_rest(struct strings *s, const struct strings *from);
/* Put them into a space, and their addresses into an array there. */
long strings_place(const struct strings *s, struct space *space, word_t at, word_t array);

/* --- elf.c --- */

/* Load an ELF file into the space. @param base of one that can be anywhere; 0: a free place
 * @return 0, -ENOEXEC, -ENOMEM, -EIO, BLOCKED ... */
long elf_load(struct space *s, struct inode *i, struct program *p, word_t base);

/* --- layout.c --- */

void layout_choose(struct layout *l, unsigned personality);

#endif
