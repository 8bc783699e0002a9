/* SPDX-License-Identifier: BSD-2-Clause */
/* IoPort. */
#include "operations.h"

#include <arch/arch.h>

/* Are `width` bytes from `port` on inside the range of the capability? */
/*@ requires is_slot(slot);
    assigns \nothing;
    ensures inside: \result != 0 ==> (width == 1 || width == 2 || width == 4) &&
        Slot_object(slot) <= port && port + width <= Slot_object(slot) + Slot_badge(slot);
*/
static bool inside(ref_t slot, word_t port, word_t width)
{
    word_t first = slot_object(slot);
    word_t count = slot_badge(slot);

    if (width != 1 && width != 2 && width != 4)
        return false;
    return port >= first && port - first < count && width <= count - (port - first);
}

/*@ OPERATION(TYPE_IO_PORT) */
enum error op_io_port_read(ref_t thread, ref_t slot)
{
    word_t port = thread_word0(thread);
    word_t width = thread_word1(thread);

    if (!inside(slot, port, width))
        return E_ARG;
    thread_set_word0(thread, arch_port_read(port, width));
    return E_OK;
}

/*@ OPERATION(TYPE_IO_PORT) */
enum error op_io_port_write(ref_t thread, ref_t slot)
{
    word_t port = thread_word0(thread);
    word_t width = thread_word1(thread);

    if (!inside(slot, port, width))
        return E_ARG;
    arch_port_write(port, width, thread_word2(thread));
    return E_OK;
}
