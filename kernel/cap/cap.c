/* SPDX-License-Identifier: BSD-2-Clause */
#include "cap.h"

#include "tree.h"

enum error cap_find(ref_t thread, word_t index, word_t type, word_t right, ref_t *slot)
{
    ref_t s = cap_slot(thread, index);

    if (s == NIL || slot_type(s) == TYPE_NULL)
        return E_CAP;
    if (slot_type(s) != type)
        return E_TYPE;
    if ((slot_rights(s) & right) != right)
        return E_RIGHTS;
    *slot = s;
    return E_OK;
}

static void count(word_t type, ref_t object)
{
    if (cap_counted(type))
        object_set_caps(object, object_caps(object) + 1);
}

void cap_create(ref_t parent, ref_t to, word_t type, ref_t object, word_t rights, word_t badge)
{
    slot_set_type(to, type);
    slot_set_object(to, object);
    slot_set_rights(to, rights);
    slot_set_badge(to, badge);
    slot_set_extra(to, 0);
    tree_insert(parent, to);
    count(type, object);
}

bool cap_copyable(ref_t from)
{
    word_t type = slot_type(from);

    return type != TYPE_UNTYPED && type != TYPE_DEVICE_UNTYPED && type != TYPE_TABLES &&
           type != TYPE_REPLY;
}

void cap_copy(ref_t from, ref_t to, word_t rights)
{
    word_t type = slot_type(from);
    word_t badge = cap_is_frame(type) ? 0 : slot_badge(from);

    cap_create(from, to, type, slot_object(from), cap_fewer(slot_rights(from), rights), badge);
}

enum error cap_check_badge(ref_t from, word_t badge)
{
    word_t first = badge % 65536u;
    word_t count = badge / 65536u;

    if (badge == 0)
        return E_ARG;
    switch (slot_type(from)) {
    case TYPE_ENDPOINT:
    case TYPE_NOTIFICATION:
        return slot_badge(from) == 0 ? E_OK : E_STATE;
    case TYPE_CPU:
        return badge <= slot_badge(from) ? E_OK : E_ARG;
    case TYPE_IO_PORT:
        if (count == 0 || first < slot_object(from) ||
            first - slot_object(from) >= slot_badge(from))
            return E_ARG;
        return count <= slot_badge(from) - (first - slot_object(from)) ? E_OK : E_ARG;
    default:
        return E_TYPE;
    }
}

void cap_mint(ref_t from, ref_t to, word_t rights, word_t badge)
{
    cap_copy(from, to, rights);
    if (slot_type(from) == TYPE_IO_PORT) {
        slot_set_object(to, badge % 65536u);
        slot_set_badge(to, badge / 65536u);
    } else {
        slot_set_badge(to, badge);
    }
}

void cap_move(ref_t from, ref_t to)
{
    slot_set_type(to, slot_type(from));
    slot_set_object(to, slot_object(from));
    slot_set_rights(to, slot_rights(from));
    slot_set_badge(to, slot_badge(from));
    slot_set_extra(to, slot_extra(from));
    tree_replace(from, to);
    slot_set_type(from, TYPE_NULL);
    slot_set_object(from, NIL);
    slot_set_rights(from, 0);
    slot_set_badge(from, 0);
    slot_set_extra(from, 0);
}

void cap_clear(ref_t slot)
{
    tree_remove(slot);
    slot_set_type(slot, TYPE_NULL);
    slot_set_object(slot, NIL);
    slot_set_rights(slot, 0);
    slot_set_badge(slot, 0);
    slot_set_extra(slot, 0);
}
