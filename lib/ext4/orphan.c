/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The orphan list: files that must be deleted, or cut to their size, if the power goes before we
 * get to it. On the disk it is a chain from the superblock through the i_dtime of the inodes.
 */
#include "fs_priv.h"

#include <stdlib.h>
#include <string.h>

static uint32_t find(const struct ext4 *fs, uint32_t number)
{
    uint32_t i = 0;

    while (i < fs->orphan_count && fs->orphans[i] != number)
        i++;
    return i;
}

int orphan_add(struct ext4 *fs, struct node *node)
{
    if (find(fs, node->number) < fs->orphan_count)
        return 0;
    if (fs->orphan_count == fs->orphan_room) {
        uint32_t room = fs->orphan_room * 2 + 16;
        uint32_t *more = realloc(fs->orphans, room * sizeof(*more));

        if (more == NULL)
            return ENOMEM;
        fs->orphans = more;
        fs->orphan_room = room;
    }
    memmove(fs->orphans + 1, fs->orphans, fs->orphan_count * sizeof(*fs->orphans));
    fs->orphans[0] = node->number;
    fs->orphan_count++;
    node->inode.i_dtime = fs->lib->super->s_last_orphan;
    fs->lib->super->s_last_orphan = node->number;
    fs->super_dirty = true;
    return node_write(fs, node, true);
}

int orphan_remove(struct ext4 *fs, struct node *node)
{
    uint32_t at = find(fs, node->number), next;
    int error = 0;

    if (at == fs->orphan_count)
        return 0;
    next = at + 1 < fs->orphan_count ? fs->orphans[at + 1] : 0;
    if (at == 0) {
        fs->lib->super->s_last_orphan = next;
        fs->super_dirty = true;
    } else {
        struct node *before;

        error = node_get_number(fs, fs->orphans[at - 1], &before);
        if (error == 0) {
            before->inode.i_dtime = next;
            error = node_write(fs, before, true);
            node_put(fs, before);
        }
    }
    memmove(fs->orphans + at, fs->orphans + at + 1,
            (fs->orphan_count - at - 1) * sizeof(*fs->orphans));
    fs->orphan_count--;
    node->inode.i_dtime = 0;
    return error != 0 ? error : node_write(fs, node, true);
}

int orphan_settle(struct ext4 *fs, struct node *node)
{
    int error;

    if (find(fs, node->number) == fs->orphan_count) /* deleted already */
        return 0;
    if (node->pins > 0 || node->inode.i_links_count > 0 || node_held(fs, node))
        return 0;
    node->pins++;
    error = node_delete(fs, node);
    node->pins--;
    if (error == 0 && node->pins == 0)
        node_forget(fs, node);
    return error;
}

/* The chain into memory. It ends, or it is damaged. */
static int read_list(struct ext4 *fs)
{
    uint32_t number = fs->lib->super->s_last_orphan;

    while (number != 0) {
        struct node *node;
        int error;

        if (number < fs->lib->super->s_first_ino || number > fs->lib->super->s_inodes_count ||
            find(fs, number) < fs->orphan_count || fs->orphan_count == 65536 ||
            !ext2fs_test_inode_bitmap2(fs->lib->inode_map, number))
            return ext4_damaged(fs, number, "the list of orphans");
        if (fs->orphan_count == fs->orphan_room) {
            uint32_t room = fs->orphan_room * 2 + 16;
            uint32_t *more = realloc(fs->orphans, room * sizeof(*more));

            if (more == NULL)
                return ENOMEM;
            fs->orphans = more;
            fs->orphan_room = room;
        }
        error = node_get_number(fs, number, &node);
        if (error != 0)
            return error == ESTALE ? ext4_damaged(fs, number, "an orphan") : error;
        fs->orphans[fs->orphan_count++] = number;
        number = node->inode.i_dtime;
        node_put(fs, node);
    }
    return 0;
}

static int clean_one(struct ext4 *fs, uint32_t number)
{
    struct node *node;
    int error = node_get_number(fs, number, &node);

    if (error != 0)
        return error;
    if (node->inode.i_links_count > 0) {
        error = file_cut(fs, node, node_size(node));
        if (error == 0)
            error = journal_begin(fs, 4, 0);
        if (error == 0)
            error = journal_end(fs, orphan_remove(fs, node));
        node_put(fs, node);
        return error;
    }
    node_put(fs, node);
    return orphan_settle(fs, node);
}

int orphan_clean(struct ext4 *fs)
{
    uint32_t *numbers, count;
    int error = read_list(fs);

    count = fs->orphan_count;
    if (error != 0 || count == 0)
        return error;
    numbers = malloc(count * sizeof(*numbers));
    if (numbers == NULL)
        return ENOMEM;
    memcpy(numbers, fs->orphans, count * sizeof(*numbers));
    for (uint32_t i = 0; i < count && error == 0; i++)
        error = clean_one(fs, numbers[i]);
    free(numbers);
    fs->orphans_done += count;
    return error;
}

int orphan_end(struct ext4 *fs)
{
    int error = 0;

    fs->options.held = NULL;
    for (uint32_t left = fs->orphan_count; left > 0 && error == 0; left--) {
        struct node *node = node_find(fs, fs->orphans[0]);

        if (node != NULL)
            node->holds = 0;
        error = clean_one(fs, fs->orphans[0]);
    }
    return error;
}
