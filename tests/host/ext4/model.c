/* SPDX-License-Identifier: BSD-2-Clause */
/* The model itself: names and files, and its comparison with the real thing. */
#include "model.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 0x100000001b3ul;
    return hash ^ hash >> 29;
}

void model_init(struct model *model, struct ext4 *fs, uint32_t seed)
{
    memset(model, 0, sizeof(*model));
    model->fs = fs;
    model->random = seed;
    model->root = &model->files[0];
    *model->root = (struct model_file){.used = true, .mode = S_IFDIR | 0755, .links = 3};
    model->root->handle = ext4_root(fs);
    model->root->parent = model->root;
    /* mkfs makes this one. */
    model->files[1] = (struct model_file){.used = true, .mode = S_IFDIR | 0700, .links = 2};
    model->files[1].parent = model->root;
    ext4_lookup(fs, model->root->handle, "lost+found", 10, &model->files[1].handle);
    model->names[0] = (struct model_name){model->root, &model->files[1], "lost+found"};
}

void model_free(struct model *model)
{
    for (unsigned i = 0; i < MODEL_FILES; i++)
        free(model->files[i].data);
}

void model_remounted(struct model *model, struct ext4 *fs)
{
    model->fs = fs;
    for (unsigned i = 0; i < MODEL_FILES; i++) {
        struct model_file *file = &model->files[i];

        file->holds = 0;
        if (file->used && file->links == 0) {
            free(file->data);
            memset(file, 0, sizeof(*file));
        }
    }
}

/* A hash for one name; those of all names are added, so that order does not matter. */
static uint64_t name_hash(uint64_t parent, const char *name, size_t length, uint16_t mode,
                          uint32_t links, uint32_t user, const char *target, const uint8_t *values)
{
    uint64_t hash = hash_bytes(parent, name, length);

    hash = hash_bytes(hash, &mode, sizeof(mode));
    hash = hash_bytes(hash, &links, sizeof(links));
    hash = hash_bytes(hash, &user, sizeof(user));
    hash = hash_bytes(hash, values, MODEL_VALUES);
    return hash_bytes(hash, target, strlen(target));
}

static uint64_t path_hash(const struct model *model, const struct model_file *directory)
{
    if (directory == model->root)
        return 1;
    for (unsigned i = 0; i < MODEL_FILES; i++) {
        const struct model_name *name = &model->names[i];

        if (name->directory != NULL && name->file == directory)
            return hash_bytes(path_hash(model, name->directory), name->name, strlen(name->name));
    }
    return 0;
}

uint64_t model_names_hash(const struct model *model)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < MODEL_FILES; i++) {
        const struct model_name *name = &model->names[i];

        if (name->directory != NULL)
            sum += name_hash(path_hash(model, name->directory), name->name, strlen(name->name),
                             name->file->mode, name->file->links, name->file->user,
                             name->file->target, name->file->value);
    }
    return sum;
}

struct walk {
    struct ext4 *fs;
    struct ext4_handle directory;
    uint64_t parent, sum;
    bool bad;
};

static bool walk_entry(void *self, const struct ext4_entry *entry);

static void read_values(struct ext4 *fs, struct ext4_handle file, uint8_t *values)
{
    for (unsigned i = 0; i < MODEL_VALUES; i++) {
        char name[16];
        size_t size = 0;

        snprintf(name, sizeof(name), "user.v%u", i);
        values[i] = ext4_get_value(fs, file, name, NULL, &size) == 0 ? (uint8_t)(size / 40) : 0;
    }
}

static bool walk_entry(void *self, const struct ext4_entry *entry)
{
    struct walk *walk = self, below = {.fs = walk->fs};
    struct ext4_attributes a;
    uint8_t values[MODEL_VALUES];
    char target[512] = "";
    size_t size = sizeof(target) - 1;

    if (ext4_lookup(walk->fs, walk->directory, entry->name, entry->length, &below.directory) != 0 ||
        ext4_attributes(walk->fs, below.directory, &a) != 0 ||
        (S_ISLNK(a.mode) && ext4_read_link(walk->fs, below.directory, target, &size) != 0)) {
        walk->bad = true;
        return false;
    }
    read_values(walk->fs, below.directory, values);
    walk->sum += name_hash(walk->parent, entry->name, entry->length, a.mode, a.links, a.user,
                           target, values);
    if (S_ISDIR(a.mode)) {
        below.parent = hash_bytes(walk->parent, entry->name, entry->length);
        if (ext4_list(walk->fs, below.directory, 0, walk_entry, &below) != 0 || below.bad)
            walk->bad = true;
        walk->sum += below.sum;
    }
    return true;
}

bool real_names_hash(struct ext4 *fs, uint64_t *hash)
{
    struct walk walk = {.fs = fs, .directory = ext4_root(fs), .parent = 1};

    if (ext4_list(fs, walk.directory, 0, walk_entry, &walk) != 0 || walk.bad)
        return false;
    *hash = walk.sum;
    return true;
}

static const char *compare_file(struct model *model, struct model_file *file)
{
    static uint8_t data[MODEL_BYTES + 1];
    struct ext4_attributes a;
    size_t size = sizeof(data);

    WANT(ext4_attributes(model->fs, file->handle, &a) == 0);
    WANT(a.mode == file->mode && a.links == file->links && a.user == file->user);
    if (!S_ISREG(file->mode))
        return NULL;
    WANT(a.size == file->size);
    WANT(ext4_read(model->fs, file->handle, 0, data, &size) == 0 && size == file->size);
    WANT(memcmp(data, file->data, size) == 0);
    return NULL;
}

const char *model_compare(struct model *model)
{
    uint64_t hash;

    WANT(real_names_hash(model->fs, &hash));
    WANT(hash == model_names_hash(model));
    for (unsigned i = 0; i < MODEL_FILES; i++) {
        const char *why = model->files[i].used ? compare_file(model, &model->files[i]) : NULL;

        if (why != NULL) {
            snprintf(model->what, sizeof(model->what), "file %u, inode %u", i,
                     model->files[i].handle.inode);
            return why;
        }
    }
    return NULL;
}
