/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of real devices: the PIT by a line of the I/O APIC, the HPET by a message. */
#include "test.h"

#define MS (first_info()->ticks_per_second / 1000)

/* The PIT's channel 0; by the ISA override of all PCs since the first I/O APIC it is line 2. */
#define PIT_LINE  2u
#define PIT_DATA  0x40u
#define PIT_MODE  0x43u
#define PIT_1_KHZ 1193u

static void pit_start(void)
{
    FIRST_CHECK(io_port_write(ROOT_IOPORT, PIT_MODE, 1, 0x34) == E_OK); /* rate generator */
    FIRST_CHECK(io_port_write(ROOT_IOPORT, PIT_DATA, 1, PIT_1_KHZ % 256) == E_OK);
    FIRST_CHECK(io_port_write(ROOT_IOPORT, PIT_DATA, 1, PIT_1_KHZ / 256) == E_OK);
}

static void pit_stop(void)
{
    FIRST_CHECK(io_port_write(ROOT_IOPORT, PIT_MODE, 1, 0x30) == E_OK); /* waits for a count */
}

/* An Interrupt bound to a notification: it signals bits 8. */
static cap_t make_interrupt(cap_t *notification)
{
    cap_t interrupt = test_make(TYPE_INTERRUPT, 0);

    *notification = test_make(TYPE_NOTIFICATION, 0);
    FIRST_CHECK(interrupt_bind(interrupt, test_badge(*notification, 8)) == E_OK);
    return interrupt;
}

/* Nothing comes for some time. */
static void silence(cap_t notification, int line)
{
    word_t end = first_now() + 5 * MS;
    struct message m = {.tag = 0};

    while (first_now() < end)
        test_outcome(sys_recv(notification, 0, &m, SYS_NONBLOCK), E_AGAIN, "silence", __FILE__,
                     line);
}
#define check_silence(notification) silence(notification, __LINE__)

/* As the PIT's output is high nearly always, its line asks for service all the time when it is
 * taken for level-triggered. */
TEST(irq_level, "a level-triggered line signals once for each acknowledge")
{
    cap_t notification;
    cap_t interrupt = make_interrupt(&notification);
    struct message m = {.tag = 0};

    DONE(irq_control_attach(ROOT_IRQ, interrupt, PIT_LINE, 1));
    pit_start();
    check_silence(notification); /* masked until the first acknowledge */
    for (word_t i = 0; i < 20; i++) {
        word_t start = first_now();

        DONE(interrupt_acknowledge(interrupt));
        DONE(sys_recv(notification, 0, &m, 0));
        EQUAL(m.badge, 8);
        CHECK(first_now() - start < 3 * MS);
        if (i % 8 == 0)
            check_silence(notification); /* not acknowledged: no more */
    }
    pit_stop();
}

TEST(irq_edge, "an edge-triggered line signals at every edge, from the first acknowledge on")
{
    cap_t notification;
    cap_t interrupt = make_interrupt(&notification);
    struct message m = {.tag = 0};
    word_t start;

    DONE(irq_control_attach(ROOT_IRQ, interrupt, PIT_LINE, 0));
    pit_start();
    check_silence(notification);
    DONE(interrupt_acknowledge(interrupt));
    DONE(sys_recv(notification, 0, &m, 0));
    start = first_now();
    for (word_t i = 0; i < 50; i++) {
        DONE(sys_recv(notification, 0, &m, 0));
        DONE(interrupt_acknowledge(interrupt));
    }
    BETWEEN(48 * MS, first_now() - start, 52 * MS);
    pit_stop();
}

TEST(irq_line_again,
     "a line can be attached again when its Interrupt has gone, which is silent from then on")
{
    cap_t notification;
    cap_t interrupt = make_interrupt(&notification);
    struct message m = {.tag = 0};

    for (word_t i = 0; i < 300; i++) { /* more often than there are vectors */
        DONE(irq_control_attach(ROOT_IRQ, interrupt, PIT_LINE, 0));
        DONE(cnode_delete(ROOT_CNODE, interrupt, 1));
        if (i < 299) {
            FIRST_CHECK(untyped_retype(first_untyped(), TYPE_INTERRUPT, 0, 0, interrupt, 1) ==
                        E_OK);
        }
    }
    pit_start();
    check_silence(notification);
    interrupt = make_interrupt(&notification);
    DONE(irq_control_attach(ROOT_IRQ, interrupt, PIT_LINE, 0));
    DONE(interrupt_acknowledge(interrupt));
    DONE(sys_recv(notification, 0, &m, 0));
    pit_stop();
}

/* Bits of a HPET timer's configuration. */
#define HPET          0xfed00000ul
#define HPET_ENABLE   1u
#define TIMER_ENABLE  4u
#define TIMER_MESSAGE 0x4000u
#define TIMER_CAN     0x8000u

/* A frame of device memory at a physical address. @return 0 if it is in no DeviceUntyped */
static cap_t device_frame(word_t physical)
{
    const struct boot_info *info = first_info();

    for (word_t i = 0; i < info->untyped_count; i++) {
        const struct boot_untyped *u = &info->untyped[i];
        cap_t slot = test_slots(2);

        if (!u->device || physical < u->first || physical - u->first >= u->bytes)
            continue;
        if (physical > u->first &&
            untyped_retype(ROOT_UNTYPED + i, TYPE_UNTYPED, (physical - u->first) / GRANULE, 0, slot,
                           1) != E_OK)
            return 0;
        return untyped_retype(ROOT_UNTYPED + i, TYPE_FRAME, 0, 0, slot + 1, 1) == E_OK ? slot + 1
                                                                                       : 0;
    }
    return 0;
}

TEST(irq_message, "a device's message signals its notification")
{
    cap_t notification;
    cap_t interrupt = make_interrupt(&notification);
    cap_t frame = device_frame(HPET);
    volatile word_t *hpet = (volatile word_t *)test_window(4096);
    word_t address, data;
    struct message m = {.tag = 0};

    if (frame == 0)
        test_skip("there is no HPET");
    DONE(address_space_map(ROOT_SPACE, 0, frame, 1, (word_t)hpet, MAP_READ | MAP_WRITE));
    if (!(hpet[0x100 / 8] & TIMER_CAN))
        test_skip("the HPET has no messages: give QEMU -global hpet.msi=on");
    DONE(irq_control_attach_message(ROOT_IRQ, interrupt, &address, &data));
    hpet[0x110 / 8] = address << 32 | data;
    hpet[0x100 / 8] = TIMER_ENABLE | TIMER_MESSAGE;
    hpet[0x10 / 8] = HPET_ENABLE;
    for (word_t i = 0; i < 5; i++) {
        hpet[0x108 / 8] = hpet[0xf0 / 8] + 10000;
        DONE(sys_recv(notification, 0, &m, 0));
        EQUAL(m.badge, 8);
        DONE(interrupt_acknowledge(interrupt));
    }
    hpet[0x100 / 8] = 0;
    hpet[0x10 / 8] = 0;
    FAILS(E_AGAIN, sys_recv(notification, 0, &m, SYS_NONBLOCK));
}
