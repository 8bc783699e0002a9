/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot, from the first line of C to the making of the first component: a list of steps, each of
 * which either works or says on the console what is wrong with the machine and how to mend it.
 */
#include <arch/arch.h>
#include <arch/start.h>

#include "proofs.h"
#include "steps.h"

#define MEMORY_MIN (31ul << 20) /* of a machine with 32 MiB the firmware keeps some */
#define LOW_MEMORY 0x100000ul
#define PIC_1      0x20u
#define PIC_2      0xa0u

static struct loader loader;
static struct acpi acpi;
static struct ranges ram, unused, devices;
static struct boot_machine machine;

void boot_say(const char *text, word_t number)
{
    x86_print(text);
    if (number != 0) {
        x86_print(" ");
        x86_print_hex(number);
    }
    x86_print("\n");
}

_Noreturn void boot_refuse(const char *what, const char *fix)
{
    x86_print("\nTessera cannot start: ");
    x86_print(what);
    x86_print(".\nWhat to do: ");
    x86_print(fix);
    x86_print(".\n");
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* --- What the loader says -------------------------------------------------------------------- */

const void *boot_at(word_t paddr, word_t bytes, const char *what)
{
    if (bytes > 0x100000000 || paddr > 0x100000000 - bytes) {
        boot_say("the loader put this above 4 GiB:", paddr);
        boot_refuse(what, "use another loader or other firmware settings; it must be below 4 GiB");
    }
    return (const void *)(DIRECT_MAP + paddr);
}

/* --- Whose memory is whose ------------------------------------------------------------------- */

static void ram_find(void)
{
    ram = loader.usable;
    for (word_t i = 0; i < loader.reserved.count; i++)
        ranges_remove(&ram, loader.reserved.at[i].first, loader.reserved.at[i].end);
    ranges_to_pages(&ram);
    word_t total = ranges_total(&ram);
    ranges_remove(&ram, DIRECT_MAP_SIZE, WORD_MAX);
    if (ranges_total(&ram) < total)
        boot_say("memory: not used, because it is above 512 GiB: bytes",
                 total - ranges_total(&ram));
    machine.ram_bytes = ranges_total(&ram);
    if (machine.ram_bytes < MEMORY_MIN)
        boot_refuse("too little memory: this machine has less than 32 MiB",
                    "give it at least 64 MiB (QEMU: -m 64M)");
}

/* The first MiB is nobody's: firmware goes on writing there, and other processors start in it. */
static void unused_find(struct image image)
{
    word_t end = (loader.image_first + loader.image_bytes + PAGE_BYTES - 1) & -PAGE_BYTES;

    unused = ram;
    ranges_remove(&unused, 0, LOW_MEMORY);
    ranges_remove(&unused, image.boot_first, image.keep_end);
    ranges_remove(&unused, loader.image_first, end);
}

static void devices_find(void)
{
    ranges_add(&devices, 0, cpu_physical_end());
    for (word_t i = 0; i < loader.usable.count; i++)
        ranges_remove(&devices, loader.usable.at[i].first & -PAGE_BYTES,
                      (loader.usable.at[i].end + PAGE_BYTES - 1) & -PAGE_BYTES);
    for (word_t i = 0; i < loader.reserved.count; i++)
        ranges_add(&devices, loader.reserved.at[i].first & -PAGE_BYTES,
                   (loader.reserved.at[i].end + PAGE_BYTES - 1) & -PAGE_BYTES);
    ranges_remove(&devices, cpu_physical_end(), WORD_MAX);
    ranges_remove(&devices, acpi.apic & -PAGE_BYTES, (acpi.apic & -PAGE_BYTES) + PAGE_BYTES);
    for (word_t i = 0; i < acpi.ioapic_count; i++)
        ranges_remove(&devices, acpi.ioapic[i] & -PAGE_BYTES,
                      (acpi.ioapic[i] & -PAGE_BYTES) + PAGE_BYTES);
}

static void memory_start(void)
{
    struct image image = tables_image();
    static struct ranges mapped;

    ram_find();
    unused_find(image);
    devices_find();
    mapped = ram;
    ranges_remove(&mapped, image.keep_first, image.keep_end);
    tables_start(&mapped, &unused);
    machine.kernel_first = image.keep_first;
    machine.kernel_end = image.keep_end;
    machine.reclaim_first = image.boot_first;
    machine.reclaim_end = image.keep_first;
}

/* --- Interrupt controllers ------------------------------------------------------------------- */

/* The old controllers: moved off the exceptions' vectors, and masked for good. */
static void pic_park(void)
{
    x86_out8(PIC_1, 0x11);
    x86_out8(PIC_2, 0x11);
    x86_out8(PIC_1 + 1, 0x20);
    x86_out8(PIC_2 + 1, 0x28);
    x86_out8(PIC_1 + 1, 4);
    x86_out8(PIC_2 + 1, 2);
    x86_out8(PIC_1 + 1, 1);
    x86_out8(PIC_2 + 1, 1);
    x86_out8(PIC_1 + 1, 0xff);
    x86_out8(PIC_2 + 1, 0xff);
}

void interrupts_start(const struct acpi *a)
{
    pic_park();
    if (a->apic == 0 || a->ioapic_count == 0)
        boot_refuse("the ACPI tables name no interrupt controllers (MADT)",
                    "switch ACPI and the I/O APIC on in the firmware's settings");
    word_t base = x86_rdmsr(MSR_APIC_BASE);
    x86_wrmsr(MSR_APIC_BASE, base | 0x800);
    x86_apic_init(x86_device_map(a->apic));
    for (word_t i = 0; i < a->ioapic_count; i++)
        x86_ioapic_add(x86_device_map(a->ioapic[i]), a->ioapic_line[i]);
}

/* --- All of it ------------------------------------------------------------------------------- */

static void machine_ranges(const struct ranges *s, word_t kind)
{
    for (word_t i = 0; i < s->count; i++) {
        word_t at = machine.range_count;
        if (at == BOOT_RANGES) {
            boot_say("memory: too many ranges, not used:", s->at[i].first);
            continue;
        }
        for (; at > 0 && machine.ranges[at - 1].first > s->at[i].first; at--)
            machine.ranges[at] = machine.ranges[at - 1];
        machine.ranges[at] = s->at[i];
        machine.ranges[at].kind = kind;
        machine.range_count++;
    }
}

static void machine_finish(void)
{
    if (loader.usable.lost + loader.reserved.lost + ram.lost + unused.lost + devices.lost > 0)
        boot_refuse("the memory map has too many pieces",
                    "raise BOOT_RANGES in kernel/boot/boot.h");
    machine_ranges(&unused, BOOT_RAM);
    machine_ranges(&devices, BOOT_DEVICE);
    machine.image_first = loader.image_first;
    machine.image_bytes = loader.image_bytes;
    machine.acpi_root = acpi.root;
    machine.acpi_wide = acpi.wide;
    machine.acpi_rsdp = acpi.rsdp;
    machine.ticks_per_second = arch_ticks_per_second();
    for (word_t i = 0; i < BOOT_COMMAND; i++)
        machine.command[i] = loader.command[i];
}

static void machine_say(void)
{
    x86_print("Tessera on x86-64: ");
    x86_print_decimal(machine.ram_bytes >> 20);
    x86_print(" MiB of memory, clock at ");
    x86_print_decimal(machine.ticks_per_second / 1000000);
    x86_print(" MHz, ");
    x86_print_decimal(arch_irq_lines());
    x86_print(" interrupt lines, boot image of ");
    x86_print_decimal((machine.image_bytes + 1023) >> 10);
    x86_print(" KiB\n");
}

_Noreturn void boot_main(word_t kind, word_t info)
{
    x86_console_init();
    x86_print("\nTessera: kernel; of its core are proved: " BOOT_PROOFS "\n");
    cpu_start();
    loader_read(&loader, kind, info);
    boot_at(loader.image_first, loader.image_bytes, "the boot image");
    acpi_read(&acpi, &loader);
    memory_start();
    interrupts_start(&acpi);
    clock_start(&acpi);
    machine_finish();
    machine_say();
    boot_root(&machine);
}
