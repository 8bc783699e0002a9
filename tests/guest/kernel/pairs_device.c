/* SPDX-License-Identifier: BSD-2-Clause */
/* Every outcome of the operations of Interrupt, IrqControl and IoPort. */
#include "test.h"

/* A line of the I/O APIC that nothing on the machines of the tests drives. */
#define FREE_LINE 21u

/* The scratch register of the first serial port. */
#define SCRATCH 0x3ffu

PAIR(interrupt_bind, OK)
{
    cap_t interrupt = test_make(TYPE_INTERRUPT, 0);
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);

    DONE(interrupt_bind(interrupt, notification));
    EQUAL(test_look(notification).child, 1);
}

PAIR(interrupt_bind, CAP)
{
    cap_t interrupt = test_make(TYPE_INTERRUPT, 0);

    REFUSED(E_CAP, interrupt_bind(interrupt, 0));
    REFUSED(E_CAP, interrupt_bind(interrupt, test_slot()));
    REFUSED(E_CAP, interrupt_bind(interrupt, test_beyond()));
}

PAIR(interrupt_bind, TYPE)
{
    REFUSED(E_TYPE, interrupt_bind(test_make(TYPE_INTERRUPT, 0), test_make(TYPE_ENDPOINT, 0)));
}

PAIR(interrupt_bind, RIGHTS)
{
    cap_t interrupt = test_make(TYPE_INTERRUPT, 0);
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);

    REFUSED(E_RIGHTS, interrupt_bind(test_copy(interrupt, RIGHT_ALL - RIGHT_WRITE), notification));
    REFUSED(E_RIGHTS, interrupt_bind(interrupt, test_copy(notification, RIGHT_ALL - RIGHT_WRITE)));
}

PAIR(interrupt_bind, STATE)
{
    cap_t interrupt = test_make(TYPE_INTERRUPT, 0);
    cap_t notification = test_make(TYPE_NOTIFICATION, 0);

    DONE(interrupt_bind(interrupt, notification));
    REFUSED(E_STATE, interrupt_bind(interrupt, notification));
}

PAIR(interrupt_acknowledge, OK)
{
    cap_t interrupt = test_make(TYPE_INTERRUPT, 0);
    cap_t message = test_make(TYPE_INTERRUPT, 0);
    word_t address, data;

    DONE(irq_control_attach(ROOT_IRQ, interrupt, FREE_LINE, 0));
    DONE(interrupt_acknowledge(interrupt));
    DONE(interrupt_acknowledge(interrupt));
    DONE(irq_control_attach_message(ROOT_IRQ, message, &address, &data));
    DONE(interrupt_acknowledge(message));
}

PAIR(interrupt_acknowledge, RIGHTS)
{
    REFUSED(E_RIGHTS, interrupt_acknowledge(
                          test_copy(test_make(TYPE_INTERRUPT, 0), RIGHT_ALL - RIGHT_WRITE)));
}

PAIR(interrupt_acknowledge, STATE)
{
    REFUSED(E_STATE, interrupt_acknowledge(test_make(TYPE_INTERRUPT, 0)));
}

PAIR(irq_control_attach, OK)
{
    cap_t interrupt = test_make(TYPE_INTERRUPT, 0);

    DONE(irq_control_attach(ROOT_IRQ, interrupt, FREE_LINE, 3));
    DONE(cnode_delete(ROOT_CNODE, interrupt, 1)); /* the line is free again */
    DONE(irq_control_attach(ROOT_IRQ, test_make(TYPE_INTERRUPT, 0), FREE_LINE, 0));
}

PAIR(irq_control_attach, CAP)
{
    REFUSED(E_CAP, irq_control_attach(ROOT_IRQ, 0, FREE_LINE, 0));
    REFUSED(E_CAP, irq_control_attach(ROOT_IRQ, test_slot(), FREE_LINE, 0));
    REFUSED(E_CAP, irq_control_attach(ROOT_IRQ, test_beyond(), FREE_LINE, 0));
}

PAIR(irq_control_attach, TYPE)
{
    REFUSED(E_TYPE, irq_control_attach(ROOT_IRQ, test_make(TYPE_TIMER, 0), FREE_LINE, 0));
}

PAIR(irq_control_attach, RIGHTS)
{
    cap_t interrupt = test_make(TYPE_INTERRUPT, 0);

    REFUSED(E_RIGHTS, irq_control_attach(test_copy(ROOT_IRQ, RIGHT_ALL - RIGHT_WRITE), interrupt,
                                         FREE_LINE, 0));
    REFUSED(E_RIGHTS, irq_control_attach(ROOT_IRQ, test_copy(interrupt, RIGHT_ALL - RIGHT_WRITE),
                                         FREE_LINE, 0));
}

PAIR(irq_control_attach, ARG)
{
    cap_t interrupt = test_make(TYPE_INTERRUPT, 0);

    REFUSED(E_ARG, irq_control_attach(ROOT_IRQ, interrupt, 24, 0));
    REFUSED(E_ARG, irq_control_attach(ROOT_IRQ, interrupt, 1000, 0));
    REFUSED(E_ARG, irq_control_attach(ROOT_IRQ, interrupt, ~0ul, 0));
    REFUSED(E_ARG, irq_control_attach(ROOT_IRQ, interrupt, FREE_LINE, 4));
    REFUSED(E_ARG, irq_control_attach(ROOT_IRQ, interrupt, FREE_LINE, ~0ul));
}

PAIR(irq_control_attach, STATE)
{
    cap_t interrupt = test_make(TYPE_INTERRUPT, 0);
    cap_t second = test_make(TYPE_INTERRUPT, 0);

    DONE(irq_control_attach(ROOT_IRQ, interrupt, FREE_LINE, 0));
    REFUSED(E_STATE, irq_control_attach(ROOT_IRQ, interrupt, FREE_LINE, 0));
    REFUSED(E_STATE, irq_control_attach(ROOT_IRQ, interrupt, FREE_LINE + 1, 0));
    REFUSED(E_STATE, irq_control_attach(ROOT_IRQ, second, FREE_LINE, 0));
    DONE(irq_control_attach(ROOT_IRQ, second, FREE_LINE + 1, 0));
}

PAIR(irq_control_attach_message, OK)
{
    word_t address, data;

    DONE(irq_control_attach_message(ROOT_IRQ, test_make(TYPE_INTERRUPT, 0), &address, &data));
    EQUAL(address & ~0xfffffful, 0xfe000000ul | (address & 0xfe000000ul));
    CHECK(data % 256 >= 0x20 && data % 256 <= 0xef);
}

PAIR(irq_control_attach_message, CAP)
{
    word_t a, d;

    REFUSED(E_CAP, irq_control_attach_message(ROOT_IRQ, 0, &a, &d));
    REFUSED(E_CAP, irq_control_attach_message(ROOT_IRQ, test_beyond(), &a, &d));
}

PAIR(irq_control_attach_message, TYPE)
{
    word_t a, d;

    REFUSED(E_TYPE, irq_control_attach_message(ROOT_IRQ, test_make(TYPE_TIMER, 0), &a, &d));
}

PAIR(irq_control_attach_message, RIGHTS)
{
    cap_t interrupt = test_make(TYPE_INTERRUPT, 0);
    word_t a, d;

    REFUSED(E_RIGHTS, irq_control_attach_message(test_copy(ROOT_IRQ, RIGHT_ALL - RIGHT_WRITE),
                                                 interrupt, &a, &d));
    REFUSED(E_RIGHTS, irq_control_attach_message(
                          ROOT_IRQ, test_copy(interrupt, RIGHT_ALL - RIGHT_WRITE), &a, &d));
}

PAIR(irq_control_attach_message, STATE)
{
    cap_t interrupt = test_make(TYPE_INTERRUPT, 0);
    word_t a, d;

    DONE(irq_control_attach_message(ROOT_IRQ, interrupt, &a, &d));
    REFUSED(E_STATE, irq_control_attach_message(ROOT_IRQ, interrupt, &a, &d));
    REFUSED(E_STATE, irq_control_attach(ROOT_IRQ, interrupt, FREE_LINE, 0));
}

PAIR(irq_control_attach_message, MEMORY)
{
    cap_t interrupts = test_make_many(TYPE_INTERRUPT, 0, 256);
    bool used[256] = {false};
    word_t n = 0, a = 0, d = 0;

    while (irq_control_attach_message(ROOT_IRQ, interrupts + n, &a, &d) == E_OK) {
        CHECK(!used[d % 256]);
        used[d % 256] = true;
        n++;
    }
    CHECK(n > 128);
    REFUSED(E_MEMORY, irq_control_attach_message(ROOT_IRQ, interrupts + n, &a, &d));
    DONE(cnode_delete(ROOT_CNODE, interrupts + 5, 1));
    DONE(irq_control_attach_message(ROOT_IRQ, interrupts + n, &a, &d));
}

PAIR(io_port_read, OK)
{
    word_t value;

    DONE(io_port_write(ROOT_IOPORT, SCRATCH, 1, 0x1a5));
    DONE(io_port_read(ROOT_IOPORT, SCRATCH, 1, &value));
    EQUAL(value, 0xa5);
}

PAIR(io_port_read, ARG)
{
    cap_t some = test_badge(ROOT_IOPORT, 0x3f8 + 65536 * 8);
    word_t value;

    REFUSED(E_ARG, io_port_read(some, SCRATCH, 0, &value));
    REFUSED(E_ARG, io_port_read(some, SCRATCH, 3, &value));
    REFUSED(E_ARG, io_port_read(some, SCRATCH, 8, &value));
    REFUSED(E_ARG, io_port_read(some, SCRATCH, 2, &value));
    REFUSED(E_ARG, io_port_read(some, 0x3f7, 1, &value));
    REFUSED(E_ARG, io_port_read(some, 0x400, 1, &value));
    REFUSED(E_ARG, io_port_read(some, 0x103f8, 1, &value));
    REFUSED(E_ARG, io_port_read(ROOT_IOPORT, 0x10000, 1, &value));
    REFUSED(E_ARG, io_port_read(ROOT_IOPORT, 0xffff, 2, &value));
    REFUSED(E_ARG, io_port_read(ROOT_IOPORT, ~0ul, 1, &value));
}

PAIR(io_port_read, RIGHTS)
{
    word_t value;

    REFUSED(E_RIGHTS, io_port_read(test_copy(ROOT_IOPORT, RIGHT_WRITE), SCRATCH, 1, &value));
}

PAIR(io_port_write, OK)
{
    cap_t some = test_badge(ROOT_IOPORT, SCRATCH + 65536 * 1);
    word_t value;

    DONE(io_port_write(some, SCRATCH, 1, 0x5a));
    DONE(io_port_read(some, SCRATCH, 1, &value));
    EQUAL(value, 0x5a);
}

PAIR(io_port_write, ARG)
{
    cap_t some = test_badge(ROOT_IOPORT, SCRATCH + 65536 * 1);
    word_t value;

    DONE(io_port_write(some, SCRATCH, 1, 1));
    REFUSED(E_ARG, io_port_write(some, SCRATCH, 2, 2));
    REFUSED(E_ARG, io_port_write(some, SCRATCH, 0, 2));
    REFUSED(E_ARG, io_port_write(some, SCRATCH + 65536, 1, 2));
    REFUSED(E_ARG, io_port_write(some, SCRATCH + 1, 1, 2));
    REFUSED(E_ARG, io_port_write(some, SCRATCH - 1, 1, 2));
    DONE(io_port_read(some, SCRATCH, 1, &value));
    EQUAL(value, 1);
}

PAIR(io_port_write, RIGHTS)
{
    word_t value;

    DONE(io_port_write(ROOT_IOPORT, SCRATCH, 1, 3));
    REFUSED(E_RIGHTS, io_port_write(test_copy(ROOT_IOPORT, RIGHT_READ), SCRATCH, 1, 4));
    DONE(io_port_read(ROOT_IOPORT, SCRATCH, 1, &value));
    EQUAL(value, 3);
}
