/* SPDX-License-Identifier: BSD-2-Clause */
/* What PVH gives: "x86/HVM direct boot ABI" of the Xen documentation, start information version 1.
 */
#include "loader.h"

#define PVH_MAGIC 0x336ec578u

struct pvh_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command, rsdp;
    uint64_t map; /* from version 1 on */
    uint32_t map_count, reserved;
} __attribute__((packed));

struct pvh_module {
    uint64_t first, bytes, command, reserved;
} __attribute__((packed));

struct pvh_range {
    uint64_t first, bytes;
    uint32_t type, reserved;
} __attribute__((packed));

void pvh_read(struct loader *l, word_t at)
{
    const struct pvh_info *info = boot_at(at, sizeof *info, "the PVH start information");

    if (info->magic != PVH_MAGIC)
        boot_refuse("the loader's PVH start information is not there",
                    "start Tessera by QEMU's -kernel option");
    if (info->version < 1 || info->map_count == 0)
        boot_refuse("the loader gives no memory map (PVH version 0)",
                    "use a newer loader: QEMU 4.0 or later");
    const struct pvh_range *range =
        boot_at(info->map, info->map_count * sizeof *range, "the loader's memory map");
    for (word_t i = 0; i < info->map_count; i++)
        loader_range(l, range[i].first, range[i].bytes, range[i].type);
    if (info->module_count > 0) {
        const struct pvh_module *module =
            boot_at(info->modules, sizeof *module, "the list of modules");
        l->image_first = module->first;
        l->image_bytes = module->bytes;
    }
    l->rsdp = info->rsdp;
    loader_command(l, info->command);
}
