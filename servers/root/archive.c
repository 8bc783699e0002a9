/* SPDX-License-Identifier: BSD-2-Clause */
/* The archive is in newc format, cpio(5). The kernel has checked the image's sums; sizes are
 * checked here all the same. */
#include "archive.h"

#include "console.h"
#include "memory.h"
#include "slots.h"

#include <abi/boot_info.h>
#include <abi/image.h>
#include <abi/invoke.h>
#include <rt/bytes.h>
#include <stdbool.h>
#include <stddef.h>

#define IMAGE_VADDR 0x100000000ul
#define HEAD        110u
#define FIX         "make the boot image again (./tessera build), and load it whole"

static cap_t frames;
static word_t image_bytes;
static const char *archive;
static word_t archive_bytes;

/* A CNode with a frame for each page of the image. */
static void make_frames(word_t pages)
{
    struct block *block = memory_take((pages + 1) * GRANULE);

    frames = slot_take();
    ROOT_CHECK(block != NULL && frames != 0);
    ROOT_CHECK(untyped_retype(block->untyped, TYPE_CNODE, pages + 1, 0, frames, 1) == E_OK);
    for (word_t at = 0; at < pages; at += RETYPE_COUNT) {
        word_t count = pages - at < RETYPE_COUNT ? pages - at : RETYPE_COUNT;

        ROOT_CHECK(untyped_retype(ROOT_IMAGE, TYPE_FRAME, 0, frames, at + 1, count) == E_OK);
    }
}

/* Table pages for the image, over those that the kernel left: one for each 2 MiB and two above. */
static void supply_tables(word_t bytes)
{
    struct block *block = memory_take((bytes / (512 * PAGE) + 4) * PAGE);

    ROOT_CHECK(block != NULL && address_space_supply(ROOT_SPACE, block->untyped) == E_OK);
}

void archive_init(void)
{
    const struct boot_info *info = (const struct boot_info *)ROOT_VADDR_INFO;
    const struct image_header *h = (const struct image_header *)IMAGE_VADDR;
    word_t pages = (info->image_bytes + PAGE - 1) / PAGE;

    make_frames(pages);
    supply_tables(info->image_bytes);
    ROOT_CHECK(address_space_map(ROOT_SPACE, frames, 1, pages, IMAGE_VADDR,
                                 MAP_READ | MAP_CACHED) == E_OK);
    image_bytes = h->total_bytes;
    if (image_bytes > info->image_bytes || h->archive_offset % PAGE != 0 ||
        h->archive_offset > image_bytes || h->archive_bytes > image_bytes - h->archive_offset)
        root_refuse(FIX, "the boot image's archive lies outside the image");
    archive = (const char *)IMAGE_VADDR + h->archive_offset;
    archive_bytes = h->archive_bytes;
}

/* Field `i` of an entry's head: eight hexadecimal digits. */
static bool field(const char *head, unsigned i, word_t *value)
{
    *value = 0;
    for (unsigned k = 6 + 8 * i; k < 14 + 8 * i; k++) {
        char c = head[k];

        if (c >= '0' && c <= '9')
            *value = *value * 16 + (word_t)(c - '0');
        else if (c >= 'A' && c <= 'F')
            *value = *value * 16 + (word_t)(c - 'A' + 10);
        else if (c >= 'a' && c <= 'f')
            *value = *value * 16 + (word_t)(c - 'a' + 10);
        else
            return false;
    }
    return true;
}

static word_t align4(word_t x)
{
    return (x + 3) / 4 * 4;
}

/* The entry at `at`. @return offset of the next one, 0 if this is the last or none */
static word_t entry(word_t at, const char **name, struct archive_file *file)
{
    const char *head = archive + at;
    word_t named, data;

    if (HEAD > archive_bytes - at || memcmp(head, "070701", 6) != 0 ||
        !field(head, 6, &file->bytes) || !field(head, 11, &named) || named == 0 ||
        named > archive_bytes - at - HEAD || head[HEAD + named - 1] != 0)
        return 0;
    *name = head + HEAD;
    data = align4(at + HEAD + named);
    if (data > archive_bytes || file->bytes > archive_bytes - data || rt_same(*name, "TRAILER!!!"))
        return 0;
    file->data = archive + data;
    return align4(data + file->bytes);
}

struct archive_file archive_find(const char *name)
{
    struct archive_file file = {NULL, 0};
    const char *found;
    word_t next;

    for (word_t at = 0; at < archive_bytes; at = next) {
        next = entry(at, &found, &file);
        if (next == 0)
            break;
        if (rt_same(found, name))
            return file;
    }
    return (struct archive_file){NULL, 0};
}

cap_t archive_frames(void)
{
    return frames;
}

word_t archive_first(void)
{
    return archive_slot(archive);
}

word_t archive_pages(void)
{
    return (archive_bytes + PAGE - 1) / PAGE;
}

word_t archive_slot(const char *data)
{
    return ((word_t)data - IMAGE_VADDR) / PAGE + 1;
}
