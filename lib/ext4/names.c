/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on names: look up, make, link, remove. rename.c has the last one. */
#include "names_priv.h"

#include <string.h>

#define MAKE_CREDITS 48u

int names_check(const char *name, size_t length)
{
    if (length == 0)
        return ENOENT;
    if (length > EXT4_NAME_MAX)
        return ENAMETOOLONG;
    return memchr(name, '/', length) != NULL || memchr(name, 0, length) != NULL ||
                   directory_is_dots(name, length)
               ? EINVAL
               : 0;
}

/* A directory in which names may change. */
int names_directory(struct ext4 *fs, struct ext4_handle handle, struct node **directory)
{
    int error;

    if (fs->aborted != 0 || fs->read_only)
        return EROFS;
    error = node_get(fs, handle, directory);
    if (error != 0)
        return error;
    if (!LINUX_S_ISDIR((*directory)->inode.i_mode))
        error = ENOTDIR;
    else if ((*directory)->inode.i_links_count == 0)
        error = ENOENT;
    else if (((*directory)->inode.i_flags & EXT2_IMMUTABLE_FL) != 0)
        error = EPERM;
    if (error != 0)
        node_put(fs, *directory);
    return error;
}

int names_child(struct ext4 *fs, struct node *directory, const char *name, size_t length,
                struct place *place, struct node **found)
{
    uint32_t number;
    uint8_t kind;
    int error = directory_find(fs, directory, name, length, place, &number, &kind);

    if (error != 0)
        return error;
    if (number < fs->lib->super->s_first_ino && number != EXT4_ROOT)
        return ext4_damaged(fs, directory->number, "an entry names a reserved inode");
    error = node_get_number(fs, number, found);
    return error == ESTALE ? ext4_damaged(fs, directory->number, "an entry names a free inode")
                           : error;
}

int ext4_lookup(struct ext4 *fs, struct ext4_handle directory, const char *name, size_t length,
                struct ext4_handle *found)
{
    struct node *node, *child;
    struct place place;
    int error = node_get(fs, directory, &node);

    if (error != 0)
        return error;
    if (length == 0)
        error = ENOENT;
    if (error == 0)
        error = names_child(fs, node, name, length, &place, &child);
    if (error == 0) {
        *found = node_handle(child);
        node_put(fs, child);
    }
    node_put(fs, node);
    return error;
}

/* Linux counts no links of directories beyond this: 1 then means "many". */
#define LINKS_MAX 65000u

void names_count(struct node *directory, int change)
{
    uint16_t *links = &directory->inode.i_links_count;

    if (*links == 1 && LINUX_S_ISDIR(directory->inode.i_mode))
        return;
    *links = (uint16_t)(*links + change);
    if (LINUX_S_ISDIR(directory->inode.i_mode) && *links >= LINKS_MAX)
        *links = 1;
}

static void fill_inode(struct ext4 *fs, struct node *node, const struct ext4_make *what)
{
    struct ext2_inode_large *i = &node->inode;
    struct ext3_extent_header *root = (struct ext3_extent_header *)i->i_block;

    i->i_mode = what->mode;
    i->i_uid = (uint16_t)what->user;
    i->osd2.linux2.l_i_uid_high = (uint16_t)(what->user >> 16);
    i->i_gid = (uint16_t)what->group;
    i->osd2.linux2.l_i_gid_high = (uint16_t)(what->group >> 16);
    i->i_links_count = LINUX_S_ISDIR(what->mode) ? 2 : 1;
    node_stamp(fs, node, TIME_ACCESSED | TIME_MODIFIED | TIME_CHANGED | TIME_BORN);
    if (LINUX_S_ISCHR(what->mode) || LINUX_S_ISBLK(what->mode)) {
        if (what->major < 256 && what->minor < 256)
            i->i_block[0] = what->major << 8 | what->minor;
        else
            i->i_block[1] = (what->minor & 0xff) | what->major << 8 | (what->minor & 0xfff00) << 12;
        return;
    }
    if (LINUX_S_ISREG(what->mode) || LINUX_S_ISDIR(what->mode) ||
        (LINUX_S_ISLNK(what->mode) && what->target_length >= sizeof(i->i_block))) {
        i->i_flags |= EXT4_EXTENTS_FL;
        root->eh_magic = EXT3_EXT_MAGIC;
        root->eh_max = (sizeof(i->i_block) - sizeof(*root)) / sizeof(struct ext3_extent);
    }
}

/* What a symbolic link says: in the inode if it fits, else in a block, as metadata. */
static int fill_link(struct ext4 *fs, struct node *node, const struct ext4_make *what)
{
    struct buffer *buffer;
    struct run run;
    int error;

    node_set_size(node, what->target_length);
    if (what->target_length < sizeof(node->inode.i_block)) {
        memcpy(node->inode.i_block, what->target, what->target_length);
        return 0;
    }
    error = map_fill(fs, node, 0, 1, false, &run);
    if (error == 0)
        error = cache_get(&fs->cache, run.block, CACHE_NEW, &buffer);
    if (error != 0)
        return error;
    error = journal_touch(fs, buffer);
    if (error == 0) {
        memset(buffer->data, 0, fs->block_bytes);
        memcpy(buffer->data, what->target, what->target_length);
    }
    cache_put(buffer);
    return error;
}

static int make_inode(struct ext4 *fs, struct node *directory, const struct ext4_make *what,
                      struct node **made)
{
    uint32_t number;
    int error = space_take_inode(fs, directory->number, LINUX_S_ISDIR(what->mode), &number);

    if (error == 0)
        error = node_create(fs, number, made);
    if (error != 0)
        return error;
    fill_inode(fs, *made, what);
    error = node_write(fs, *made, true);
    if (error == 0 && LINUX_S_ISDIR(what->mode))
        error = directory_make(fs, *made, directory->number);
    if (error == 0 && LINUX_S_ISLNK(what->mode))
        error = fill_link(fs, *made, what);
    if (error == 0)
        error = node_write(fs, *made, true);
    if (error != 0)
        node_put(fs, *made);
    return error;
}

static int make(struct ext4 *fs, struct node *directory, const char *name, size_t length,
                const struct ext4_make *what, struct ext4_handle *handle)
{
    struct node *made;
    int error = make_inode(fs, directory, what, &made);

    if (error != 0)
        return error;
    if (LINUX_S_ISDIR(what->mode))
        names_count(directory, +1);
    error = directory_add(fs, directory, name, length, made->number, directory_kind(what->mode));
    *handle = node_handle(made);
    node_put(fs, made);
    return error;
}

static int make_check(struct ext4 *fs, struct node *directory, const char *name, size_t length,
                      const struct ext4_make *what)
{
    struct place place;
    uint32_t number;
    uint8_t kind;
    int error;

    if (LINUX_S_ISLNK(what->mode) &&
        (what->target_length == 0 || what->target_length > EXT4_LINK_MAX ||
         what->target_length >= fs->block_bytes))
        return what->target_length == 0 ? ENOENT : ENAMETOOLONG;
    if (directory_kind(what->mode) == EXT2_FT_UNKNOWN)
        return EINVAL;
    error = directory_find(fs, directory, name, length, &place, &number, &kind);
    if (error != ENOENT)
        return error == 0 ? EEXIST : error;
    return fs->lib->super->s_free_inodes_count == 0 ? ENOSPC : 0;
}

int ext4_make(struct ext4 *fs, struct ext4_handle directory, const char *name, size_t length,
              const struct ext4_make *what, struct ext4_handle *made)
{
    struct node *node;
    int error = names_check(name, length);

    if (error != 0)
        return error == EINVAL ? EEXIST : error;
    error = names_directory(fs, directory, &node);
    if (error != 0)
        return error;
    error = make_check(fs, node, name, length, what);
    if (error == 0)
        error = journal_begin(fs, MAKE_CREDITS, 4);
    if (error == 0)
        error = journal_end(fs, make(fs, node, name, length, what, made));
    node_put(fs, node);
    return error;
}

static int link_node(struct ext4 *fs, struct node *node, struct node *directory, const char *name,
                     size_t length)
{
    int error = 0;

    if (node->inode.i_links_count == 0)
        error = orphan_remove(fs, node);
    node->inode.i_links_count++;
    node_stamp(fs, node, TIME_CHANGED);
    if (error == 0)
        error = node_write(fs, node, true);
    if (error == 0)
        error = directory_add(fs, directory, name, length, node->number,
                              directory_kind(node->inode.i_mode));
    return error;
}

int ext4_link(struct ext4 *fs, struct ext4_handle file, struct ext4_handle directory,
              const char *name, size_t length)
{
    struct node *node, *parent;
    struct place place;
    uint32_t number;
    uint8_t kind;
    int error = names_check(name, length);

    if (error != 0)
        return error == EINVAL ? EEXIST : error;
    error = names_directory(fs, directory, &parent);
    if (error != 0)
        return error;
    error = node_get(fs, file, &node);
    if (error == 0) {
        if (LINUX_S_ISDIR(node->inode.i_mode) || (node->inode.i_flags & EXT2_IMMUTABLE_FL) != 0)
            error = EPERM;
        else if (node->inode.i_links_count >= LINKS_MAX)
            error = EMLINK;
        else
            error = directory_find(fs, parent, name, length, &place, &number, &kind);
        error = error == 0 ? EEXIST : error == ENOENT ? 0 : error;
        if (error == 0)
            error = journal_begin(fs, MAKE_CREDITS, 3);
        if (error == 0)
            error = journal_end(fs, link_node(fs, node, parent, name, length));
        node_put(fs, node);
    }
    node_put(fs, parent);
    return error;
}

int names_may_remove(struct ext4 *fs, struct node *node, bool directory)
{
    bool empty = true;
    int error = 0;

    if (directory && !LINUX_S_ISDIR(node->inode.i_mode))
        return ENOTDIR;
    if (!directory && LINUX_S_ISDIR(node->inode.i_mode))
        return EISDIR;
    if ((node->inode.i_flags & (EXT2_IMMUTABLE_FL | EXT2_APPEND_FL)) != 0)
        return EPERM;
    if (directory && node->number == EXT4_ROOT)
        return EBUSY;
    if (directory)
        error = directory_empty(fs, node, &empty);
    return error != 0 ? error : empty ? 0 : ENOTEMPTY;
}

int names_drop(struct ext4 *fs, struct node *node)
{
    uint16_t *links = &node->inode.i_links_count;

    if (LINUX_S_ISDIR(node->inode.i_mode))
        *links = 0;
    else if (*links > 0)
        (*links)--;
    node_stamp(fs, node, TIME_CHANGED);
    return *links == 0 ? orphan_add(fs, node) : node_write(fs, node, true);
}

static int remove_entry(struct ext4 *fs, struct node *directory, const struct place *place,
                        struct node *node)
{
    int error;

    if (LINUX_S_ISDIR(node->inode.i_mode))
        names_count(directory, -1);
    error = directory_delete(fs, directory, place);
    return error != 0 ? error : names_drop(fs, node);
}

int ext4_remove(struct ext4 *fs, struct ext4_handle directory, const char *name, size_t length,
                bool is_directory)
{
    struct node *node, *parent;
    struct place place;
    int error = names_check(name, length);

    if (error != 0)
        return error;
    error = names_directory(fs, directory, &parent);
    if (error != 0)
        return error;
    error = names_child(fs, parent, name, length, &place, &node);
    if (error == 0) {
        error = names_may_remove(fs, node, is_directory);
        if (error == 0)
            error = journal_begin(fs, 16, 0);
        if (error == 0)
            error = journal_end(fs, remove_entry(fs, parent, &place, node));
        node_put(fs, node);
        /* What the name stood for is gone; deleting the file may take its own transactions. */
        if (error == 0 && !fs->together)
            (void)orphan_settle(fs, node);
    }
    node_put(fs, parent);
    return error;
}

int ext4_read_link(struct ext4 *fs, struct ext4_handle file, char *to, size_t *size)
{
    struct node *node;
    uint64_t length;
    int error = node_get(fs, file, &node);

    if (error != 0)
        return error;
    length = node_size(node);
    if (!LINUX_S_ISLNK(node->inode.i_mode))
        error = EINVAL;
    else if (length > EXT4_LINK_MAX || length >= fs->block_bytes)
        error = ext4_damaged(fs, node->number, "a symbolic link");
    else if (length > *size)
        error = ERANGE;
    if (error == 0 && length < sizeof(node->inode.i_block) &&
        (node->inode.i_flags & EXT4_EXTENTS_FL) == 0) {
        memcpy(to, node->inode.i_block, length);
    } else if (error == 0) {
        struct buffer *buffer;
        struct run run;

        error = map_find(fs, node, 0, &run);
        if (error == 0 && (run.block == 0 || run.unwritten))
            error = ext4_damaged(fs, node->number, "a symbolic link");
        if (error == 0)
            error = meta_get(fs, run.block, &buffer);
        if (error == 0) {
            memcpy(to, buffer->data, length);
            cache_put(buffer);
        }
    }
    *size = length;
    node_put(fs, node);
    return error;
}
