/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device memory. It comes as a few large DeviceUntyped, which hand out frames from a watermark
 * upwards; so frames are made on demand, what is skipped stays as a smaller DeviceUntyped
 * (<machine/pieces.h>), and a frame that was made is kept for whoever asks for the same page again.
 */
#include "memory.h"

#include <abi/invoke.h>
#include <machine/pieces.h>
#include <rt/bytes.h>
#include <rt/memory.h>
#include <rt/program.h>
#include <rt/slot.h>

#define TABLE_PAGES 8u
#define PIECES      (TABLE_PAGES * PAGE / sizeof(struct piece))
#define FRAMES      (TABLE_PAGES * PAGE / sizeof(struct frame))

/* A page that was made. */
struct frame {
    word_t address;
    cap_t cap;
};

static const struct boot_info *info;
static struct pieces all; /* as it was at the start: what is device memory */
static struct pieces left;
static struct frame *frames; /* ascending */
static size_t frame_count;

/* What a DeviceUntyped covers is asked of the kernel, not of the boot information. */
static bool add_range(cap_t untyped)
{
    word_t type, object, rights, badge, extra, depth;
    struct piece piece = {.capability = untyped};

    if (cnode_inspect(COMPONENT_CNODE, untyped, &type, &object, &rights, &badge, &extra, &depth) !=
            E_OK ||
        type != TYPE_DEVICE_UNTYPED)
        return false;
    piece.next = object * GRANULE;
    piece.end = (object + badge) * GRANULE;
    return pieces_add(&all, piece) && pieces_add(&left, piece);
}

bool memory_init(void)
{
    const struct component_entry *memory = rt_find(COMPONENT_CAP, "device-memory");
    cap_t page = rt_given(COMPONENT_CAP, "boot-info");

    if (memory == NULL || page == 0) {
        rt_say(0, "the manifest gives no device memory: add authority: {device-memory: all}");
        return false;
    }
    info = rt_frames_map(page, 1, MAP_READ);
    all = (struct pieces){.at = rt_pages_alloc(TABLE_PAGES), .room = PIECES};
    left = (struct pieces){.at = rt_pages_alloc(TABLE_PAGES), .room = PIECES};
    frames = rt_pages_alloc(TABLE_PAGES);
    if (info == NULL || all.at == NULL || left.at == NULL || frames == NULL) {
        rt_say(0, "the memory quota is too small: give it 1M");
        return false;
    }
    for (word_t i = 0; i < memory->value; i++) {
        if (!add_range(memory->slot + i))
            rt_say(1, "device memory: range %lu cannot be used", i);
    }
    return info->magic == BOOT_INFO_MAGIC;
}

const struct boot_info *memory_boot_info(void)
{
    return info;
}

bool memory_is_device(word_t address, word_t bytes)
{
    return pieces_find(&all, address, bytes) != all.count;
}

/* The first frame at or above an address. */
static size_t frame_index(word_t address)
{
    size_t low = 0, high = frame_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (frames[middle].address < address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Split off what lies before `address` in a piece. @return its capability; 0: cannot be done */
static cap_t split_before(const struct piece *piece, word_t address)
{
    cap_t slot = rt_slot_alloc();

    if (slot != 0 && untyped_retype(piece->capability, TYPE_UNTYPED,
                                    (address - piece->next) / GRANULE, 0, slot, 1) == E_OK)
        return slot;
    rt_slot_free(slot);
    return 0;
}

/*
 * A frame that does not exist yet. Its slot is taken first, so that what is split off is never
 * lost.
 */
static cap_t make_frame(word_t address)
{
    size_t index = pieces_find(&left, address, PAGE);
    cap_t frame, before = 0;

    if (index == left.count || left.count + 1 >= left.room)
        return 0;
    frame = rt_slot_alloc();
    if (frame == 0)
        return 0;

    struct piece *piece = &left.at[index];
    cap_t untyped = piece->capability;

    if (piece->next < address) {
        before = split_before(piece, address);
        if (before == 0) {
            rt_slot_free(frame);
            return 0;
        }
    }
    RT_CHECK(pieces_take(&left, index, address, PAGE, before));
    RT_CHECK(untyped_retype(untyped, TYPE_FRAME, 0, 0, frame, 1) == E_OK);
    return frame;
}

cap_t memory_frame(word_t address)
{
    size_t at = frame_index(address);
    cap_t frame;

    if (at < frame_count && frames[at].address == address)
        return frames[at].cap;
    if (frame_count == FRAMES || address % PAGE != 0)
        return 0;
    frame = make_frame(address);
    if (frame == 0)
        return 0;
    memmove(&frames[at + 1], &frames[at], (frame_count - at) * sizeof(frames[0]));
    frames[at] = (struct frame){address, frame};
    frame_count++;
    return frame;
}

/* Bytes inside one page. */
static bool copy_part(uint8_t *to, word_t address, size_t bytes)
{
    cap_t frame = memory_frame(address / PAGE * PAGE);
    const uint8_t *page = frame == 0 ? NULL : rt_frames_map(frame, 1, MAP_READ | MAP_CACHED);

    if (page == NULL)
        return false;
    memcpy(to, page + address % PAGE, bytes);
    rt_frames_unmap((void *)(uintptr_t)page, 1);
    return true;
}

bool memory_copy(void *to, word_t address, size_t bytes)
{
    uint8_t *next = to;

    while (bytes > 0) {
        size_t part = PAGE - address % PAGE < bytes ? PAGE - address % PAGE : bytes;

        if (!copy_part(next, address, part))
            return false;
        next += part;
        address += part;
        bytes -= part;
    }
    return true;
}
