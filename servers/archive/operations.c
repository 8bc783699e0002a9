/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking at the archive; there is nothing that changes it. */
#include "operations.h"

#define PAGE       4096u
#define GENERATION 1u
#define MAGIC      0x858458f6u /* what Linux calls ramfs */

static const struct archive_file *file_of(const struct archive_system *s, struct file_handle file)
{
    if (file.generation != GENERATION || file.inode == 0 || file.inode >= s->archive.count)
        return NULL;
    return &s->archive.file[file.inode];
}

static struct file_handle handle(uint32_t number)
{
    return (struct file_handle){.inode = number, .generation = GENERATION};
}

static struct file_handle root(void *self)
{
    (void)self;
    return handle(1);
}

static enum file_error attributes(void *self, struct file_handle file, struct file_attributes *to)
{
    const struct archive_file *f = file_of(self, file);

    if (f == NULL)
        return FILE_E_STALE;
    *to = (struct file_attributes){.file = file,
                                   .kind = (enum file_kind)f->kind,
                                   .mode = (uint16_t)f->mode,
                                   .links = f->kind == FILE_KIND_DIRECTORY ? 2 : 1,
                                   .user = f->user,
                                   .group = f->group,
                                   .size = f->size,
                                   .blocks = (f->size + 511) / 512,
                                   .block_size = PAGE,
                                   .major = f->major,
                                   .minor = f->minor};
    to->accessed.seconds = to->modified.seconds = f->seconds;
    to->changed.seconds = to->born.seconds = f->seconds;
    return FILE_OK;
}

static enum file_error kind(void *self, struct file_handle file, enum file_kind *to)
{
    const struct archive_file *f = file_of(self, file);

    if (f == NULL)
        return FILE_E_STALE;
    *to = (enum file_kind)f->kind;
    return FILE_OK;
}

static enum file_error directory_of(const struct archive_system *s, struct file_handle directory,
                                    const struct archive_file **d)
{
    *d = file_of(s, directory);
    if (*d == NULL)
        return FILE_E_STALE;
    return (*d)->kind == FILE_KIND_DIRECTORY ? FILE_OK : FILE_E_NOT_DIRECTORY;
}

static enum file_error find(void *self, struct file_handle directory, const void *name, size_t size,
                            struct file_handle *found, enum file_kind *to)
{
    const struct archive_system *s = self;
    const struct archive_file *d;
    enum file_error error = directory_of(s, directory, &d);
    uint32_t at;

    if (error != FILE_OK)
        return error;
    at = archive_find(&s->archive, (uint32_t)directory.inode, name, size);
    if (at == 0)
        return FILE_E_NOT_FOUND;
    *found = handle(at);
    *to = (enum file_kind)s->archive.file[at].kind;
    return FILE_OK;
}

static enum file_error parent(void *self, struct file_handle directory, struct file_handle *found)
{
    const struct archive_file *d;
    enum file_error error = directory_of(self, directory, &d);

    if (error == FILE_OK)
        *found = handle(d->parent);
    return error;
}

/* Files are listed from the last to the first; the cookie is the number of the last that was. */
static enum file_error list(void *self, struct file_handle directory, uint64_t cookie,
                            files_emit *emit, void *to, bool *end)
{
    const struct archive_system *s = self;
    const struct archive_file *d;
    enum file_error error = directory_of(s, directory, &d);

    if (error != FILE_OK)
        return error;
    *end = true;
    for (uint32_t at = d->child; at != 0; at = s->archive.file[at].next) {
        const struct archive_file *f = &s->archive.file[at];
        const struct files_entry entry = {.file = handle(at),
                                          .cookie = f->number,
                                          .kind = (enum file_kind)f->kind,
                                          .name = f->name,
                                          .size = f->name_size};

        if (cookie != 0 && f->number >= cookie)
            continue;
        if (!emit(to, &entry)) {
            *end = false;
            break;
        }
    }
    return FILE_OK;
}

static enum file_error regular(const struct archive_system *s, struct file_handle file,
                               const struct archive_file **f)
{
    *f = file_of(s, file);
    if (*f == NULL)
        return FILE_E_STALE;
    if ((*f)->kind == FILE_KIND_DIRECTORY)
        return FILE_E_IS_DIRECTORY;
    return (*f)->kind == FILE_KIND_REGULAR ? FILE_OK : FILE_E_INVALID;
}

static enum file_error read(void *self, struct file_handle file, uint64_t offset, void *to,
                            size_t size, size_t *done)
{
    const struct archive_file *f;
    enum file_error error = regular(self, file, &f);

    if (error != FILE_OK)
        return error;
    *done = offset >= f->size ? 0 : size < f->size - offset ? size : f->size - offset;
    return *done == 0 || files_copy(to, f->data + offset, *done) ? FILE_OK : FILE_E_BAD_WINDOW;
}

static enum file_error read_link(void *self, struct file_handle file, void *to, size_t size,
                                 size_t *done)
{
    const struct archive_file *f = file_of(self, file);

    if (f == NULL)
        return FILE_E_STALE;
    if (f->kind != FILE_KIND_LINK)
        return FILE_E_INVALID;
    if (size < f->size)
        return FILE_E_RANGE;
    *done = f->size;
    return files_copy(to, f->data, f->size) ? FILE_OK : FILE_E_BAD_WINDOW;
}

static enum file_error seek(void *self, struct file_handle file, uint64_t offset,
                            enum file_part part, uint64_t *found)
{
    const struct archive_file *f;
    enum file_error error = regular(self, file, &f);

    if (error == FILE_OK && offset >= f->size)
        error = FILE_E_BEYOND_END;
    if (error == FILE_OK)
        *found = part == FILE_PART_DATA ? offset : f->size;
    return error;
}

static enum file_error space(void *self, struct file_space *to)
{
    const struct archive_system *s = self;

    *to = (struct file_space){.block_size = PAGE,
                              .blocks = (s->archive.bytes + PAGE - 1) / PAGE,
                              .files = s->archive.count - 1,
                              .name_max = FILE_NAME_MAX,
                              .magic = MAGIC,
                              .read_only = true};
    return FILE_OK;
}

/* Whole pages that lie on pages of the archive are shown as they are. The page with the end of a
 * file has other things behind it: a copy of it is shown. */
static enum file_error map(void *self, struct file_handle file, uint64_t page, cap_t *frame,
                           uint32_t *size)
{
    const struct archive_system *s = self;
    const struct archive_file *f;
    enum file_error error = regular(s, file, &f);
    uint64_t at = page * PAGE, place;

    if (error != FILE_OK)
        return error;
    if (at >= f->size)
        return FILE_E_BEYOND_END;
    place = (uint64_t)(f->data - s->archive.start) + at;
    if (place % PAGE != 0 || s->frame == NULL)
        return FILE_E_NOT_SUPPORTED;
    *size = (uint32_t)(f->size - at < PAGE ? f->size - at : PAGE);
    *frame = *size == PAGE ? s->frame(place / PAGE)
                           : s->tail((uint32_t)file.inode, f->data + at, *size);
    return *frame == 0 ? FILE_E_NO_MEMORY : FILE_OK;
}

const struct files_operations *archive_operations(void)
{
    static const struct files_operations operations = {
        .root = root,
        .attributes = attributes,
        .find = find,
        .parent = parent,
        .kind = kind,
        .read = read,
        .list = list,
        .read_link = read_link,
        .seek = seek,
        .space = space,
        .map = map,
    };

    return &operations;
}
