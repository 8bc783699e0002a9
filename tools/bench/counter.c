/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A TCG plugin of QEMU that counts what the guest executes between marks.
 *
 * A mark is a no-operation of user mode with a displacement that says which path begins or ends
 * (bench/mark.h). It costs the guest nothing between the marks, and it is recognised when QEMU
 * translates it. Every run of a path becomes one record of counts; of the last run of each path the
 * addresses of all instructions and accesses are kept, so that run.py can tell functions, cache
 * lines and slow instructions. Two more marks are addresses: path 0 is from the kernel's first
 * instruction to the first one in user mode.
 *
 * An instruction whose address is that of the one before is not counted again: that is the next
 * iteration of a `rep`, which a processor retires as one, or an access to a device that QEMU
 * executes again because it may have to be the last of a block.
 *
 * Arguments: out=FILE, entry=ADDRESS (of the kernel). The file, in 64-bit words: records of
 * RECORD_WORDS words; then a word 0; then for each path that ran: path, number of instructions, of
 * accesses, the addresses of the instructions, and those of the accesses, each followed by a word 1
 * for a store by the kernel, 0 for a load by it.
 */
#include "qemu_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATHS 4096u
#define TRACE_MAX 2000000u
#define MAGIC 0x7e550000u

enum { NOTHING = 0, BEGIN = 1, END = 2, LAP = 3 };

/* What is written for each run: 1 + path, then these. `longest` is the longest stretch in the
 * kernel, and counts every iteration of a `rep`, as no interrupt is taken in them there. */
struct counts {
    uint64_t kernel, user, iterations, longest, loads, stores;
};
#define RECORD_WORDS (1 + sizeof(struct counts) / 8)

struct trace {
    uint64_t *code, *data;
    size_t instructions, accesses;
};

/* What is known of an instruction when it is translated. */
struct site {
    uint64_t pc;
    unsigned what, path;
    bool kernel;
};

int PLUGIN_EXPORT qemu_plugin_version = PLUGIN_VERSION;

static FILE *out;
static uint64_t kernel_entry;
static bool booting, booted;

static bool active;
static unsigned active_path;
static uint64_t last_pc, stretch;
static struct counts now;
static struct trace running, kept[PATHS];

static void put_word(uint64_t word)
{
    if (fwrite(&word, sizeof word, 1, out) != 1)
        abort();
}

static void *need(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void begin(unsigned path)
{
    active = true;
    active_path = path;
    memset(&now, 0, sizeof now);
    stretch = 0;
    running.instructions = running.accesses = 0;
}

static void keep(struct trace *to)
{
    free(to->code);
    free(to->data);
    to->instructions = running.instructions;
    to->accesses = running.accesses;
    to->code = need(malloc(8 * running.instructions + 8));
    to->data = need(malloc(16 * running.accesses + 8));
    memcpy(to->code, running.code, 8 * running.instructions);
    memcpy(to->data, running.data, 16 * running.accesses);
}

static void end(unsigned path)
{
    if (!active || path != active_path)
        return;
    active = false;
    put_word(path + 1);
    if (fwrite(&now, sizeof now, 1, out) != 1)
        abort();
    keep(&kept[path]);
}

/* The boot begins at the kernel's first instruction and ends at the first in user mode. */
static void watch_boot(const struct site *site)
{
    if (!booting && site->pc == kernel_entry) {
        booting = true;
        begin(0);
    } else if (booting && !site->kernel && site->what == BEGIN && site->path == 0) {
        end(0);
        booted = true;
    }
}

static void count(const struct site *site)
{
    now.iterations += site->kernel;
    stretch = site->kernel ? stretch + 1 : 0;
    if (stretch > now.longest)
        now.longest = stretch;
    if (site->pc == last_pc)
        return;
    now.kernel += site->kernel;
    now.user += !site->kernel;
    if (running.instructions < TRACE_MAX)
        running.code[running.instructions++] = site->pc;
}

static void executed(unsigned cpu, void *data)
{
    const struct site *site = data;

    (void)cpu;
    if (!booted)
        watch_boot(site);
    else if (site->what == END || site->what == LAP)
        end(site->path);
    if (booted && site->path != 0 && (site->what == BEGIN || site->what == LAP))
        begin(site->path);
    else if (active)
        count(site);
    last_pc = site->pc;
}

static void accessed(unsigned cpu, uint32_t info, uint64_t vaddr, void *data)
{
    const struct site *site = data;
    bool store = qemu_plugin_mem_is_store(info);

    (void)cpu;
    if (!active || !site->kernel)
        return;
    now.loads += !store;
    now.stores += store;
    if (running.accesses < TRACE_MAX) {
        running.data[2 * running.accesses] = vaddr;
        running.data[2 * running.accesses++ + 1] = store;
    }
}

/* nopl displacement(%rax): 0f 1f 80, then four bytes. */
static void recognise(struct site *site, const struct qemu_plugin_insn *insn)
{
    const unsigned char *bytes = qemu_plugin_insn_data(insn);
    uint32_t displacement;

    if (site->kernel || qemu_plugin_insn_size(insn) != 7 || memcmp(bytes, "\x0f\x1f\x80", 3) != 0)
        return;
    memcpy(&displacement, bytes + 3, sizeof displacement);
    if ((displacement & 0xffff0000u) != MAGIC)
        return;
    site->what = displacement >> 12 & 3;
    site->path = displacement & 0xfff;
}

static void translated(uint64_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        struct site *site =
            need(calloc(1, sizeof *site)); /* lives as long as the block: for ever */

        site->pc = qemu_plugin_insn_vaddr(insn);
        /* The kernel starts at low addresses; until the first mark nobody else runs. */
        site->kernel = site->pc >> 63 != 0 || (!booted && site->pc < 0x400000);
        recognise(site, insn);
        qemu_plugin_register_vcpu_insn_exec_cb(insn, executed, PLUGIN_NO_REGISTERS, site);
        qemu_plugin_register_vcpu_mem_cb(insn, accessed, PLUGIN_NO_REGISTERS, PLUGIN_ACCESSES,
                                         site);
    }
}

static void ended(uint64_t id, void *data)
{
    (void)id;
    (void)data;
    put_word(0);
    for (unsigned path = 0; path < PATHS; path++) {
        const struct trace *t = &kept[path];

        if (t->instructions == 0)
            continue;
        put_word(path);
        put_word(t->instructions);
        put_word(t->accesses);
        if (fwrite(t->code, 8, t->instructions, out) != t->instructions ||
            fwrite(t->data, 16, t->accesses, out) != t->accesses)
            abort();
    }
    fclose(out);
}

int PLUGIN_EXPORT qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc,
                                      char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "out=", 4) == 0)
            out = fopen(argv[i] + 4, "wb");
        else if (strncmp(argv[i], "entry=", 6) == 0)
            kernel_entry = strtoull(argv[i] + 6, NULL, 0);
    }
    if (!out)
        return -1;
    running.code = need(malloc(8 * (size_t)TRACE_MAX));
    running.data = need(malloc(16 * (size_t)TRACE_MAX));
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
