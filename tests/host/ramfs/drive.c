/* SPDX-License-Identifier: BSD-2-Clause */
/* Random operations, and both ways to carry them out. */
#include "drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model *model;

static uint64_t state = 1, tokens;

void random_seed(uint64_t seed)
{
    state = seed * 2 + 1;
    tokens = 0;
}

uint64_t random_number(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

uint64_t random_below(uint64_t limit)
{
    return random_number() % limit;
}

static void random_name(char *to)
{
    static const char *const stems[] = {"a", "b", "c", "notes", "e.txt", "a-longer-name-f", "g"};

    sprintf(to, "%s%u", stems[random_below(7)], (unsigned)random_below(6));
}

/* A file of the model, of this kind if it is not 0 and there is one. */
static int random_file(enum file_kind kind)
{
    for (int tries = 0; tries < 200; tries++) {
        int file = (int)random_below(MODEL_FILES);

        if (model->file[file].used && (kind == 0 || model->file[file].kind == kind))
            return file;
    }
    return 0;
}

/* Mostly a name that is in the directory. */
static void some_name(int directory, char *to)
{
    random_name(to);
    if (random_below(4) == 0)
        return;
    for (int tries = 0; tries < 60; tries++) {
        const struct model_name *n = &model->name[random_below(MODEL_NAMES)];

        if (n->used && n->directory == directory)
            strcpy(to, n->name);
    }
}

static unsigned used_files(void)
{
    unsigned count = 0;

    for (int i = 0; i < MODEL_FILES; i++)
        count += model->file[i].used;
    return count;
}

static enum what random_what(void)
{
    static const unsigned char weight[WHATS] = {14, 3, 4, 12, 10, 14, 6, 6, 3, 3, 2,
                                                4,  2, 2, 4,  4,  12};
    unsigned at = (unsigned)random_below(105), what = 0;

    while (at >= weight[what])
        at -= weight[what++];
    return (enum what)what;
}

struct op drive_choose(void)
{
    static const enum file_kind kinds[] = {FILE_KIND_REGULAR, FILE_KIND_REGULAR,
                                           FILE_KIND_DIRECTORY, FILE_KIND_FIFO};
    struct op op = {.what = random_what(), .client = (int)random_below(2)};

    if (used_files() > MODEL_FILES - 20 && (op.what == MAKE || op.what == MAKE_LINK))
        op.what = REMOVE;
    op.token = ++tokens;
    op.seed = random_number();
    op.flag = random_below(2);
    op.mode = (int)random_below(3);
    op.kind = kinds[random_below(4)];
    op.b = random_file(FILE_KIND_DIRECTORY);
    op.a = random_file(op.what >= WRITE && random_below(20) != 0 ? FILE_KIND_REGULAR
                       : op.what == LINK                         ? 0
                       : random_below(20) != 0                   ? FILE_KIND_DIRECTORY
                                                                 : 0);
    if (op.what == OPEN || op.what == CLOSE)
        op.a = random_file(0);
    some_name(op.a, op.name);
    if (op.what == MAKE || op.what == MAKE_LINK || op.what == LINK)
        random_name(op.what == LINK ? op.new_name : op.name);
    if (op.what == RENAME)
        random_below(2) ? random_name(op.new_name) : some_name(op.b, op.new_name);
    if (op.what == SET_VALUE || op.what == REMOVE_VALUE)
        sprintf(op.name, "user.v%u", (unsigned)random_below(MODEL_VALUES));
    op.offset = random_below(random_below(4) == 0 ? MODEL_LARGEST : 9000);
    op.size = random_below(random_below(8) == 0 ? 60000 : 5000);
    if (op.what == APPEND && model->file[op.a].size > MODEL_LARGEST)
        op.what = TRUNCATE;
    return op;
}

/* The bytes that an operation writes. */
static void fill(const struct op *op, uint8_t *to)
{
    uint64_t x = op->seed | 1;

    for (uint64_t i = 0; i < op->size; i++) {
        x = x * 6364136223846793005ull + 1442695040888963407ull;
        to[i] = (uint8_t)(x >> 56);
    }
}

#define HEAD 64

static word_t badge_of(const struct op *op)
{
    return 1000 + (word_t)op->client;
}

static struct ipc_buffer window_with(const struct op *op)
{
    fill(op, world_window(badge_of(op)) + HEAD);
    return (struct ipc_buffer){.offset = HEAD, .length = op->size};
}

/* What a symbolic link of this operation says. */
static void target_of(const struct op *op, char *to)
{
    size_t size = op->size % 200 + 1;

    for (size_t i = 0; i < size; i++)
        to[i] = (char)('a' + (op->seed >> (i % 40)) % 26);
    to[size] = 0;
}

static void serve_names(struct op *op, struct file_handle a, struct file_handle b)
{
    void *self = &world.server;
    word_t badge = badge_of(op);
    struct file_attributes made = {0};
    char *window = (char *)world_window(badge) + HEAD;

    switch (op->what) {
    case MAKE:
        op->error = file->make(self, badge, a, op->kind, 0640, 7, 8, 0, 0,
                               op->flag ? FILE_OPEN : 0, op->token, op->name, strlen(op->name),
                               &made);
        break;
    case MAKE_LINK:
        target_of(op, window);
        op->error = file->make_link(self, badge, a,
                                    (struct ipc_buffer){.offset = HEAD, .length = strlen(window)},
                                    7, 8, op->token, op->name, strlen(op->name), &made);
        break;
    case LINK:
        op->error = file->link(self, badge, a, b, op->token, op->new_name, strlen(op->new_name),
                               &made);
        break;
    case REMOVE:
        op->error = file->remove(self, badge, a, op->flag, op->token, op->name, strlen(op->name));
        break;
    default:
        op->error = file->rename(self, badge, a, b, (enum file_replace)op->mode, op->token,
                                 op->name, strlen(op->name), op->new_name, strlen(op->new_name));
        break;
    }
    op->made = made.file;
}

static void serve_data(struct op *op, struct file_handle a)
{
    void *self = &world.server;
    word_t badge = badge_of(op);
    struct file_attributes now;
    uint64_t size;

    switch (op->what) {
    case WRITE:
        op->error =
            file->write(self, badge, a, op->offset, window_with(op), 0, 0, &op->done, &size);
        break;
    case APPEND:
        op->error = file->write(self, badge, a, 0, window_with(op), FILE_APPEND, op->token,
                                &op->done, &size);
        break;
    case TRUNCATE:
        op->error = file->truncate(self, badge, a, op->offset, &now);
        break;
    case ALLOCATE:
        op->error = file->allocate(self, badge, a, op->flag ? FILE_KEEP_SIZE : 0, op->offset,
                                   op->size + 1, 0, &now);
        break;
    case PUNCH:
        op->error = file->allocate(self, badge, a, FILE_PUNCH_HOLE | FILE_KEEP_SIZE, op->offset,
                                   op->size + 1, 0, &now);
        break;
    case ZERO:
        op->error = file->allocate(self, badge, a, FILE_ZERO | (op->flag ? FILE_KEEP_SIZE : 0),
                                   op->offset, op->size + 1, 0, &now);
        break;
    default:
        op->error = file->read(self, badge, a, op->offset,
                               (struct ipc_buffer){.offset = HEAD, .length = op->size}, &op->done);
        break;
    }
}

static void serve_attributes(struct op *op, struct file_handle a)
{
    void *self = &world.server;
    word_t badge = badge_of(op);
    struct file_time zero = {0};
    struct file_attributes now;

    switch (op->what) {
    case SET_VALUE:
        op->error = file->set_value(self, badge, a, window_with(op),
                                    (enum file_value_mode)op->mode, op->token, op->name,
                                    strlen(op->name));
        break;
    case REMOVE_VALUE:
        op->error = file->remove_value(self, badge, a, op->token, op->name, strlen(op->name));
        break;
    case SET_MODE:
        op->error = file->set_attributes(self, badge, a, FILE_SET_MODE, op->seed & 07777, 0, 0, 0,
                                         zero, zero, &now);
        break;
    case OPEN:
        op->error = file->open(self, badge, a);
        break;
    default:
        op->error = file->close(self, badge, a);
        break;
    }
}

void drive_server(void *argument)
{
    struct op *op = argument;
    struct file_handle a = model->file[op->a].handle, b = model->file[op->b].handle;

    if (op->what <= RENAME)
        serve_names(op, a, b);
    else if (op->what <= ZERO || op->what == READ)
        serve_data(op, a);
    else
        serve_attributes(op, a);
}

/* A read compared at once: the model has no state that it would change. */
static enum file_error read_both(struct model *m, const struct op *op)
{
    const struct model_file *f = &m->file[op->a];
    uint64_t size = op->offset >= f->size               ? 0
                    : op->size < f->size - op->offset ? op->size
                                                        : f->size - op->offset;

    if (f->kind != FILE_KIND_REGULAR)
        return f->kind == FILE_KIND_DIRECTORY ? FILE_E_IS_DIRECTORY : FILE_E_INVALID;
    if (op->done != size ||
        (size > 0 && memcmp(world_window(badge_of(op)) + HEAD, f->data + op->offset, size) != 0))
        return FILE_E_IO;
    return FILE_OK;
}

static enum file_error write_model(struct model *m, const struct op *op, uint64_t offset)
{
    uint8_t *data = malloc(op->size + 1);
    enum file_error error;

    fill(op, data);
    error = op->what == SET_VALUE ? model_set_value(m, op->a, op->name, data, op->size,
                                                    (enum file_value_mode)op->mode)
                                  : model_write(m, op->a, offset, data, op->size);
    free(data);
    return error;
}

static enum file_error model_names(struct model *m, const struct op *op, int *made)
{
    enum file_error error;
    char target[256];

    switch (op->what) {
    case MAKE:
        error = model_new(m, op->a, op->name, op->kind, 0640, NULL, made);
        if (error == FILE_OK && op->flag)
            model_open(m, *made, op->client, true);
        return error;
    case MAKE_LINK:
        target_of(op, target);
        return model_new(m, op->a, op->name, FILE_KIND_LINK, 0777, target, made);
    case LINK:
        return model_link(m, op->a, op->b, op->new_name);
    case REMOVE:
        return model_remove(m, op->a, op->name, op->flag);
    default:
        return model_rename(m, op->a, op->name, op->b, op->new_name, (enum file_replace)op->mode);
    }
}

enum file_error drive_model(struct model *m, const struct op *op, int *made)
{
    *made = -1;
    if (op->what <= RENAME)
        return model_names(m, op, made);
    switch (op->what) {
    case WRITE:
    case SET_VALUE:
        return write_model(m, op, op->offset);
    case APPEND:
        return write_model(m, op, m->file[op->a].size);
    case TRUNCATE:
        return model_truncate(m, op->a, op->offset);
    case ALLOCATE:
        return model_extend(m, op->a, op->flag ? 0 : op->offset + op->size + 1);
    case PUNCH:
        return model_zero(m, op->a, op->offset, op->size + 1, true);
    case ZERO:
        return model_zero(m, op->a, op->offset, op->size + 1, op->flag);
    case REMOVE_VALUE:
        return model_remove_value(m, op->a, op->name);
    case SET_MODE:
        m->file[op->a].mode = op->seed & 07777;
        return FILE_OK;
    case OPEN:
    case CLOSE:
        model_open(m, op->a, op->client, op->what == OPEN);
        return FILE_OK;
    default:
        return read_both(m, op);
    }
}
