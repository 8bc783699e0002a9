/* SPDX-License-Identifier: BSD-2-Clause */
/* Windows as they are mapped here, and recalled leases on their way to the client. */
#include "session.h"

#include <abi/invoke.h>
#include <rt/bytes.h>
#include <rt/clock.h>
#include <rt/component.h>
#include <rt/guard.h>
#include <rt/memory.h>
#include <rt/object.h>
#include <rt/program.h>
#include <rt/slot.h>

/* Above the heap: a stretch of addresses for each session. */
#define WINDOWS      (COMPONENT_HEAP_END + 0x80000000000ul)
#define WINDOW_BYTES (FILE_WINDOW_PAGES_MAX * 4096ul)

bool files_copy(void *to, const void *from, size_t size)
{
    return rt_guard_copy(to, from, size);
}

bool files_window_prepare(struct files_session *session, unsigned number, uint32_t pages)
{
    session->window = (uint8_t *)(WINDOWS + number * WINDOW_BYTES);
    session->pages = pages;
    session->given = 0;
    session->region = ~0ul;
    session->frames = pages == 0 ? 0 : rt_slot_alloc_row(pages);
    return pages == 0 || session->frames != 0;
}

/* Ordinary memory of one page that may be written: then what the client can do to it is no more
 * than to take it away. */
static bool good_frame(cap_t frame)
{
    word_t type, object, rights, badge, extra, hint;

    return cnode_inspect(COMPONENT_CNODE, frame, &type, &object, &rights, &badge, &extra, &hint) ==
               E_OK &&
           type == TYPE_FRAME &&
           (rights & (RIGHT_READ | RIGHT_WRITE | RIGHT_RAM)) ==
               (RIGHT_READ | RIGHT_WRITE | RIGHT_RAM);
}

static bool add_page(struct files_session *session, uint32_t page, cap_t frame)
{
    cap_t slot = session->frames + page;

    if (!good_frame(frame) || cnode_move(COMPONENT_CNODE, slot, 0, frame) != E_OK)
        return false;
    return rt_map_at(COMPONENT_SPACE, slot, 1, (word_t)session->window + page * RT_PAGE,
                     MAP_READ | MAP_WRITE) == E_OK;
}

static void empty_slots(const struct files_session *session, uint32_t first, uint32_t count)
{
    if (count > 0)
        (void)cnode_delete(COMPONENT_CNODE, session->frames + first, count);
}

/* The client must not see what the page is used for next. */
static void drop_recalls(struct files_session *session)
{
    if (session->recalls == NULL)
        return;
    (void)cnode_revoke(COMPONENT_CNODE, rt_page_frame(session->recalls));
    rt_slot_free(session->recalls_shown);
    rt_pages_free(session->recalls, 1);
    session->recalls = NULL;
    session->recalls_shown = 0;
}

enum file_error files_window_add(struct files_session *session, uint32_t page,
                                 const cap_t frames[4])
{
    bool good = true, new = page == session->given;

    for (unsigned i = 0; i < 4; i++) {
        good = good && (!new || add_page(session, page + i, frames[i]));
        rt_slot_delete(frames[i]);
    }
    if (!good)
        empty_slots(session, page, 4);
    else if (new)
        session->region = (session->given += 4) * 4096ul;
    return good ? FILE_OK : FILE_E_BAD_WINDOW;
}

cap_t files_recalls_page(struct files_session *session)
{
    if (session->recalls != NULL)
        return session->recalls_shown;
    session->recalls = rt_pages_alloc(1);
    if (session->recalls == NULL)
        return 0;
    session->recalls_shown =
        rt_object_copy(rt_page_frame(session->recalls), RIGHT_READ | RIGHT_RAM);
    if (session->recalls_shown == 0)
        drop_recalls(session);
    return session->recalls_shown;
}

void files_window_drop(struct files_session *session)
{
    drop_recalls(session);
    if (session->frames != 0) {
        empty_slots(session, 0, session->pages);
        rt_slot_free_row(session->frames, session->pages);
    }
    session->frames = 0;
    session->pages = session->given = 0;
    session->region = ~0ul;
    files_bell_drop(session->bell);
    session->bell = 0;
}

uint64_t files_milliseconds(void)
{
    return rt_ticks_to_ns(rt_now()) / 1000000;
}

void files_ring(cap_t bell)
{
    struct message m = {.tag = 0};

    if (bell != 0)
        (void)sys_send(bell, &m, SYS_NONBLOCK);
}

void files_bell_drop(cap_t bell)
{
    rt_slot_delete(bell);
}

bool files_client_gone(uint64_t badge)
{
    char name[COMPONENT_NAME];

    rt_client_name(badge, name);
    return name[0] == 0;
}
