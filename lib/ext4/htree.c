/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Indexed directories: a tree of hashes of names over the blocks with the entries, one or two
 * levels of it. From the kernel's documentation, Documentation/filesystems/ext4/directory.rst
 * ("Hash Tree Directories"). Whoever does not know of the index sees its blocks as empty ones.
 */
#include "fs_priv.h"

#include <stdlib.h>
#include <string.h>

#define LEVELS     2u
#define ROOT_START 32u /* entries in the root block */
#define NODE_START 8u  /* entries in the others */
#define INFO_AT    24u

/* A way from the root to a leaf: at each level the block of the index and the entry taken. */
struct frame {
    struct buffer *buffer;
    struct ext2_dx_entry *entries; /* the first is also count and limit */
    unsigned at;
};

struct way {
    struct frame frame[LEVELS];
    unsigned levels; /* 1 or 2 */
    uint8_t version;
};

bool htree_is(const struct ext4 *fs, const struct node *directory)
{
    return (directory->inode.i_flags & EXT2_INDEX_FL) != 0 &&
           ext2fs_has_feature_dir_index(fs->lib->super);
}

int htree_hash(struct ext4 *fs, uint8_t version, const char *name, size_t length, uint32_t *hash,
               uint32_t *minor)
{
    ext2_dirhash_t low = 0;
    errcode_t error = ext2fs_dirhash2(version, name, (int)length, NULL, 0,
                                      fs->lib->super->s_hash_seed, hash, &low);

    if (minor != NULL)
        *minor = low;
    return error == 0 ? 0 : EUCLEAN;
}

static uint8_t with_sign(const struct ext4 *fs, uint8_t version)
{
    return version <= EXT2_HASH_TEA && (fs->lib->super->s_flags & EXT2_FLAGS_UNSIGNED_HASH) != 0
               ? (uint8_t)(version + 3)
               : version;
}

static struct ext2_dx_countlimit *bounds(const struct frame *frame)
{
    return (struct ext2_dx_countlimit *)frame->entries;
}

static unsigned limit(const struct ext4 *fs, unsigned start)
{
    unsigned tail = ext2fs_has_feature_metadata_csum(fs->lib->super) ? 8 : 0;

    return (fs->block_bytes - start - tail) / sizeof(struct ext2_dx_entry);
}

static uint32_t child(const struct frame *frame, unsigned at)
{
    return frame->entries[at].block & EXT4_DX_BLOCK_MASK;
}

/* Open one block of the index and find the entry for a hash. */
static int enter(struct ext4 *fs, struct node *directory, uint32_t block, unsigned start,
                 uint32_t hash, struct frame *frame)
{
    unsigned low = 1, high, count;
    int error = directory_block(fs, directory, block, &frame->buffer);

    if (error != 0)
        return error;
    frame->entries = (struct ext2_dx_entry *)(frame->buffer->data + start);
    count = bounds(frame)->count;
    if (bounds(frame)->limit != limit(fs, start) || count == 0 || count > bounds(frame)->limit) {
        cache_put(frame->buffer);
        frame->buffer = NULL;
        return ext4_damaged(fs, directory->number, "index of a directory");
    }
    high = count; /* the last entry whose hash is not above; the first has none */
    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (frame->entries[middle].hash > hash)
            high = middle;
        else
            low = middle + 1;
    }
    frame->at = low - 1;
    return 0;
}

static void leave(struct way *way)
{
    for (unsigned i = 0; i < LEVELS; i++) {
        if (way->frame[i].buffer != NULL)
            cache_put(way->frame[i].buffer);
        way->frame[i].buffer = NULL;
    }
}

/* What the root says of the whole: levels and hash function. */
static int read_root(struct ext4 *fs, struct node *directory, struct way *way)
{
    const struct ext2_dx_root_info *info;
    struct buffer *buffer;
    int error = directory_block(fs, directory, 0, &buffer);

    if (error != 0)
        return error;
    info = (const struct ext2_dx_root_info *)(buffer->data + INFO_AT);
    way->levels = info->indirect_levels + 1u;
    way->version = with_sign(fs, info->hash_version);
    if (info->reserved_zero != 0 || info->info_length != 8 || info->hash_version > EXT2_HASH_TEA ||
        way->levels > LEVELS)
        error = ext4_damaged(fs, directory->number, "root of a directory's index");
    cache_put(buffer);
    return error;
}

static int find_way(struct ext4 *fs, struct node *directory, uint32_t hash, struct way *way)
{
    uint32_t block = 0;

    for (unsigned level = 0; level < way->levels; level++) {
        struct frame *frame = &way->frame[level];
        int error = enter(fs, directory, block, level == 0 ? ROOT_START : NODE_START, hash, frame);

        if (error != 0) {
            leave(way);
            return error;
        }
        block = child(frame, frame->at);
        if (block == 0 || block >= directory_blocks(fs, directory)) {
            leave(way);
            return ext4_damaged(fs, directory->number, "index of a directory");
        }
    }
    return 0;
}

static int open_way(struct ext4 *fs, struct node *directory, const char *name, size_t length,
                    struct way *way, uint32_t *hash)
{
    int error;

    memset(way, 0, sizeof(*way));
    error = read_root(fs, directory, way);
    if (error == 0)
        error = htree_hash(fs, way->version, name, length, hash, NULL);
    return error != 0 ? error : find_way(fs, directory, *hash, way);
}

static uint32_t leaf(const struct way *way)
{
    const struct frame *last = &way->frame[way->levels - 1];

    return child(last, last->at);
}

/* To the next leaf. @return ENOENT: there is none; its lowest hash, as the index has it */
static int step(struct ext4 *fs, struct node *directory, struct way *way, uint32_t *hash)
{
    unsigned level = way->levels - 1;
    struct frame *frame;

    while (way->frame[level].at + 1 >= bounds(&way->frame[level])->count) {
        if (level == 0)
            return ENOENT;
        level--;
    }
    frame = &way->frame[level];
    frame->at++;
    *hash = frame->entries[frame->at].hash;
    if (level + 1 < way->levels) {
        struct frame *below = &way->frame[level + 1];
        int error;

        cache_put(below->buffer);
        below->buffer = NULL;
        if (child(frame, frame->at) == 0 ||
            child(frame, frame->at) >= directory_blocks(fs, directory))
            return ext4_damaged(fs, directory->number, "index of a directory");
        error = enter(fs, directory, child(frame, frame->at), NODE_START, 0, below);
        if (error != 0)
            return error;
        below->at = 0;
    }
    return leaf(way) == 0 || leaf(way) >= directory_blocks(fs, directory)
               ? ext4_damaged(fs, directory->number, "index of a directory")
               : 0;
}

int htree_find(struct ext4 *fs, struct node *directory, const char *name, size_t length,
               struct place *place)
{
    struct way way;
    uint32_t hash, next;
    int error = open_way(fs, directory, name, length, &way, &hash);

    if (error != 0)
        return error;
    do {
        struct buffer *buffer;

        place->block = leaf(&way);
        error = directory_block(fs, directory, place->block, &buffer);
        if (error == 0) {
            error = directory_search(fs, directory, buffer, name, length, place);
            cache_put(buffer);
        }
        if (error == ENOENT) {
            error = step(fs, directory, &way, &next);
            if (error == 0) /* names with this hash may go on in the next leaf, if it says so */
                error = next == (hash | 1) ? EAGAIN : ENOENT;
        }
    } while (error == EAGAIN);
    leave(&way);
    return error;
}

int htree_version(struct ext4 *fs, struct node *directory, uint8_t *version)
{
    struct way way;
    int error;

    if (!htree_is(fs, directory)) {
        *version = with_sign(fs, fs->lib->super->s_def_hash_version);
        return 0;
    }
    memset(&way, 0, sizeof(way));
    error = read_root(fs, directory, &way);
    *version = way.version;
    return error;
}

int htree_leaves(struct ext4 *fs, struct node *directory, uint32_t hash, uint32_t *leaves,
                 unsigned *count, uint64_t *next)
{
    struct way way;
    uint32_t low;
    int error;

    memset(&way, 0, sizeof(way));
    error = read_root(fs, directory, &way);
    if (error == 0)
        error = find_way(fs, directory, hash, &way);
    if (error != 0)
        return error;
    *count = 0;
    *next = 0;
    do {
        leaves[(*count)++] = leaf(&way);
        error = step(fs, directory, &way, &low);
    } while (error == 0 && (low & 1) != 0 && *count < HTREE_LEAVES);
    if (error == 0)
        *next = low & ~1u;
    leave(&way);
    if (error == 0 && (*next <= hash || *count == HTREE_LEAVES))
        return ext4_damaged(fs, directory->number, "index of a directory");
    return error == ENOENT ? 0 : error;
}

/* Change of the index */

static int seal(struct ext4 *fs, struct node *directory, struct frame *frame)
{
    return directory_seal(fs, directory, frame->buffer);
}

static int insert(struct ext4 *fs, struct node *directory, struct frame *frame, unsigned at,
                  uint32_t hash, uint32_t block)
{
    struct ext2_dx_countlimit *b = bounds(frame);
    int error = journal_touch(fs, frame->buffer);

    if (error != 0)
        return error;
    memmove(&frame->entries[at + 1], &frame->entries[at],
            (b->count - at) * sizeof(struct ext2_dx_entry));
    frame->entries[at].hash = hash;
    frame->entries[at].block = block;
    b->count++;
    return seal(fs, directory, frame);
}

/* A new block of the index, empty. */
static int new_node(struct ext4 *fs, struct node *directory, uint64_t *block, struct frame *frame)
{
    int error = directory_grow(fs, directory, block, &frame->buffer);

    if (error != 0)
        return error;
    memset(frame->buffer->data, 0, fs->block_bytes);
    ((struct ext2_dir_entry *)frame->buffer->data)->rec_len = (uint16_t)fs->block_bytes;
    frame->entries = (struct ext2_dx_entry *)(frame->buffer->data + NODE_START);
    bounds(frame)->limit = (uint16_t)limit(fs, NODE_START);
    return 0;
}

/* Copy entries of one block of the index to the start of a new one. */
static int move_entries(struct ext4 *fs, struct node *directory, const struct frame *from,
                        unsigned first, struct frame *to)
{
    unsigned count = bounds(from)->count - first;

    memcpy(&to->entries[1], &from->entries[first + 1], (count - 1) * sizeof(struct ext2_dx_entry));
    to->entries[0].block = from->entries[first].block;
    bounds(to)->count = (uint16_t)count;
    bounds(to)->limit = (uint16_t)limit(fs, NODE_START);
    return seal(fs, directory, to);
}

/* The root is full: all that it has goes one level down. */
static int deepen(struct ext4 *fs, struct node *directory, struct way *way)
{
    struct frame *root = &way->frame[0], *below = &way->frame[1];
    uint64_t block;
    int error = new_node(fs, directory, &block, below);

    if (error == 0)
        error = move_entries(fs, directory, root, 0, below);
    if (error == 0)
        error = journal_touch(fs, root->buffer);
    if (error != 0)
        return error;
    below->at = root->at;
    root->at = 0;
    bounds(root)->count = 1;
    root->entries[0].block = (uint32_t)block;
    ((struct ext2_dx_root_info *)(root->buffer->data + INFO_AT))->indirect_levels = 1;
    way->levels = 2;
    return seal(fs, directory, root);
}

/* A block of the index below the root is full: half of it goes to a new one. */
static int divide(struct ext4 *fs, struct node *directory, struct way *way)
{
    struct frame *root = &way->frame[0], *old = &way->frame[1], new = {0};
    unsigned half = bounds(old)->count / 2u;
    uint32_t hash = old->entries[half].hash;
    uint64_t block;
    int error;

    if (bounds(root)->count == bounds(root)->limit)
        return ENOSPC; /* as on Linux without the feature large_dir */
    error = new_node(fs, directory, &block, &new);
    if (error != 0)
        return error;
    error = move_entries(fs, directory, old, half, &new);
    if (error == 0)
        error = journal_touch(fs, old->buffer);
    if (error == 0) {
        bounds(old)->count = (uint16_t)half;
        error = seal(fs, directory, old);
    }
    if (error == 0)
        error = insert(fs, directory, root, root->at + 1, hash, (uint32_t)block);
    if (error == 0 && old->at >= half) {
        new.at = old->at - half;
        root->at++;
        cache_put(old->buffer);
        *old = new;
    } else {
        cache_put(new.buffer);
    }
    return error;
}

/* Entries of a full leaf in the order of their hashes. */
struct hashed {
    uint32_t hash;
    uint16_t offset, size;
};

#define HASHED_MAX 512u

static int by_hash(const void *a, const void *b)
{
    const struct hashed *x = a, *y = b;

    return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash)
                              : (x->offset > y->offset) - (x->offset < y->offset);
}

static int hash_leaf(struct ext4 *fs, struct node *directory, uint8_t version,
                     struct buffer *buffer, struct hashed *hashed, unsigned *count)
{
    uint32_t size;

    *count = 0;
    for (uint32_t at = 0; at < directory_room(fs); at += size) {
        const struct ext2_dir_entry_2 *entry = directory_at(fs, buffer, at, &size);

        if (entry == NULL || *count == HASHED_MAX)
            return ext4_damaged(fs, directory->number, "an entry of a directory");
        if (entry->inode == 0)
            continue;
        if (htree_hash(fs, version, entry->name, entry->name_len, &hashed[*count].hash, NULL) != 0)
            return EUCLEAN;
        hashed[*count].offset = (uint16_t)at;
        hashed[(*count)++].size = (uint16_t)((8u + entry->name_len + 3u) & ~3u);
    }
    qsort(hashed, *count, sizeof(*hashed), by_hash);
    return 0;
}

/* Write a leaf anew with these entries of an old one. */
static int pack(struct ext4 *fs, struct node *directory, const uint8_t *old,
                const struct hashed *hashed, unsigned count, struct buffer *to)
{
    uint32_t at = 0;

    directory_clear_block(fs, to);
    for (unsigned i = 0; i < count; i++) {
        struct ext2_dir_entry_2 *entry = (struct ext2_dir_entry_2 *)(to->data + at);

        memcpy(entry, old + hashed[i].offset, hashed[i].size);
        entry->rec_len = hashed[i].size;
        if (i + 1 == count)
            entry->rec_len = (uint16_t)(directory_room(fs) - at);
        at += hashed[i].size;
    }
    return directory_seal(fs, directory, to);
}

/* Divide a full leaf; `hash` says which half is wanted, into `block`. */
static int split_leaf(struct ext4 *fs, struct node *directory, struct way *way, uint32_t hash,
                      uint32_t *block)
{
    struct frame *frame = &way->frame[way->levels - 1];
    struct hashed hashed[HASHED_MAX];
    struct buffer *old, *new = NULL;
    uint8_t copy[4096];
    unsigned count, half, bytes = 0;
    uint64_t new_block;
    uint32_t low;
    int error = directory_block(fs, directory, leaf(way), &old);

    if (error != 0)
        return error;
    error = hash_leaf(fs, directory, way->version, old, hashed, &count);
    if (error == 0 && count < 2)
        error = ext4_damaged(fs, directory->number, "a full block of a directory");
    if (error == 0)
        error = directory_grow(fs, directory, &new_block, &new);
    if (error == 0)
        error = journal_touch(fs, old);
    if (error == 0) {
        for (half = 0; half + 1 < count && bytes < directory_room(fs) / 2; half++)
            bytes += hashed[half].size;
        half = half == 0 ? 1 : half;
        memcpy(copy, old->data, fs->block_bytes);
        /* The low bit says that names with this hash are in the leaf before too. */
        low = hashed[half].hash | (hashed[half].hash == hashed[half - 1].hash);
        *block = hash >= hashed[half].hash ? (uint32_t)new_block : leaf(way);
        error = pack(fs, directory, copy, hashed + half, count - half, new);
        if (error == 0)
            error = pack(fs, directory, copy, hashed, half, old);
        if (error == 0)
            error = insert(fs, directory, frame, frame->at + 1, low, (uint32_t)new_block);
    }
    cache_put(old);
    if (new != NULL)
        cache_put(new);
    return error;
}

static int put_in(struct ext4 *fs, struct node *directory, uint32_t block, const char *name,
                  size_t length, uint32_t inode, uint8_t kind)
{
    struct buffer *buffer;
    int error = directory_block(fs, directory, block, &buffer);

    if (error != 0)
        return error;
    error = directory_put(fs, directory, buffer, name, length, inode, kind);
    cache_put(buffer);
    return error;
}

int htree_add(struct ext4 *fs, struct node *directory, const char *name, size_t length,
              uint32_t inode, uint8_t kind)
{
    struct way way;
    uint32_t hash, block;
    int error = open_way(fs, directory, name, length, &way, &hash);

    if (error != 0)
        return error;
    error = put_in(fs, directory, leaf(&way), name, length, inode, kind);
    if (error == ENOSPC) {
        struct frame *last = &way.frame[way.levels - 1];

        error = 0;
        if (bounds(last)->count == bounds(last)->limit)
            error = way.levels == 1 ? deepen(fs, directory, &way) : divide(fs, directory, &way);
        if (error == 0)
            error = split_leaf(fs, directory, &way, hash, &block);
        if (error == 0)
            error = put_in(fs, directory, block, name, length, inode, kind);
    }
    leave(&way);
    return error;
}

/* The root of an index in block 0, over one leaf. */
static void make_root(struct ext4 *fs, struct node *directory, struct buffer *buffer,
                      uint32_t parent, uint32_t first_leaf)
{
    struct ext2_dir_entry_2 *dot = (struct ext2_dir_entry_2 *)buffer->data;
    struct ext2_dir_entry_2 *dots = (struct ext2_dir_entry_2 *)(buffer->data + 12);
    struct ext2_dx_root_info *info = (struct ext2_dx_root_info *)(buffer->data + INFO_AT);
    struct frame frame = {.entries = (struct ext2_dx_entry *)(buffer->data + ROOT_START)};

    memset(buffer->data, 0, fs->block_bytes);
    *dot = (struct ext2_dir_entry_2){directory->number, 12, 1, EXT2_FT_DIR, "."};
    dots->inode = parent;
    dots->rec_len = (uint16_t)(fs->block_bytes - 12);
    dots->name_len = 2;
    dots->file_type = EXT2_FT_DIR;
    memcpy(dots->name, "..", 2);
    info->hash_version = fs->lib->super->s_def_hash_version;
    info->info_length = 8;
    bounds(&frame)->limit = (uint16_t)limit(fs, ROOT_START);
    bounds(&frame)->count = 1;
    frame.entries[0].block = first_leaf;
}

int htree_make(struct ext4 *fs, struct node *directory)
{
    struct hashed hashed[HASHED_MAX];
    struct buffer *root, *new = NULL;
    const struct ext2_dir_entry_2 *dots;
    uint8_t version = with_sign(fs, fs->lib->super->s_def_hash_version);
    unsigned count;
    uint64_t block;
    int error = directory_block(fs, directory, 0, &root);

    if (error != 0)
        return error;
    dots = (const struct ext2_dir_entry_2 *)(root->data + 12);
    error = hash_leaf(fs, directory, version, root, hashed, &count);
    if (error == 0 && (((struct ext2_dir_entry_2 *)root->data)->rec_len != 12 ||
                       !directory_is_dots(dots->name, dots->name_len)))
        error = ext4_damaged(fs, directory->number, "start of a directory");
    if (error == 0)
        error = directory_grow(fs, directory, &block, &new);
    if (error == 0)
        error = journal_touch(fs, root);
    if (error == 0) {
        uint32_t parent = dots->inode;
        unsigned kept = 0;

        for (unsigned i = 0; i < count; i++) /* '.' and '..' stay */
            if (hashed[i].offset >= 24)
                hashed[kept++] = hashed[i];
        error = pack(fs, directory, root->data, hashed, kept, new);
        make_root(fs, directory, root, parent, (uint32_t)block);
        directory->inode.i_flags |= EXT2_INDEX_FL;
        if (error == 0)
            error = directory_seal(fs, directory, root);
        if (error == 0)
            error = node_write(fs, directory, true);
    }
    cache_put(root);
    if (new != NULL)
        cache_put(new);
    return error;
}
