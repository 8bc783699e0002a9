/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * platform, seen by a driver: it gets its own device's registers, interrupts and memory, and
 * nothing else. The devices are QEMU's "edu" (its documentation: docs/specs/edu.txt), which signals
 * by message, and a 16550 on PCI, which signals by its line. Half way the driver ends as if it had
 * crashed, and goes on in its next incarnation; what it counted stays in memory of the device.
 */
#include <abi/invoke.h>
#include <device/platform.h>
#include <proto/supervisor.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/format.h>
#include <rt/object.h>
#include <rt/program.h>

#define PATIENCE_NS  5000000000ul
#define EDU_BUFFER   0x40000u
#define COMMAND      4u
#define COMMAND_ON   6u /* memory and bus mastering */
#define SERIAL_PORTS 8u
#define DMA_PAGES    4096u /* the limit in system/platform.yaml */

/* Registers of edu. */
enum { IDENT = 0, LIVE = 4, FACTORIAL = 8, STATUS = 0x20, CAUSE = 0x24, RAISE = 0x60, ACK = 0x64 };
enum { DMA_FROM = 0x80, DMA_TO = 0x88, DMA_COUNT = 0x90, DMA_COMMAND = 0x98 };

/* What goes from one incarnation to the next; in a page that platform keeps. */
struct kept {
    word_t passed, failed, magic;
};

static struct kept *kept;
static cap_t edu, serial, nic;
static volatile uint8_t *registers;

__attribute__((format(printf, 3, 4))) static void check(bool ok, const char *name,
                                                        const char *format, ...)
{
    char why[100];
    va_list arguments;

    va_start(arguments, format);
    rt_format_list(why, sizeof(why), format, arguments);
    va_end(arguments);
    rt_say(2, ok ? "ok %s" : "FAIL %s: %s", name, why);
    kept->passed += ok;
    kept->failed += !ok;
}

static uint32_t get(unsigned offset)
{
    return *(volatile uint32_t *)(registers + offset);
}

static void set(unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(registers + offset) = value;
}

/* Wait for a signal of an interrupt. */
static bool signalled(cap_t notification)
{
    word_t end = rt_now() + rt_ns_to_ticks(PATIENCE_NS);
    struct message m;

    while (rt_now() < end) {
        m = (struct message){0};
        if (sys_recv(notification, 0, &m, SYS_NONBLOCK) == E_OK)
            return true;
        (void)rt_sleep_ns(1000000);
    }
    return false;
}

/* A notification that an interrupt signals. 0: something failed */
static cap_t listen(cap_t device, uint16_t index, cap_t *interrupt)
{
    cap_t notification = rt_object_new(TYPE_NOTIFICATION, 0);
    cap_t badged = rt_object_badge(notification, RIGHT_WRITE, 1);

    if (platform_interrupt(device, index, interrupt) != PLATFORM_OK ||
        interrupt_bind(*interrupt, badged) != E_OK || interrupt_acknowledge(*interrupt) != E_OK)
        return 0;
    return notification;
}

/* --- The list -------------------------------------------------------------------------------- */

static void say_regions(cap_t list, uint32_t index, const struct platform_device *d)
{
    enum platform_space space = PLATFORM_SPACE_PORTS;
    uint64_t start = 0, length = 0;

    for (uint8_t i = 0; i < d->regions; i++) {
        if (platform_list_region(list, index, i, &space, &start, &length) == PLATFORM_OK)
            rt_say(2, "   %s 0x%lx, 0x%lx bytes",
                   space == PLATFORM_SPACE_PORTS ? "ports" : "memory", start, length);
    }
}

static void test_list(void)
{
    cap_t list = rt_uses("platform");
    char name[PLATFORM_NAME_MAX + 1];
    struct platform_device d;
    unsigned count = 0, bridges = 0, edus = 0;

    while (platform_list(list, count, name, &d) == PLATFORM_OK) {
        rt_say(2, "%s: %04x:%04x class %06x, %u interrupts", name, d.vendor, d.product, d.class,
               d.interrupts);
        say_regions(list, count, &d);
        bridges += d.vendor == 0x8086 && d.class >> 8 == 0x0600;
        edus += d.vendor == 0x1234 && d.product == 0x11e8;
        count++;
    }
    check(count >= 5 && bridges == 1 && edus == 1, "the list has every device once",
          "%u devices, %u host bridges, %u edus", count, bridges, edus);
    check(platform_device(list, name, &d) == PLATFORM_E_NOT_FOUND, "who may list has no device",
          "%s", name);
    check(platform_device(rt_given(COMPONENT_DEVICE, "absent"), name, &d) == PLATFORM_E_NOT_FOUND,
          "a device that is not there is not given", "%s", name);
}

/* --- edu ------------------------------------------------------------------------------------- */

static bool test_registers(void)
{
    char name[PLATFORM_NAME_MAX + 1];
    struct platform_device d = {0};
    enum platform_space space = PLATFORM_SPACE_PORTS;
    uint64_t start = 1, length = 0;
    cap_t cap;

    check(platform_device(edu, name, &d) == PLATFORM_OK && d.vendor == 0x1234 && d.regions == 1,
          "a driver finds its device", "%04x, %u regions", d.vendor, d.regions);
    check(platform_registers(edu, 0, &space, &start, &length) == PLATFORM_OK &&
              space == PLATFORM_SPACE_MEMORY && start == 0 && length == 0x100000,
          "the size of its registers", "0x%lx at 0x%lx", length, start);
    registers = device_registers_map(edu, 0, 0, 1);
    check(registers != NULL && get(IDENT) == 0x010000ed, "its registers can be read", "%x",
          registers == NULL ? 0 : get(IDENT));
    if (registers == NULL)
        return false;
    set(LIVE, 0x12345678);
    check(get(LIVE) == ~0x12345678u, "and written", "%x", get(LIVE));
    check(platform_page(edu, 0, 256, &cap) == PLATFORM_E_NO_RESOURCE &&
              platform_page(edu, 1, 0, &cap) == PLATFORM_E_NO_RESOURCE &&
              platform_page(edu, 0, 0xffffffff, &cap) == PLATFORM_E_NO_RESOURCE &&
              platform_ports(edu, 0, &cap) == PLATFORM_E_NO_RESOURCE,
          "nothing beyond them is given", "something was");
    return true;
}

static void test_config(void)
{
    uint32_t before = 0, after = 0;

    check(platform_config_read(edu, 0, 4, &before) == PLATFORM_OK && before == 0x11e81234,
          "configuration can be read", "%x", before);
    (void)platform_config_read(edu, 0x10, 4, &before);
    check(platform_config_write(edu, 0x10, 4, 0xffffffff) == PLATFORM_E_NOT_ALLOWED &&
              platform_config_write(edu, 0x3c, 1, 3) == PLATFORM_E_NOT_ALLOWED &&
              platform_config_read(edu, 0x10, 4, &after) == PLATFORM_OK && before == after,
          "base addresses cannot be moved", "%x is %x", before, after);
    check(platform_config_read(edu, 1, 2, &after) == PLATFORM_E_NO_RESOURCE &&
              platform_config_read(edu, 0, 3, &after) == PLATFORM_E_NO_RESOURCE,
          "odd accesses are refused", "one was not");
}

static void test_message(const char *name, const char *again)
{
    cap_t interrupt, notification;

    set(ACK, 0xffffffff);
    notification = listen(edu, 0, &interrupt);
    check(platform_config_write(edu, COMMAND, 2, COMMAND_ON) == PLATFORM_OK && notification != 0,
          "an interrupt is given and bound", "not");
    if (notification == 0)
        return;
    set(RAISE, 5);
    check(signalled(notification) && get(CAUSE) == 5, name, "cause %x", get(CAUSE));
    set(ACK, 5);
    (void)interrupt_acknowledge(interrupt);
    set(RAISE, 2);
    check(signalled(notification) && get(CAUSE) == 2, again, "cause %x", get(CAUSE));
    set(ACK, 2);
    (void)interrupt_acknowledge(interrupt);
}

static void dma(uint64_t from, uint64_t to, uint32_t command)
{
    word_t end = rt_now() + rt_ns_to_ticks(PATIENCE_NS);

    *(volatile uint64_t *)(registers + DMA_FROM) = from;
    *(volatile uint64_t *)(registers + DMA_TO) = to;
    *(volatile uint64_t *)(registers + DMA_COUNT) = 64;
    *(volatile uint64_t *)(registers + DMA_COMMAND) = command;
    while ((*(volatile uint64_t *)(registers + DMA_COMMAND) & 1) != 0 && rt_now() < end)
        (void)rt_sleep_ns(1000000);
}

static void test_dma(void)
{
    uint64_t address = 0, none;
    uint8_t *page = device_dma_map(edu, 1, &address);
    bool there = false;

    check(page != NULL && address % 4096 == 0 && address != 0, "memory for the device", "at 0x%lx",
          address);
    if (page == NULL)
        return;
    for (unsigned i = 0; i < 64; i++)
        page[i] = (uint8_t)(i * 7 + 1);
    dma(address, EDU_BUFFER, 1);
    dma(EDU_BUFFER, address + 1024, 3);
    there = memcmp(page, page + 1024, 64) == 0;
    check(there, "the device reads and writes it", "byte %x", page[1024]);
    check(platform_reset(edu) == PLATFORM_OK, "a device can be stopped", "not");
    dma(EDU_BUFFER, address + 2048, 3);
    there = page[2048] == 0 && page[2050] == 0;
    check(there, "and then reaches no memory", "byte %x", page[2048]);
    check(platform_dma_page(edu, DMA_PAGES, &(cap_t){0}, &none) == PLATFORM_E_NO_RESOURCE,
          "memory has a limit", "not");
}

/* --- The 16550 ------------------------------------------------------------------------------- */

static void test_ports(void)
{
    enum platform_space space = PLATFORM_SPACE_MEMORY;
    uint64_t start = 0, length = 0;
    word_t value = 0;
    cap_t ports = 0, interrupt = 0, notification;

    check(platform_registers(serial, 0, &space, &start, &length) == PLATFORM_OK &&
              space == PLATFORM_SPACE_PORTS && length == SERIAL_PORTS,
          "a device with ports", "0x%lx ports at 0x%lx", length, start);
    check(platform_ports(serial, 0, &ports) == PLATFORM_OK &&
              io_port_write(ports, start + 7, 1, 0x5a) == E_OK &&
              io_port_read(ports, start + 7, 1, &value) == E_OK && value == 0x5a,
          "its ports can be read and written", "0x%lx", value);
    check(io_port_read(ports, start + 8, 1, &value) == E_ARG &&
              io_port_read(ports, start - 1, 1, &value) == E_ARG &&
              io_port_read(ports, 0xcf8, 4, &value) == E_ARG,
          "and no others", "one can");
    notification = listen(serial, 0, &interrupt);
    check(notification != 0, "an interrupt line is given and bound", "not");
    if (notification == 0)
        return;
    (void)io_port_write(ports, start + 1, 1, 2); /* signal that the transmitter is empty */
    check(signalled(notification), "the line signals", "it does not");
    (void)io_port_read(ports, start + 2, 1, &value); /* which is taken back by reading why */
    (void)interrupt_acknowledge(interrupt);
    (void)io_port_write(ports, start, 1, 'x');
    check(signalled(notification), "and again after it was acknowledged", "it does not");
    (void)io_port_write(ports, start + 1, 1, 0);
}

/* --- A table of messages (MSI-X) -------------------------------------------------------------- */

/* Registers of the 82574 (its datasheet, chapter 10); cause 20 is that of receive queue 0. */
enum {
    NIC_CAUSES = 0xc0,
    NIC_SET = 0xc8,
    NIC_MASK = 0xd0,
    NIC_VECTORS = 0xe4,
    NIC_CAUSE_QUEUE = 1 << 20
};

/* Which of its regions is this long? 0xff: none */
static uint8_t region_of_length(cap_t device, uint64_t wanted)
{
    enum platform_space space = PLATFORM_SPACE_PORTS;
    uint64_t start = 0, length = 0;

    for (uint8_t i = 0; i < 6; i++) {
        if (platform_registers(device, i, &space, &start, &length) != PLATFORM_OK)
            break;
        if (space == PLATFORM_SPACE_MEMORY && length == wanted)
            return i;
    }
    return 0xff;
}

static void test_table(void)
{
    cap_t interrupt = 0, other = 0, notification, silent;
    volatile uint8_t *nic_registers = device_registers_map(nic, 0, 0, 1);

    check(platform_page(nic, region_of_length(nic, 16384), 0, &other) == PLATFORM_E_NOT_ALLOWED,
          "a driver does not get the table of messages", "it does");
    silent = listen(nic, 1, &other);
    notification = listen(nic, 2, &interrupt);
    check(nic_registers != NULL && notification != 0 && silent != 0 && interrupt != other,
          "two messages of a table are given", "not");
    if (nic_registers == NULL || notification == 0)
        return;
    (void)platform_config_write(nic, COMMAND, 2, COMMAND_ON);
    /* A cause that a former driver left standing is not told again. */
    *(volatile uint32_t *)(nic_registers + NIC_CAUSES) = ~0u;
    *(volatile uint32_t *)(nic_registers + NIC_VECTORS) = 8 | 2;
    *(volatile uint32_t *)(nic_registers + NIC_MASK) = NIC_CAUSE_QUEUE;
    *(volatile uint32_t *)(nic_registers + NIC_SET) = NIC_CAUSE_QUEUE;
    check(signalled(notification), "a message of a table signals", "it does not");
    struct message m = {0};
    check(sys_recv(silent, 0, &m, SYS_NONBLOCK) == E_AGAIN, "and no other", "another does");
}

/* --- Before and after crashes -------------------------------------------------------------- */

static void before(void)
{
    test_list();
    if (!test_registers())
        return;
    test_config();
    test_message("a message signals", "and again");
    test_dma();
    test_ports();
    test_table();
}

/* What was mapped before must be mapped again. */
static void again(const char *registers_name, const char *first, const char *second)
{
    (void)platform_reset(edu);
    registers = device_registers_map(edu, 0, 0, 1);
    check(registers != NULL && get(LIVE) == ~0x12345678u, registers_name, "not");
    if (registers == NULL)
        return;
    test_message(first, second);
    test_ports();
    test_table();
}

/* Platform itself is killed: it comes back, and all can be had again. */
static void lose_platform(void)
{
    static struct kept mine;

    mine = *kept;
    kept = &mine; /* the page was platform's */
    check(supervisor_kill(rt_uses("supervisor"), "platform") == SUPERVISOR_OK,
          "platform can be killed", "not");
    again("and gives registers again", "messages signal after that", "and again after that");
}

int main(int argc, char **argv)
{
    uint64_t address;

    (void)argc;
    edu = rt_given(COMPONENT_DEVICE, "edu");
    serial = rt_given(COMPONENT_DEVICE, "serial");
    nic = rt_given(COMPONENT_DEVICE, "nic");
    kept = device_dma_map(edu, 0, &address);
    if (kept == NULL)
        rt_fail(__FILE__, __LINE__, "%s: no memory from platform", argv[0]);
    if (rt_info()->incarnation == 0) {
        kept->magic = COMPONENT_MAGIC;
        before();
        return 1;
    }
    check(kept->magic == COMPONENT_MAGIC, "memory for the device outlives its driver", "%lx",
          kept->magic);
    again("the next incarnation has its registers", "messages signal the next incarnation",
          "and again to the next incarnation");
    lose_platform();
    rt_say(2, "%lu passed, %lu failed", kept->passed, kept->failed);
    return 0;
}
