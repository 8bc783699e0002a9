/* SPDX-License-Identifier: BSD-2-Clause */
/* Random operations on the model and the real file system. */
#include "model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SAY(...) snprintf(model->what, sizeof(model->what), __VA_ARGS__)

static uint32_t pick(struct model *model, uint32_t below)
{
    return random_next(&model->random) % below;
}

static struct model_file *pick_file(struct model *model, uint16_t kind)
{
    uint32_t start = pick(model, MODEL_FILES);

    for (unsigned i = 0; i < MODEL_FILES; i++) {
        struct model_file *file = &model->files[(start + i) % MODEL_FILES];

        if (file->used && (kind == 0 || (file->mode & S_IFMT) == kind))
            return file;
    }
    return model->root;
}

/* A directory that still has a name. */
static struct model_file *pick_directory(struct model *model)
{
    struct model_file *directory = pick_file(model, S_IFDIR);

    return directory->links > 0 ? directory : model->root;
}

static void pick_name(struct model *model, char *name)
{
    uint32_t n = pick(model, 40);
    int length =
        snprintf(name, 64, n % 8 == 0 ? "a-rather-long-name-of-a-file-number-%u" : "n%u", n);

    (void)length;
}

static struct model_name *find(struct model *model, struct model_file *directory, const char *name)
{
    for (unsigned i = 0; i < MODEL_FILES; i++)
        if (model->names[i].directory == directory && strcmp(model->names[i].name, name) == 0)
            return &model->names[i];
    return NULL;
}

static struct model_name *new_name(struct model *model)
{
    for (unsigned i = 0; i < MODEL_FILES; i++)
        if (model->names[i].directory == NULL)
            return &model->names[i];
    return NULL;
}

static struct model_file *new_file(struct model *model)
{
    for (unsigned i = 0; i < MODEL_FILES; i++)
        if (!model->files[i].used)
            return &model->files[i];
    return NULL;
}

static bool is_directory(const struct model_file *file)
{
    return S_ISDIR(file->mode);
}

static bool is_empty(const struct model *model, const struct model_file *directory)
{
    for (unsigned i = 0; i < MODEL_FILES; i++)
        if (model->names[i].directory == directory)
            return false;
    return true;
}

static void drop(struct model *model, struct model_file *file)
{
    if (is_directory(file)) {
        file->links = 0;
        file->parent->links--;
    } else {
        file->links--;
    }
    if (file->links > 0)
        return;
    file->unlinked = model->operation;
    if (file->holds == 0) {
        free(file->data);
        memset(file, 0, sizeof(*file));
    }
}

static int step_make(struct model *model, int *real)
{
    static const uint16_t kinds[] = {S_IFREG, S_IFREG, S_IFREG, S_IFDIR, S_IFLNK, S_IFIFO, S_IFCHR};
    struct model_file *directory = pick_directory(model), *file = new_file(model);
    struct model_name *name = new_name(model);
    struct ext4_make make = {.mode = (uint16_t)(kinds[pick(model, 7)] | 0600 | pick(model, 64)),
                             .user = pick(model, 3) * 50000, .major = 3, .minor = pick(model, 600)};
    struct ext4_handle handle;
    char text[64], target[300];
    int expected;

    if (file == NULL || name == NULL)
        return -1;
    pick_name(model, text);
    memset(target, 't', sizeof(target));
    target[pick(model, 2) ? 10 : 100 + pick(model, 150)] = 0;
    if (S_ISLNK(make.mode)) {
        make.target = target;
        make.target_length = strlen(target);
    } else {
        target[0] = 0;
    }
    SAY("make %s mode %o in %u", text, make.mode, directory->handle.inode);
    expected = find(model, directory, text) != NULL ? EEXIST : 0;
    *real = ext4_make(model->fs, directory->handle, text, strlen(text), &make, &handle);
    if (*real != 0 || expected != 0)
        return expected;
    *file = (struct model_file){.used = true, .mode = make.mode, .links = 1, .user = make.user,
                                .handle = handle, .parent = directory};
    strcpy(file->target, target);
    if (S_ISREG(file->mode))
        file->data = calloc(1, MODEL_BYTES);
    if (is_directory(file)) {
        file->links = 2;
        directory->links++;
    }
    *name = (struct model_name){.directory = directory, .file = file};
    strcpy(name->name, text);
    return 0;
}

static int step_link(struct model *model, int *real)
{
    struct model_file *directory = pick_directory(model), *file = pick_file(model, 0);
    struct model_name *name = new_name(model);
    char text[64];
    int expected = is_directory(file) ? EPERM : 0;

    if (name == NULL || (is_directory(file) && file->links == 0))
        return -1;
    pick_name(model, text);
    SAY("link %s to %u in %u", text, file->handle.inode, directory->handle.inode);
    if (expected == 0 && find(model, directory, text) != NULL)
        expected = EEXIST;
    *real = ext4_link(model->fs, file->handle, directory->handle, text, strlen(text));
    if (*real != 0 || expected != 0)
        return expected;
    *name = (struct model_name){.directory = directory, .file = file};
    strcpy(name->name, text);
    file->links++;
    file->unlinked = 0;
    return 0;
}

static int step_remove(struct model *model, int *real)
{
    struct model_file *directory = pick_directory(model);
    bool want_directory = pick(model, 4) == 0;
    struct model_name *name;
    char text[64];
    int expected = 0;

    pick_name(model, text);
    name = find(model, directory, text);
    SAY("remove %s from %u", text, directory->handle.inode);
    if (name == NULL)
        expected = ENOENT;
    else if (want_directory != is_directory(name->file))
        expected = want_directory ? ENOTDIR : EISDIR;
    else if (want_directory && !is_empty(model, name->file))
        expected = ENOTEMPTY;
    *real = ext4_remove(model->fs, directory->handle, text, strlen(text), want_directory);
    if (*real != 0 || expected != 0)
        return expected;
    name->directory = NULL;
    drop(model, name->file);
    return 0;
}

static bool is_above(const struct model *model, const struct model_file *above,
                     const struct model_file *below)
{
    while (below != above && below != model->root)
        below = below->parent;
    return below == above;
}

static int rename_expected(struct model *model, struct model_name *from, struct model_file *to,
                           struct model_name *old, enum ext4_replace replace)
{
    if (from == NULL || (old == NULL && replace == EXT4_EXCHANGE))
        return ENOENT;
    if (old != NULL && replace == EXT4_NO_REPLACE)
        return EEXIST;
    if (is_directory(from->file) && is_above(model, from->file, to))
        return EINVAL;
    if (old == NULL)
        return 0;
    if (replace == EXT4_EXCHANGE)
        return is_directory(old->file) && is_above(model, old->file, from->directory) ? EINVAL : 0;
    if (old->file == from->file)
        return 0;
    if (is_directory(from->file) != is_directory(old->file))
        return is_directory(from->file) ? ENOTDIR : EISDIR;
    return is_directory(old->file) && !is_empty(model, old->file) ? ENOTEMPTY : 0;
}

static void set_parent(struct model_file *file, struct model_file *to)
{
    if (!is_directory(file))
        return;
    file->parent->links--;
    to->links++;
    file->parent = to;
}

static int step_rename(struct model *model, int *real)
{
    struct model_file *from = pick_directory(model), *to = pick_directory(model);
    enum ext4_replace replace = (enum ext4_replace)pick(model, 3);
    struct model_name *name, *old;
    char text[64], new[64];
    int expected;

    pick_name(model, text);
    pick_name(model, new);
    name = find(model, from, text);
    old = find(model, to, new);
    SAY("rename %s in %u to %s in %u, %d", text, from->handle.inode, new, to->handle.inode,
        replace);
    expected = rename_expected(model, name, to, old, replace);
    *real = ext4_rename(model->fs, &(struct ext4_name){from->handle, text, strlen(text)},
                        &(struct ext4_name){to->handle, new, strlen(new)}, replace);
    if (*real != 0 || expected != 0 || (old != NULL && old->file == name->file))
        return expected;
    if (replace == EXT4_EXCHANGE) {
        struct model_file *file = name->file;

        name->file = old->file;
        old->file = file;
        set_parent(name->file, from);
        set_parent(old->file, to);
        return 0;
    }
    if (old != NULL) {
        old->directory = NULL;
        drop(model, old->file);
    }
    set_parent(name->file, to);
    name->directory = to;
    strcpy(name->name, new);
    return 0;
}

static int step_write(struct model *model, int *real)
{
    static uint8_t data[40000];
    struct model_file *file = pick_file(model, S_IFREG);
    uint32_t size = 1 + pick(model, pick(model, 3) == 0 ? sizeof(data) : 3000);
    uint32_t offset = pick(model, MODEL_BYTES - size);
    size_t written = size;

    if (!S_ISREG(file->mode))
        return -1;
    if (pick(model, 2) && file->size + size < MODEL_BYTES)
        offset = (uint32_t)file->size;
    for (uint32_t i = 0; i < size; i++)
        data[i] = (uint8_t)((model->operation + i) % 200); /* below OLD_BYTE */
    SAY("write %u at %u into %u of %llu", size, offset, file->handle.inode,
        (unsigned long long)file->size);
    *real = ext4_write(model->fs, file->handle, offset, data, &written);
    if (*real != 0)
        return 0;
    memcpy(file->data + offset, data, written);
    if (offset + written > file->size)
        file->size = offset + written;
    file->changed = model->operation;
    return written == size ? 0 : -2;
}

static int step_truncate(struct model *model, int *real)
{
    struct model_file *file = pick_file(model, S_IFREG);
    uint64_t size = pick(model, MODEL_BYTES);

    if (!S_ISREG(file->mode))
        return -1;
    SAY("truncate %u from %llu to %llu", file->handle.inode, (unsigned long long)file->size,
        (unsigned long long)size);
    *real = ext4_truncate(model->fs, file->handle, size);
    if (size < file->size)
        memset(file->data + size, 0, file->size - size);
    file->size = size;
    file->changed = model->operation;
    return 0;
}

static int step_allocate(struct model *model, int *real)
{
    static const unsigned modes[] = {0, EXT4_KEEP_SIZE, EXT4_PUNCH_HOLE | EXT4_KEEP_SIZE, EXT4_ZERO,
                                     EXT4_ZERO | EXT4_KEEP_SIZE};
    struct model_file *file = pick_file(model, S_IFREG);
    unsigned mode = modes[pick(model, 5)];
    uint32_t offset = pick(model, MODEL_BYTES - 1), length = 1 + pick(model, MODEL_BYTES - offset);
    uint64_t end = offset + length;

    if (!S_ISREG(file->mode))
        return -1;
    SAY("allocate %u mode %u at %u length %u of %llu", file->handle.inode, mode, offset, length,
        (unsigned long long)file->size);
    *real = ext4_allocate(model->fs, file->handle, mode, offset, length);
    if (*real != 0)
        return 0;
    if ((mode & (EXT4_PUNCH_HOLE | EXT4_ZERO)) != 0 && offset < file->size)
        memset(file->data + offset, 0, (end < file->size ? end : file->size) - offset);
    if ((mode & EXT4_KEEP_SIZE) == 0 && end > file->size)
        file->size = end;
    file->changed = model->operation;
    return 0;
}

static int step_read(struct model *model, int *real)
{
    static uint8_t data[50000];
    struct model_file *file = pick_file(model, S_IFREG);
    uint32_t offset = pick(model, MODEL_BYTES);
    size_t wanted = 1 + pick(model, sizeof(data) - 1), size = wanted;

    if (!S_ISREG(file->mode))
        return -1;
    SAY("read %zu at %u of %u", wanted, offset, file->handle.inode);
    *real = ext4_read(model->fs, file->handle, offset, data, &size);
    if (*real != 0)
        return 0;
    if (offset >= file->size)
        return size == 0 ? 0 : -2;
    if (wanted > file->size - offset)
        wanted = file->size - offset;
    return size == wanted && memcmp(data, file->data + offset, size) == 0 ? 0 : -2;
}

static int step_attributes(struct model *model, int *real)
{
    struct model_file *file = pick_file(model, 0);
    struct ext4_attributes to = {.mode = (uint16_t)pick(model, 07777), .user = pick(model, 100000)};

    if (file == model->root || (is_directory(file) && file->links == 0))
        return -1;
    SAY("set attributes of %u", file->handle.inode);
    *real = ext4_set_attributes(model->fs, file->handle, EXT4_SET_MODE | EXT4_SET_USER, &to);
    if (*real == 0) {
        file->mode = (uint16_t)((file->mode & S_IFMT) | to.mode);
        file->user = to.user;
    }
    return 0;
}

static int step_value(struct model *model, int *real)
{
    struct model_file *file = pick_file(model, 0);
    uint32_t which = pick(model, MODEL_VALUES), length = 1 + pick(model, 6);
    bool remove = pick(model, 3) == 0;
    char name[16], value[400];

    if (file->links == 0 && is_directory(file))
        return -1;
    snprintf(name, sizeof(name), "user.v%u", which);
    memset(value, 'v', sizeof(value));
    SAY("value %s of %u, %u bytes, remove %d", name, file->handle.inode, length * 40, remove);
    if (remove) {
        *real = ext4_remove_value(model->fs, file->handle, name);
        if (*real == 0)
            file->value[which] = 0;
        return file->value[which] == 0 && *real != 0 ? ENODATA : 0;
    }
    *real = ext4_set_value(model->fs, file->handle, name, value, length * 40, EXT4_VALUE_ANY);
    if (*real == ENOSPC) /* there is no room for as many values with small blocks */
        return ENOSPC;
    if (*real == 0)
        file->value[which] = (uint8_t)length;
    return 0;
}

static int step_hold(struct model *model, int *real)
{
    struct model_file *file = pick_file(model, S_IFREG);

    if (!S_ISREG(file->mode))
        return -1;
    if (file->holds > 0 && pick(model, 3) > 0) {
        SAY("release %u", file->handle.inode);
        *real = ext4_release(model->fs, file->handle);
        if (--file->holds == 0 && file->links == 0) {
            free(file->data);
            memset(file, 0, sizeof(*file));
        }
        return 0;
    }
    SAY("hold %u", file->handle.inode);
    *real = ext4_hold(model->fs, file->handle);
    file->holds++;
    return 0;
}

static int step_sync(struct model *model, int *real)
{
    struct model_file *file = pick_file(model, S_IFREG);

    if (!S_ISREG(file->mode) || pick(model, 6) == 0) {
        SAY("sync");
        *real = ext4_sync(model->fs);
        if (*real == 0 && model->durable != NULL)
            model->durable(model->self, model, NULL);
        return 0;
    }
    SAY("sync %u", file->handle.inode);
    *real = ext4_sync_file(model->fs, file->handle, pick(model, 2) == 0);
    if (*real == 0 && model->durable != NULL)
        model->durable(model->self, model, file);
    return 0;
}

static const struct {
    int (*step)(struct model *model, int *real);
    unsigned weight;
} steps[] = {{step_make, 20},     {step_write, 20},      {step_read, 12},  {step_remove, 12},
             {step_rename, 10},   {step_truncate, 5},    {step_allocate, 5}, {step_link, 4},
             {step_attributes, 3}, {step_value, 6},      {step_hold, 4},   {step_sync, 3}};

const char *model_step(struct model *model)
{
    static char wrong[256];
    uint32_t total = 0, at, i = 0;
    int real = 0, expected;

    for (unsigned n = 0; n < sizeof(steps) / sizeof(*steps); n++)
        total += steps[n].weight;
    at = pick(model, total);
    while (at >= steps[i].weight)
        at -= steps[i++].weight;
    model->operation++;
    expected = steps[i].step(model, &real);
    model->done[i]++;
    if (expected == -1 || expected == real)
        return NULL;
    snprintf(wrong, sizeof(wrong), "operation %llu (%s): %s, not %s",
             (unsigned long long)model->operation, model->what,
             expected == -2 ? "other data" : strerror(real),
             expected < 0 ? "" : strerror(expected));
    return wrong;
}
