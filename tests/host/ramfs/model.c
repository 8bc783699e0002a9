/* SPDX-License-Identifier: BSD-2-Clause */
/* The model of a file system. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

void model_make(struct model *m)
{
    memset(m, 0, sizeof(*m));
    m->file[0] = (struct model_file){
        .used = true, .kind = FILE_KIND_DIRECTORY, .links = 2, .mode = 01777};
}

int model_find(const struct model *m, int directory, const char *name)
{
    for (int i = 0; i < MODEL_NAMES; i++)
        if (m->name[i].used && m->name[i].directory == directory &&
            strcmp(m->name[i].name, name) == 0)
            return i;
    return -1;
}

static bool empty(const struct model *m, int directory)
{
    for (int i = 0; i < MODEL_NAMES; i++)
        if (m->name[i].used && m->name[i].directory == directory)
            return false;
    return true;
}

static void clear(struct model_file *f)
{
    for (int i = 0; i < MODEL_VALUES; i++)
        free(f->value[i].data);
    free(f->data);
    memset(f, 0, sizeof(*f));
}

static void collect(struct model *m, int file)
{
    struct model_file *f = &m->file[file];

    if (f->links == 0 && !f->open[0] && !f->open[1])
        clear(f);
}

static bool enter(struct model *m, int directory, const char *name, int file)
{
    for (int i = 0; i < MODEL_NAMES; i++) {
        if (m->name[i].used)
            continue;
        m->name[i] = (struct model_name){.used = true, .directory = directory, .file = file};
        strcpy(m->name[i].name, name);
        return true;
    }
    return false;
}

/* A directory into which a name can be entered. */
static enum file_error may_enter(const struct model *m, int directory, const char *name)
{
    if (m->file[directory].kind != FILE_KIND_DIRECTORY)
        return FILE_E_NOT_DIRECTORY;
    if (m->file[directory].links == 0)
        return FILE_E_NOT_FOUND;
    return model_find(m, directory, name) >= 0 ? FILE_E_EXISTS : FILE_OK;
}

enum file_error model_new(struct model *m, int directory, const char *name, enum file_kind kind,
                          uint16_t mode, const char *target, int *made)
{
    enum file_error error = may_enter(m, directory, name);
    int file = 0;

    if (error != FILE_OK)
        return error;
    while (m->file[file].used)
        file++;
    m->file[file] = (struct model_file){.used = true, .kind = kind, .links = 1, .mode = mode};
    if (target != NULL) {
        m->file[file].size = strlen(target);
        m->file[file].data = (uint8_t *)strdup(target);
    }
    if (kind == FILE_KIND_DIRECTORY) {
        m->file[file].links = 2;
        m->file[file].parent = directory;
        m->file[directory].links++;
    }
    enter(m, directory, name, file);
    *made = file;
    return FILE_OK;
}

enum file_error model_link(struct model *m, int file, int directory, const char *name)
{
    enum file_error error;

    if (m->file[file].kind == FILE_KIND_DIRECTORY)
        return FILE_E_NOT_PERMITTED;
    error = may_enter(m, directory, name);
    if (error != FILE_OK)
        return error;
    enter(m, directory, name, file);
    m->file[file].links++;
    return FILE_OK;
}

static void lose(struct model *m, int directory, int file)
{
    if (m->file[file].kind == FILE_KIND_DIRECTORY) {
        m->file[directory].links--;
        m->file[file].links -= 2;
    } else {
        m->file[file].links--;
    }
    collect(m, file);
}

static enum file_error may_lose(const struct model *m, int file, bool is_directory)
{
    if (is_directory && m->file[file].kind != FILE_KIND_DIRECTORY)
        return FILE_E_NOT_DIRECTORY;
    if (!is_directory && m->file[file].kind == FILE_KIND_DIRECTORY)
        return FILE_E_IS_DIRECTORY;
    return is_directory && !empty(m, file) ? FILE_E_NOT_EMPTY : FILE_OK;
}

static enum file_error changeable(const struct model *m, int directory)
{
    if (m->file[directory].kind != FILE_KIND_DIRECTORY)
        return FILE_E_NOT_DIRECTORY;
    return m->file[directory].links == 0 ? FILE_E_NOT_FOUND : FILE_OK;
}

enum file_error model_remove(struct model *m, int directory, const char *name, bool is_directory)
{
    enum file_error error = changeable(m, directory);
    int found = model_find(m, directory, name);

    if (error != FILE_OK)
        return error;
    if (found < 0)
        return FILE_E_NOT_FOUND;
    error = may_lose(m, m->name[found].file, is_directory);
    if (error != FILE_OK)
        return error;
    m->name[found].used = false;
    lose(m, directory, m->name[found].file);
    return FILE_OK;
}

static bool below(const struct model *m, int directory, int above)
{
    while (directory != above && directory != 0)
        directory = m->file[directory].parent;
    return directory == above;
}

static void adopt(struct model *m, int file, int from, int to)
{
    if (m->file[file].kind != FILE_KIND_DIRECTORY || from == to)
        return;
    m->file[file].parent = to;
    m->file[from].links--;
    m->file[to].links++;
}

static enum file_error exchange(struct model *m, int from, int found, int to, int other)
{
    int file = m->name[found].file, old = m->name[other].file;

    if (m->file[old].kind == FILE_KIND_DIRECTORY && below(m, from, old))
        return FILE_E_INVALID;
    if (file == old)
        return FILE_OK;
    m->name[found].file = old;
    m->name[other].file = file;
    adopt(m, file, from, to);
    adopt(m, old, to, from);
    return FILE_OK;
}

enum file_error model_rename(struct model *m, int from, const char *name, int to,
                             const char *new_name, enum file_replace replace)
{
    enum file_error error = changeable(m, from);
    int found, other, file;

    if (error == FILE_OK)
        error = changeable(m, to);
    if (error != FILE_OK)
        return error;
    found = model_find(m, from, name);
    other = model_find(m, to, new_name);
    if (found < 0 || (other < 0 && replace == FILE_REPLACE_EXCHANGE))
        return FILE_E_NOT_FOUND;
    if (other >= 0 && replace == FILE_REPLACE_NO)
        return FILE_E_EXISTS;
    file = m->name[found].file;
    if (m->file[file].kind == FILE_KIND_DIRECTORY && below(m, to, file))
        return FILE_E_INVALID;
    if (replace == FILE_REPLACE_EXCHANGE)
        return exchange(m, from, found, to, other);
    if (other >= 0) {
        int old = m->name[other].file;

        if (old == file)
            return FILE_OK;
        if (m->file[old].kind == FILE_KIND_DIRECTORY && below(m, from, old))
            return FILE_E_NOT_EMPTY;
        error = may_lose(m, old, m->file[file].kind == FILE_KIND_DIRECTORY);
        if (error != FILE_OK)
            return error;
        m->name[other].used = false;
        lose(m, to, old);
    }
    m->name[found].directory = to;
    strcpy(m->name[found].name, new_name);
    adopt(m, file, from, to);
    return FILE_OK;
}

static enum file_error regular(const struct model *m, int file)
{
    return m->file[file].kind == FILE_KIND_DIRECTORY ? FILE_E_IS_DIRECTORY
           : m->file[file].kind != FILE_KIND_REGULAR ? FILE_E_INVALID
                                                       : FILE_OK;
}

static void resize(struct model_file *f, uint64_t size)
{
    f->data = realloc(f->data, size + 1);
    if (size > f->size)
        memset(f->data + f->size, 0, size - f->size);
    f->size = size;
}

enum file_error model_write(struct model *m, int file, uint64_t offset, const uint8_t *data,
                            size_t size)
{
    enum file_error error = regular(m, file);
    struct model_file *f = &m->file[file];

    if (error != FILE_OK || size == 0)
        return error;
    if (offset + size > f->size)
        resize(f, offset + size);
    memcpy(f->data + offset, data, size);
    return FILE_OK;
}

enum file_error model_truncate(struct model *m, int file, uint64_t size)
{
    enum file_error error = regular(m, file);

    if (error == FILE_OK)
        resize(&m->file[file], size);
    return error;
}

enum file_error model_extend(struct model *m, int file, uint64_t end)
{
    enum file_error error = regular(m, file);

    if (error == FILE_OK && end > m->file[file].size)
        resize(&m->file[file], end);
    return error;
}

enum file_error model_zero(struct model *m, int file, uint64_t offset, uint64_t size, bool keep)
{
    enum file_error error = regular(m, file);
    struct model_file *f = &m->file[file];
    uint64_t end = offset + size;

    if (error != FILE_OK)
        return error;
    if (!keep && end > f->size)
        resize(f, end);
    if (end > f->size)
        end = f->size;
    if (offset < end)
        memset(f->data + offset, 0, end - offset);
    return FILE_OK;
}

static struct model_value *value_of(struct model_file *f, const char *name)
{
    for (int i = 0; i < MODEL_VALUES; i++)
        if (f->value[i].data != NULL && strcmp(f->value[i].name, name) == 0)
            return &f->value[i];
    return NULL;
}

enum file_error model_set_value(struct model *m, int file, const char *name, const uint8_t *data,
                                size_t size, enum file_value_mode mode)
{
    struct model_value *v = value_of(&m->file[file], name);

    if (v != NULL && mode == FILE_VALUE_MODE_CREATE)
        return FILE_E_EXISTS;
    if (v == NULL && mode == FILE_VALUE_MODE_REPLACE)
        return FILE_E_NO_DATA;
    for (int i = 0; v == NULL && i < MODEL_VALUES; i++)
        if (m->file[file].value[i].data == NULL)
            v = &m->file[file].value[i];
    free(v->data);
    strcpy(v->name, name);
    v->size = size;
    v->data = malloc(size + 1);
    memcpy(v->data, data, size);
    return FILE_OK;
}

enum file_error model_remove_value(struct model *m, int file, const char *name)
{
    struct model_value *v = value_of(&m->file[file], name);

    if (v == NULL)
        return FILE_E_NO_DATA;
    free(v->data);
    v->data = NULL;
    return FILE_OK;
}

void model_open(struct model *m, int file, int client, bool open)
{
    m->file[file].open[client] = open;
    collect(m, file);
}

static void *copy_of(const void *data, size_t size)
{
    void *copy = data == NULL ? NULL : malloc(size + 1);

    if (copy != NULL)
        memcpy(copy, data, size);
    return copy;
}

struct model *model_copy(const struct model *m)
{
    struct model *copy = malloc(sizeof(*copy));

    *copy = *m;
    for (int i = 0; i < MODEL_FILES; i++) {
        struct model_file *f = &copy->file[i];

        f->data = copy_of(f->data, f->size);
        for (int v = 0; v < MODEL_VALUES; v++)
            f->value[v].data = copy_of(f->value[v].data, f->value[v].size);
    }
    return copy;
}

void model_free(struct model *m)
{
    for (int i = 0; i < MODEL_FILES; i++)
        clear(&m->file[i]);
    free(m);
}
