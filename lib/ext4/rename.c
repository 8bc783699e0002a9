/* SPDX-License-Identifier: BSD-2-Clause */
/* rename(2): everything is looked up and checked first, then done in one transaction. */
#include "names_priv.h"

#include <string.h>

struct rename {
    struct ext4 *fs;
    struct node *from, *to;     /* the directories */
    struct node *node, *target; /* the file; what has the new name now, or NULL */
    struct place from_place, to_place;
    const struct ext4_name *from_name, *to_name;
};

/* Is a directory the same as another, or above it? */
static int is_above(struct ext4 *fs, struct node *above, struct node *below, bool *result)
{
    uint32_t number = below->number;

    *result = false;
    for (unsigned depth = 0; depth < 4096; depth++) {
        struct node *node;
        struct place place;
        uint32_t parent;
        uint8_t kind;
        int error;

        if (number == above->number) {
            *result = true;
            return 0;
        }
        if (number == EXT4_ROOT)
            return 0;
        error = node_get_number(fs, number, &node);
        if (error != 0)
            return error;
        error = directory_find(fs, node, "..", 2, &place, &parent, &kind);
        node_put(fs, node);
        if (error != 0)
            return error == ENOENT ? EUCLEAN : error;
        number = parent;
    }
    return ext4_damaged(fs, below->number, "directories in a circle");
}

static bool is_directory(const struct node *node)
{
    return LINUX_S_ISDIR(node->inode.i_mode);
}

static int check_move(struct rename *r, struct node *node, struct node *into)
{
    bool above = false;
    int error = is_directory(node) ? is_above(r->fs, node, into, &above) : 0;

    if (error == 0 && (node->inode.i_flags & (EXT2_IMMUTABLE_FL | EXT2_APPEND_FL)) != 0)
        error = EPERM;
    return error != 0 ? error : above ? EINVAL : 0;
}

static int check(struct rename *r, enum ext4_replace replace)
{
    int error = names_child(r->fs, r->from, r->from_name->name, r->from_name->length,
                            &r->from_place, &r->node);

    if (error != 0)
        return error;
    error = names_child(r->fs, r->to, r->to_name->name, r->to_name->length, &r->to_place,
                        &r->target);
    if (error == ENOENT && replace != EXT4_EXCHANGE)
        return check_move(r, r->node, r->to);
    if (error != 0)
        return error;
    if (replace == EXT4_NO_REPLACE)
        return EEXIST;
    error = check_move(r, r->node, r->to);
    if (error != 0)
        return error;
    if (replace == EXT4_EXCHANGE)
        return check_move(r, r->target, r->from);
    if (r->target == r->node)
        return 0;
    error = is_directory(r->node) != is_directory(r->target)
                ? (is_directory(r->node) ? ENOTDIR : EISDIR)
                : 0;
    /* A directory that holds the file cannot be empty: so nothing moves onto what is above it. */
    return error != 0 ? error : names_may_remove(r->fs, r->target, is_directory(r->target));
}

/* A directory has another parent. */
static int set_parent(struct ext4 *fs, struct node *directory, uint32_t parent)
{
    struct place place;
    uint32_t number;
    uint8_t kind;
    int error = directory_find(fs, directory, "..", 2, &place, &number, &kind);

    return error != 0 ? error : directory_point(fs, directory, &place, parent, EXT2_FT_DIR);
}

static int moved(struct rename *r, struct node *node, struct node *from, struct node *to)
{
    int error = 0;

    node_stamp(r->fs, node, TIME_CHANGED);
    if (is_directory(node) && from != to) {
        names_count(from, -1);
        names_count(to, +1);
        error = set_parent(r->fs, node, to->number);
    }
    return error != 0 ? error : node_write(r->fs, node, true);
}

static int exchange(struct rename *r)
{
    int error = directory_point(r->fs, r->to, &r->to_place, r->node->number,
                                directory_kind(r->node->inode.i_mode));

    if (error == 0)
        error = directory_point(r->fs, r->from, &r->from_place, r->target->number,
                                directory_kind(r->target->inode.i_mode));
    if (error == 0)
        error = moved(r, r->node, r->from, r->to);
    if (error == 0)
        error = moved(r, r->target, r->to, r->from);
    if (error == 0)
        error = node_write(r->fs, r->from, true);
    return error != 0 ? error : node_write(r->fs, r->to, true);
}

static int move(struct rename *r)
{
    uint8_t kind = directory_kind(r->node->inode.i_mode), ignored;
    uint32_t number;
    int error;

    if (r->target != NULL) {
        if (is_directory(r->target))
            names_count(r->to, -1);
        error = directory_point(r->fs, r->to, &r->to_place, r->node->number, kind);
        if (error == 0)
            error = names_drop(r->fs, r->target);
    } else {
        error = directory_add(r->fs, r->to, r->to_name->name, r->to_name->length, r->node->number,
                              kind);
    }
    /* Adding may have moved the old entry: look again. */
    if (error == 0)
        error = directory_find(r->fs, r->from, r->from_name->name, r->from_name->length,
                               &r->from_place, &number, &ignored);
    if (error == 0)
        error = moved(r, r->node, r->from, r->to);
    if (error == 0)
        error = directory_delete(r->fs, r->from, &r->from_place);
    return error != 0 ? error : node_write(r->fs, r->to, true);
}

static int carry_out(struct rename *r, enum ext4_replace replace)
{
    int error = check(r, replace);

    if (error == 0 && r->target != r->node) {
        error = journal_begin(r->fs, 64, 4);
        if (error == 0)
            error = journal_end(r->fs, replace == EXT4_EXCHANGE ? exchange(r) : move(r));
    }
    if (r->node != NULL)
        node_put(r->fs, r->node);
    if (r->target != NULL) {
        node_put(r->fs, r->target);
        if (error == 0 && r->target->inode.i_links_count == 0 && !r->fs->together)
            (void)orphan_settle(r->fs, r->target);
    }
    return error;
}

int ext4_rename(struct ext4 *fs, const struct ext4_name *from, const struct ext4_name *to,
                enum ext4_replace replace)
{
    struct rename r = {.fs = fs, .from_name = from, .to_name = to};
    int error = names_check(from->name, from->length);

    if (error == 0)
        error = names_check(to->name, to->length);
    if (error != 0)
        return error == EINVAL ? EBUSY : error;
    error = names_directory(fs, from->directory, &r.from);
    if (error != 0)
        return error;
    error = names_directory(fs, to->directory, &r.to);
    if (error == 0) {
        error = carry_out(&r, replace);
        node_put(fs, r.to);
    }
    node_put(fs, r.from);
    return error;
}
