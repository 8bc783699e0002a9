/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few calls of QEMU's plugin interface, version 1, that the counter uses, declared by us
 * because Debian packages no header. What they do: docs/devel/tcg-plugins in QEMU's documentation.
 */
#ifndef BENCH_QEMU_PLUGIN_H
#define BENCH_QEMU_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLUGIN_VERSION 1
#define PLUGIN_EXPORT __attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;

/** What a callback may do with the guest's registers: nothing. */
enum { PLUGIN_NO_REGISTERS = 0 };
/** Which accesses a memory callback is told of. */
enum { PLUGIN_LOADS = 1, PLUGIN_STORES = 2, PLUGIN_ACCESSES = 3 };

typedef void plugin_translated(uint64_t id, struct qemu_plugin_tb *tb);
typedef void plugin_executed(unsigned cpu, void *data);
typedef void plugin_accessed(unsigned cpu, uint32_t info, uint64_t vaddr, void *data);
typedef void plugin_ended(uint64_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, plugin_translated *callback);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                            plugin_executed *callback, int flags, void *data);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, plugin_accessed *callback,
                                      int flags, int which, void *data);
void qemu_plugin_register_atexit_cb(uint64_t id, plugin_ended *callback, void *data);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
bool qemu_plugin_mem_is_store(uint32_t info);

#endif
