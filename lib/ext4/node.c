/* SPDX-License-Identifier: BSD-2-Clause */
/* Files in memory: a bounded number of inodes; the oldest go first, but for those used since. */
#include "fs_priv.h"

#include <stdlib.h>
#include <string.h>

static struct node **hash_place(struct ext4 *fs, uint32_t number)
{
    return &fs->nodes[number % NODES];
}

struct node *node_find(struct ext4 *fs, uint32_t number)
{
    struct node *node = *hash_place(fs, number);

    while (node != NULL && node->number != number)
        node = node->hash_next;
    return node;
}

static void list_remove(struct ext4 *fs, struct node *node)
{
    *(node->previous != NULL ? &node->previous->next : &fs->node_first) = node->next;
    *(node->next != NULL ? &node->next->previous : &fs->node_last) = node->previous;
}

static void list_append(struct ext4 *fs, struct node *node)
{
    node->next = NULL;
    node->previous = fs->node_last;
    *(fs->node_last != NULL ? &fs->node_last->next : &fs->node_first) = node;
    fs->node_last = node;
}

void node_forget(struct ext4 *fs, struct node *node)
{
    struct node **place = hash_place(fs, node->number);

    while (*place != node)
        place = &(*place)->hash_next;
    *place = node->hash_next;
    list_remove(fs, node);
    fs->node_count--;
    free(node);
}

void node_free_all(struct ext4 *fs)
{
    while (fs->node_first != NULL)
        node_forget(fs, fs->node_first);
}

static void make_room(struct ext4 *fs)
{
    for (uint32_t left = 2 * fs->node_count; left > 0 && fs->node_count >= NODES; left--) {
        struct node *node = fs->node_first;

        if (!node->used && node->pins == 0 && node->holds == 0 && node->lost == 0) {
            node_forget(fs, node);
            continue;
        }
        node->used = false;
        list_remove(fs, node);
        list_append(fs, node);
    }
}

static uint32_t kept_bytes(const struct ext4 *fs)
{
    uint32_t size = EXT2_INODE_SIZE(fs->lib->super);

    return size < NODE_BYTES ? size : NODE_BYTES;
}

int node_reload(struct ext4 *fs, struct node *node)
{
    memset(node->bytes, 0, sizeof(node->bytes));
    map_forget(node);
    return ext4_error(ext2fs_read_inode_full(fs->lib, node->number, node_inode(node),
                                             (int)kept_bytes(fs)));
}

static bool sound(const struct ext4 *fs, struct node *node)
{
    uint16_t mode = node->inode.i_mode;
    bool known = LINUX_S_ISREG(mode) || LINUX_S_ISDIR(mode) || LINUX_S_ISLNK(mode) ||
                 LINUX_S_ISCHR(mode) || LINUX_S_ISBLK(mode) || LINUX_S_ISFIFO(mode) ||
                 LINUX_S_ISSOCK(mode);
    uint32_t extra = node->inode.i_extra_isize;

    if (!known || (node->inode.i_flags & (EXT4_INLINE_DATA_FL | EXT4_ENCRYPT_FL)) != 0)
        return false;
    if (EXT2_INODE_SIZE(fs->lib->super) > EXT2_GOOD_OLD_INODE_SIZE &&
        (extra % 4 != 0 || EXT2_GOOD_OLD_INODE_SIZE + extra > EXT2_INODE_SIZE(fs->lib->super)))
        return false;
    return node_size(node) <= INT64_MAX && (!LINUX_S_ISDIR(mode) || node_size(node) >> 32 == 0);
}

static struct node *enter(struct ext4 *fs, uint32_t number)
{
    struct node *node;

    make_room(fs);
    node = calloc(1, sizeof(*node));
    if (node == NULL)
        return NULL;
    node->number = number;
    node->hash_next = *hash_place(fs, number);
    *hash_place(fs, number) = node;
    list_append(fs, node);
    fs->node_count++;
    map_forget(node);
    return node;
}

int node_get_number(struct ext4 *fs, uint32_t number, struct node **result)
{
    struct node *node = node_find(fs, number);
    int error;

    if (node != NULL) {
        node->used = true;
        node->pins++;
        *result = node;
        return 0;
    }
    if (number == 0 || number > fs->lib->super->s_inodes_count)
        return EUCLEAN;
    node = enter(fs, number);
    if (node == NULL)
        return ENOMEM;
    error = node_reload(fs, node);
    if (error == 0 && !sound(fs, node))
        error = node->inode.i_links_count == 0
                    ? ESTALE
                    : ext4_damaged(fs, number, "the inode makes no sense");
    if (error != 0) {
        node_forget(fs, node);
        return error;
    }
    node->pins++;
    *result = node;
    return 0;
}

bool node_held(struct ext4 *fs, const struct node *node)
{
    return node->holds > 0 || (fs->options.held != NULL &&
                               fs->options.held(fs->options.self, node_handle(node)));
}

int node_get(struct ext4 *fs, struct ext4_handle file, struct node **result)
{
    int error;

    if (file.inode == 0 || file.inode > fs->lib->super->s_inodes_count ||
        (file.inode < fs->lib->super->s_first_ino && file.inode != EXT4_ROOT))
        return ESTALE;
    error = node_get_number(fs, file.inode, result);
    if (error != 0)
        return error;
    if ((*result)->inode.i_generation != file.generation ||
        ((*result)->inode.i_links_count == 0 && !node_held(fs, *result))) {
        node_put(fs, *result);
        return ESTALE;
    }
    return 0;
}

int node_create(struct ext4 *fs, uint32_t number, struct node **result)
{
    struct node *node = node_find(fs, number);

    if (node != NULL) /* what was there before has been deleted */
        node_forget(fs, node);
    node = enter(fs, number);
    if (node == NULL)
        return ENOMEM;
    if (EXT2_INODE_SIZE(fs->lib->super) > EXT2_GOOD_OLD_INODE_SIZE) {
        uint32_t want = fs->lib->super->s_want_extra_isize;

        node->inode.i_extra_isize = want >= 32 && want % 4 == 0 && want <= 96 ? (uint16_t)want : 32;
    }
    node->inode.i_generation = fs->device.random(fs->device.self);
    if (EXT2_INODE_SIZE(fs->lib->super) > NODE_BYTES) { /* clear the rest on the disk */
        int error = ext4_error(ext2fs_write_new_inode(fs->lib, number, node_inode(node)));

        if (error != 0) {
            node_forget(fs, node);
            return error;
        }
    }
    node->pins++;
    *result = node;
    return 0;
}

void node_put(struct ext4 *fs, struct node *node)
{
    (void)fs;
    node->pins--;
}

int node_write(struct ext4 *fs, struct node *node, bool data)
{
    int error = ext4_error(ext2fs_write_inode_full(fs->lib, node->number, node_inode(node),
                                                   (int)kept_bytes(fs)));

    node->tid = fs->journal.tid;
    if (data)
        node->data_tid = fs->journal.tid;
    return error;
}

void node_set_size(struct node *node, uint64_t size)
{
    node->inode.i_size = (uint32_t)size;
    node->inode.i_size_high = (uint32_t)(size >> 32);
}

/* Seconds beyond 32 bits and nanoseconds: two bits and thirty. */
static uint32_t extra_of(struct ext4_time time)
{
    return ((uint32_t)((time.seconds - (int32_t)time.seconds) >> 32) & 3) | time.nanoseconds << 2;
}

static bool has_field(const struct node *node, size_t end)
{
    return node->inode.i_extra_isize >= end - EXT2_GOOD_OLD_INODE_SIZE;
}

#define HAS(node, field)                                                                      \
    has_field(node, offsetof(struct ext2_inode_large, field) + sizeof((node)->inode.field))

void node_set_time(struct ext4 *fs, struct node *node, enum node_time which, struct ext4_time time)
{
    struct ext2_inode_large *inode = &node->inode;
    uint32_t seconds = (uint32_t)time.seconds, extra = extra_of(time);

    (void)fs;
    if (which == TIME_ACCESSED) {
        inode->i_atime = seconds;
        if (HAS(node, i_atime_extra))
            inode->i_atime_extra = extra;
    } else if (which == TIME_MODIFIED) {
        inode->i_mtime = seconds;
        if (HAS(node, i_mtime_extra))
            inode->i_mtime_extra = extra;
    } else if (which == TIME_CHANGED) {
        inode->i_ctime = seconds;
        if (HAS(node, i_ctime_extra))
            inode->i_ctime_extra = extra;
    } else if (HAS(node, i_crtime_extra)) {
        inode->i_crtime = seconds;
        inode->i_crtime_extra = extra;
    }
}

/* As Linux's, times of files go in steps of 4 ms: most writes then leave the inode as it is. */
static struct ext4_time coarse_now(struct ext4 *fs)
{
    struct ext4_time now = fs->device.now(fs->device.self);

    now.nanoseconds -= now.nanoseconds % 4000000;
    return now;
}

bool node_is_stamped(struct ext4 *fs, struct node *node)
{
    struct ext4_time now = coarse_now(fs);
    uint32_t seconds = (uint32_t)now.seconds, extra = extra_of(now);
    const struct ext2_inode_large *i = &node->inode;

    return !node->told && HAS(node, i_mtime_extra) && i->i_mtime == seconds &&
           i->i_mtime_extra == extra && i->i_ctime == seconds && i->i_ctime_extra == extra;
}

void node_stamp(struct ext4 *fs, struct node *node, unsigned which)
{
    struct ext4_time now = coarse_now(fs);

    node->told = false;
    for (unsigned bit = TIME_ACCESSED; bit <= TIME_BORN; bit <<= 1)
        if ((which & bit) != 0)
            node_set_time(fs, node, (enum node_time)bit, now);
    if ((which & TIME_CHANGED) != 0 && HAS(node, i_version_hi)) {
        if (++node->inode.osd1.linux1.l_i_version == 0)
            node->inode.i_version_hi++;
    }
}

static struct ext4_time time_of(uint32_t seconds, uint32_t extra, bool has_extra)
{
    struct ext4_time time = {(int32_t)seconds, 0};

    if (has_extra) {
        time.seconds += (int64_t)(extra & 3) << 32;
        time.nanoseconds = extra >> 2;
        if (time.nanoseconds > 999999999)
            time.nanoseconds = 0;
    }
    return time;
}

static void device_numbers(const struct node *node, struct ext4_attributes *a)
{
    uint32_t old = node->inode.i_block[0], new = node->inode.i_block[1];

    if (!LINUX_S_ISCHR(node->inode.i_mode) && !LINUX_S_ISBLK(node->inode.i_mode))
        return;
    a->major = old != 0 ? old >> 8 & 0xff : new >> 8 & 0xfff;
    a->minor = old != 0 ? old & 0xff : (new & 0xff) | (new >> 12 & 0xfff00);
}

static uint64_t sectors(const struct ext4 *fs, const struct node *node)
{
    uint64_t count = node->inode.i_blocks | (uint64_t)node->inode.osd2.linux2.l_i_blocks_hi << 32;

    if ((node->inode.i_flags & EXT4_HUGE_FILE_FL) != 0)
        count <<= fs->block_shift - 9;
    return count;
}

static void fill_attributes(struct ext4 *fs, struct node *node, struct ext4_attributes *a)
{
    const struct ext2_inode_large *i = &node->inode;

    node->told = true;
    memset(a, 0, sizeof(*a));
    a->file = node_handle(node);
    a->mode = i->i_mode;
    a->links = i->i_links_count;
    a->user = i->i_uid | (uint32_t)i->osd2.linux2.l_i_uid_high << 16;
    a->group = i->i_gid | (uint32_t)i->osd2.linux2.l_i_gid_high << 16;
    a->size = node_size(node);
    a->sectors = sectors(fs, node);
    a->flags = i->i_flags;
    a->change = i->osd1.linux1.l_i_version;
    if (HAS(node, i_version_hi))
        a->change |= (uint64_t)i->i_version_hi << 32;
    device_numbers(node, a);
    a->accessed = time_of(i->i_atime, i->i_atime_extra, HAS(node, i_atime_extra));
    a->modified = time_of(i->i_mtime, i->i_mtime_extra, HAS(node, i_mtime_extra));
    a->changed = time_of(i->i_ctime, i->i_ctime_extra, HAS(node, i_ctime_extra));
    if (HAS(node, i_crtime_extra))
        a->born = time_of(i->i_crtime, i->i_crtime_extra, true);
}

int ext4_attributes(struct ext4 *fs, struct ext4_handle file, struct ext4_attributes *attributes)
{
    struct node *node;
    int error = node_get(fs, file, &node);

    if (error != 0)
        return error;
    fill_attributes(fs, node, attributes);
    node_put(fs, node);
    return 0;
}

int ext4_glance(struct ext4 *fs, struct ext4_handle file, struct ext4_glance *glance)
{
    struct node *node;
    int error = node_get(fs, file, &node);

    if (error != 0)
        return error;
    *glance = (struct ext4_glance){node->inode.i_mode, node->inode.i_flags, node_size(node)};
    node_put(fs, node);
    return 0;
}

int ext4_entry_attributes(struct ext4 *fs, uint32_t inode, struct ext4_attributes *attributes)
{
    struct node *node;
    int error = inode < fs->lib->super->s_first_ino && inode != EXT4_ROOT
                    ? EUCLEAN
                    : node_get_number(fs, inode, &node);

    if (error != 0)
        return error;
    fill_attributes(fs, node, attributes);
    node_put(fs, node);
    return 0;
}

static void apply(struct ext4 *fs, struct node *node, unsigned what,
                  const struct ext4_attributes *to)
{
    const uint32_t settable = EXT2_APPEND_FL | EXT2_IMMUTABLE_FL;
    struct ext2_inode_large *i = &node->inode;

    if ((what & EXT4_SET_MODE) != 0)
        i->i_mode = (uint16_t)((i->i_mode & LINUX_S_IFMT) | (to->mode & 07777));
    if ((what & EXT4_SET_USER) != 0) {
        i->i_uid = (uint16_t)to->user;
        i->osd2.linux2.l_i_uid_high = (uint16_t)(to->user >> 16);
    }
    if ((what & EXT4_SET_GROUP) != 0) {
        i->i_gid = (uint16_t)to->group;
        i->osd2.linux2.l_i_gid_high = (uint16_t)(to->group >> 16);
    }
    if ((what & EXT4_SET_FLAGS) != 0)
        i->i_flags = (i->i_flags & ~settable) | (to->flags & settable);
    if ((what & EXT4_SET_ACCESSED) != 0)
        node_set_time(fs, node, TIME_ACCESSED, to->accessed);
    if ((what & EXT4_SET_MODIFIED) != 0)
        node_set_time(fs, node, TIME_MODIFIED, to->modified);
    node_stamp(fs, node,
               TIME_CHANGED | ((what & EXT4_SET_ACCESSED_NOW) != 0 ? TIME_ACCESSED : 0) |
                   ((what & EXT4_SET_MODIFIED_NOW) != 0 ? TIME_MODIFIED : 0));
}

int ext4_set_attributes(struct ext4 *fs, struct ext4_handle file, unsigned what,
                        const struct ext4_attributes *to)
{
    struct node *node;
    int error = journal_begin(fs, 2, 0);

    if (error != 0)
        return error;
    error = node_get(fs, file, &node);
    if (error == 0) {
        apply(fs, node, what, to);
        error = node_write(fs, node, false);
        node_put(fs, node);
    }
    return journal_end(fs, error);
}

int ext4_hold(struct ext4 *fs, struct ext4_handle file)
{
    struct node *node;
    int error = node_get(fs, file, &node);

    if (error != 0)
        return error;
    node->holds++;
    node_put(fs, node);
    return 0;
}

int ext4_release(struct ext4 *fs, struct ext4_handle file)
{
    struct node *node = node_find(fs, file.inode);

    if (node == NULL || node->holds == 0 || node->inode.i_generation != file.generation)
        return ESTALE;
    if (--node->holds > 0 || node->inode.i_links_count > 0 || fs->read_only || fs->aborted != 0)
        return 0;
    return orphan_settle(fs, node);
}

int ext4_unused(struct ext4 *fs, struct ext4_handle file)
{
    struct node *node;
    int error;

    if (fs->read_only || fs->aborted != 0)
        return 0;
    error = node_get_number(fs, file.inode, &node);
    if (error != 0)
        return error;
    node_put(fs, node);
    return node->inode.i_generation != file.generation ? ESTALE : orphan_settle(fs, node);
}

/* The inode itself, when nothing is left of its blocks. */
static int delete_inode(struct ext4 *fs, struct node *node)
{
    bool directory = LINUX_S_ISDIR(node->inode.i_mode);
    int error = journal_begin(fs, 8, 0);

    if (error != 0)
        return error;
    if (ext2fs_file_acl_block(fs->lib, node_inode(node)) != 0) {
        error = ext4_error(ext2fs_free_ext_attr(fs->lib, node->number, &node->inode));
        ext2fs_file_acl_block_set(fs->lib, node_inode(node), 0);
    }
    if (error == 0)
        error = orphan_remove(fs, node);
    if (error == 0) {
        node->inode.i_dtime = (uint32_t)fs->device.now(fs->device.self).seconds;
        node->inode.i_links_count = 0;
        node_set_size(node, 0);
        error = node_write(fs, node, true);
    }
    if (error == 0)
        error = space_give_inode(fs, node->number, directory);
    return journal_end(fs, error);
}

int node_delete(struct ext4 *fs, struct node *node)
{
    uint16_t mode = node->inode.i_mode;
    bool blocks = LINUX_S_ISREG(mode) || LINUX_S_ISDIR(mode) ||
                  (LINUX_S_ISLNK(mode) && (node->inode.i_flags & EXT4_EXTENTS_FL) != 0);
    int error = blocks ? file_cut(fs, node, 0) : 0;

    if (error == 0)
        error = delete_inode(fs, node);
    return error;
}
