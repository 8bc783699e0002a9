/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TCG plugin of QEMU that finds the longest stay in the kernel, by the door that was come in by.
 * Every iteration of a `rep` counts, as in the bounds that the stays are compared with.
 *
 * Arguments: out=FILE and doors=ADDRESS/ADDRESS/...: where doors begin, in ascending order; each
 * reaches to the next. The file: for each door the longest stay in instructions, and how often it
 * was come in by, as text, a line each.
 */
#include "qemu_plugin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOORS 8u

int PLUGIN_EXPORT qemu_plugin_version = PLUGIN_VERSION;

static FILE *out;
static uint64_t first[DOORS], longest[DOORS], entries[DOORS];
static unsigned doors;

static unsigned door; /* come in by; DOORS: not in the kernel, or since boot */
static uint64_t stay;

static void in_user(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    door = DOORS;
}

static void in_kernel(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    if (door == DOORS)
        return;
    if (++stay > longest[door])
        longest[door] = stay;
}

/* The first instruction of a door. Idling ends here too: nobody waits while nobody runs. */
static void comes_in(unsigned cpu, void *data)
{
    (void)cpu;
    door = (unsigned)(uintptr_t)data;
    entries[door]++;
    stay = 1;
}

/* Which door an address is in; DOORS if in none. */
static unsigned door_of(uint64_t pc)
{
    for (unsigned i = doors - 1; i-- > 0;) {
        if (pc >= first[i] && pc < first[i + 1])
            return i;
    }
    return DOORS;
}

/* A door for a vector is two or three instructions: the processor comes in where a block begins. */
static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t pc = qemu_plugin_insn_vaddr(insn);
        unsigned at = door_of(pc);
        plugin_executed *callback = pc >> 63 == 0 ? in_user : in_kernel;

        if (i == 0 && at != DOORS && (at != 0 || pc == first[0]))
            callback = comes_in;
        qemu_plugin_register_vcpu_insn_exec_cb(insn, callback, PLUGIN_NO_REGISTERS,
                                               (void *)(uintptr_t)at);
    }
}

static void ended(uint64_t id, void *data)
{
    (void)id;
    (void)data;
    for (unsigned i = 0; i + 1 < doors; i++)
        fprintf(out, "%" PRIu64 " %" PRIu64 "\n", longest[i], entries[i]);
    fclose(out);
}

int PLUGIN_EXPORT qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc,
                                      char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) == 0)
            out = fopen(argv[i] + 4, "w");
        if (strncmp(argv[i], "doors=", 6) != 0)
            continue;
        for (char *at = argv[i] + 6; *at != 0 && doors < DOORS; at += *at == '/')
            first[doors++] = strtoull(at, &at, 0);
    }
    if (!out || doors < 2)
        return -1;
    door = DOORS;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
