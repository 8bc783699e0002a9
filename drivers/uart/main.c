/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Driver of a serial port, as protocol `serial`. One thread: requests of clients, and the interrupt
 * as a signal. The manifest gives it the ports and the interrupt; it has nothing else.
 *
 * Bytes that nobody has read yet wait in a queue, then in the chip. A read waits for the first
 * byte. A second read takes the place of the first, which gets `busy`: so a client that was
 * restarted can read at once, although its former self had been waiting. A write is answered when
 * its last byte is in the chip: so if this driver dies with bytes in its queue their writer knows,
 * and writes again.
 */
#include <abi/invoke.h>
#include <device/irq.h>
#include <ipclib/serve.h>
#include <proto/serial.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/object.h>
#include <rt/program.h>

#include "chip.h"

#define SIGNAL_IRQ   1u
#define SIGNAL_TIMER 2u
#define LOOK_NS      20000000u /* between looks at the chip without an interrupt */
#define WRITERS    4u /* that can wait */

/* A write whose bytes are not all in the chip yet. */
struct writer {
    cap_t reply;
    size_t end; /* of its bytes in the queue */
};

_Static_assert(WRITERS * SERIAL_CHUNK_MAX <= QUEUE_SIZE, "the queue takes all that may wait");

static struct {
    struct chip chip;
    struct ipc_server server;
    cap_t spare[WRITERS + 1];
    cap_t interrupt;
    cap_t timer;
    cap_t reader;             /* Reply of the read that waits; 0: none */
    size_t reader_size;
    struct writer writers[WRITERS]; /* oldest first */
    size_t writer_count;
    uint64_t reported;        /* overruns that were */
} uart;

static size_t take(uint8_t *to, size_t size)
{
    const struct queue *in = &uart.chip.in;
    size_t count = queue_used(in) < size ? queue_used(in) : size;

    for (size_t i = 0; i < count; i++)
        to[i] = queue_peek(in, i);
    return count;
}

static void taken(size_t count)
{
    queue_drop(&uart.chip.in, count);
    chip_receive(&uart.chip);
}

static void put(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        queue_put(&uart.chip.out, data[i]);
    chip_send(&uart.chip);
}

/* Answer the waiting read, if there is something. Bytes are gone only when they have arrived. */
static void answer_reader(void)
{
    uint8_t data[SERIAL_CHUNK_MAX];
    size_t size;

    if (uart.reader == 0 || queue_used(&uart.chip.in) == 0)
        return;
    size = take(data, uart.reader_size);
    if (serial_read_reply(uart.reader, SERIAL_OK, data, size) == E_OK)
        taken(size);
    (void)ipc_reuse(&uart.server, uart.reader);
    uart.reader = 0;
}

static void answer_writers(void)
{
    while (uart.writer_count > 0 && uart.chip.out.head >= uart.writers[0].end) {
        /* A writer that died needs no answer. */
        (void)serial_write_reply(uart.writers[0].reply, SERIAL_OK);
        (void)ipc_reuse(&uart.server, uart.writers[0].reply);
        uart.writer_count--;
        memmove(&uart.writers[0], &uart.writers[1], uart.writer_count * sizeof(uart.writers[0]));
    }
}

static enum serial_error on_read(void *self, word_t badge, uint32_t size, void *data,
                                 size_t *data_size)
{
    (void)self;
    (void)badge;
    if (uart.reader != 0) {
        (void)serial_read_reply(uart.reader, SERIAL_E_BUSY, NULL, 0);
        (void)ipc_reuse(&uart.server, uart.reader);
        uart.reader = 0;
    }
    *data_size = take(data, size);
    if (*data_size > 0) {
        taken(*data_size);
        return SERIAL_OK;
    }
    uart.reader = ipc_defer(&uart.server);
    uart.reader_size = size;
    return uart.reader != 0 ? SERIAL_DEFER : SERIAL_E_BUSY;
}

static enum serial_error on_write(void *self, word_t badge, const void *data, size_t data_size)
{
    struct writer *writer = &uart.writers[uart.writer_count];

    (void)self;
    (void)badge;
    if (uart.writer_count == WRITERS || uart.server.spare_count == 0)
        return SERIAL_E_BUSY;
    put(data, data_size);
    if (queue_used(&uart.chip.out) == 0)
        return SERIAL_OK;
    *writer = (struct writer){.reply = ipc_defer(&uart.server), .end = uart.chip.out.tail};
    uart.writer_count++;
    return SERIAL_DEFER;
}

static enum serial_error on_counts(void *self, word_t badge, struct serial_counts *counts)
{
    (void)self;
    (void)badge;
    *counts = (struct serial_counts){.received = uart.chip.received,
                                     .sent = uart.chip.sent,
                                     .overruns = uart.chip.overruns,
                                     .damaged = uart.chip.damaged};
    return SERIAL_OK;
}

/* Say so when bytes were lost; the more often it happens the more seldom. */
static void report(void)
{
    if (uart.chip.overruns == uart.reported || uart.chip.overruns < 2 * uart.reported)
        return;
    uart.reported = uart.chip.overruns;
    rt_say(1, "the serial port has lost bytes %lu times: they came faster than they were read",
           uart.reported);
}

static void on_signal(void *context, word_t bits)
{
    (void)context;
    if (!(bits & (SIGNAL_IRQ | SIGNAL_TIMER)))
        return;
    if (bits & SIGNAL_TIMER) {
        RT_CHECK(chip_is_sound(&uart.chip) && uart.writer_count <= WRITERS);
        (void)timer_set(uart.timer, rt_now() + rt_ns_to_ticks(LOOK_NS));
    }
    chip_serve(&uart.chip);
    device_irq_done(uart.interrupt);
    /* What came up while the line was masked made no edge that anybody saw. */
    chip_serve(&uart.chip);
    answer_reader();
    answer_writers();
    report();
}

static const struct serial_server callbacks = {
    .read = on_read, .write = on_write, .counts = on_counts};

/* Interrupts get lost: when this driver's last incarnation took one and died, or in the machine.
 * The chip's line has no second edge then, so it is looked at from time to time in any case. */
static bool open_timer(void)
{
    cap_t signal = rt_object_badge(COMPONENT_SIGNALS, RIGHT_WRITE, SIGNAL_TIMER);

    uart.timer = rt_object_new(TYPE_TIMER, 0);
    return signal != 0 && uart.timer != 0 && timer_bind(uart.timer, signal) == E_OK &&
           timer_set(uart.timer, rt_now() + rt_ns_to_ticks(LOOK_NS)) == E_OK;
}

/* Those that wait need Reply objects of their own. */
static bool make_spares(void)
{
    while (uart.server.spare_count < WRITERS + 1) {
        cap_t reply = rt_object_new(TYPE_REPLY, 0);

        if (reply == 0)
            return false;
        uart.spare[uart.server.spare_count++] = reply;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct ipc_service service = serial_service(&callbacks, NULL);
    const struct component_entry *irq = rt_find(COMPONENT_IRQ, NULL);
    enum error error;

    (void)argc;
    if (!device_ports_open(&uart.chip.ports, NULL) || irq == NULL)
        rt_fail(__FILE__, __LINE__, "%s needs ports and an interrupt from its manifest", argv[0]);
    uart.interrupt = irq->slot;
    uart.server = (struct ipc_server){.endpoint = COMPONENT_ENDPOINT,
                                      .reply = COMPONENT_REPLY,
                                      .services = &service,
                                      .service_count = 1,
                                      .signal = on_signal,
                                      .spare = uart.spare,
                                      .spare_room = WRITERS + 1};
    if (!make_spares() || !open_timer())
        rt_fail(__FILE__, __LINE__, "%s: its memory quota is too small", argv[0]);
    if (!chip_open(&uart.chip))
        rt_fail(__FILE__, __LINE__, "%s: there is no UART at port 0x%lx", argv[0],
                uart.chip.ports.first);
    error = device_irq_open(uart.interrupt, SIGNAL_IRQ);
    if (error != E_OK)
        rt_fail(__FILE__, __LINE__, "%s: its interrupt cannot be used (error %u)", argv[0],
                (unsigned)error);
    error = ipc_serve(&uart.server);
    rt_fail(__FILE__, __LINE__, "%s: nothing to serve (error %u)", argv[0], (unsigned)error);
}
