/* SPDX-License-Identifier: BSD-2-Clause */
/* Namespace and paths of native programs. */
#include "files.h"

#include <rt/bytes.h>
#include <rt/program.h>

#define WINDOW_PAGES 32u
#define LINKS_MAX    40u

static struct files_mount mounts[FILES_MOUNTS];
static unsigned mount_count;
static bool mounts_known;

unsigned files_mounts(struct files_mount **to)
{
    const struct component_info *info = rt_info();

    for (word_t i = 0; !mounts_known && i < info->entry_count && i < COMPONENT_ENTRIES; i++) {
        const struct component_entry *e = &info->entries[i];
        struct files_mount *m = &mounts[mount_count];

        if (e->kind != COMPONENT_USES || e->name[0] != '/' || mount_count == FILES_MOUNTS)
            continue;
        m->path = e->name;
        m->size = rt_length(e->name);
        if (m->size == 1)
            m->size = 0;
        m->connection.server = e->slot;
        mount_count++;
    }
    mounts_known = true;
    *to = mounts;
    return mount_count;
}

static enum file_error connect(struct files_mount *m)
{
    enum file_error error = FILE_OK;

    if (!m->connected)
        error = files_connect(&m->connection, m->connection.server, WINDOW_PAGES);
    m->connected = error == FILE_OK;
    return error;
}

/* The mount of a clean path. @return NULL: it is in none */
static struct files_mount *mount_of(const char *path)
{
    struct files_mount *all, *best = NULL;
    unsigned count = files_mounts(&all);

    for (unsigned i = 0; i < count; i++) {
        struct files_mount *m = &all[i];

        if (rt_length(path) < m->size || memcmp(path, m->path, m->size) != 0 ||
            (path[m->size] != '/' && path[m->size] != 0))
            continue;
        if (best == NULL || m->size > best->size)
            best = m;
    }
    return best;
}

/* Add one name of a path to a clean one. @return false: too long */
static bool add_name(char *clean, size_t *used, const char *name, size_t size)
{
    if (size == 0 || (size == 1 && name[0] == '.'))
        return true;
    if (size == 2 && name[0] == '.' && name[1] == '.') {
        while (*used > 0 && clean[--*used] != '/')
            ;
        return true;
    }
    if (*used + size + 2 > FILES_PATH_MAX)
        return false;
    clean[(*used)++] = '/';
    memcpy(clean + *used, name, size);
    *used += size;
    return true;
}

/* Add a path's names: one slash before each, none at the end, no '.' and '..'. */
static bool add_path(char clean[static FILES_PATH_MAX], size_t *used, const char *path)
{
    while (*path != 0) {
        size_t size = 0;

        while (path[size] != 0 && path[size] != '/')
            size++;
        if (!add_name(clean, used, path, size))
            return false;
        path += size + (path[size] == '/');
    }
    clean[*used] = 0;
    return true;
}

/* How much of a path the next lookup takes: up to the end of a name. */
static size_t next_part(const char *path, size_t size)
{
    size_t part = size < FILE_PATH_MAX ? size : FILE_PATH_MAX;

    while (part < size && part > 0 && path[part] != '/')
        part--;
    return part;
}

/* Follow a clean path in its mount, until a link. */
static enum file_error follow(struct files_mount *m, const char *path, struct files_place *to,
                              enum file_stop *stop, size_t *at)
{
    uint8_t flags = files_cache_flags(&m->cache);
    struct file_handle from = m->connection.root;
    size_t size = rt_length(path);
    uint32_t taken = 0;

    for (*at = m->size;;) {
        size_t part = next_part(path + *at, size - *at);
        enum file_error error = files_lookup(&m->connection, from, flags, path + *at, part, stop,
                                             &taken, &to->attributes);

        if (error == FILE_E_INVALID && flags != 0) {
            flags = 0; /* the session is a new one, without leases */
            continue;
        }
        if (error != FILE_OK)
            return error;
        from = to->attributes.file;
        *at += taken;
        if (taken != part || *at == size)
            break;
        if (part == 0)
            return FILE_E_NAME_TOO_LONG;
    }
    if (flags != 0 && *stop == FILE_STOP_END && *at == size &&
        to->attributes.kind != FILE_KIND_LINK)
        files_cache_add(&m->cache, path + m->size, &to->attributes);
    return FILE_OK;
}

/* The path that goes on where a link says. */
static enum file_error through_link(char clean[static FILES_PATH_MAX], size_t at,
                                    const struct files_place *link)
{
    char target[FILES_PATH_MAX], rest[FILES_PATH_MAX];
    size_t size = 0, used;
    enum file_error error = files_read_link(link->connection, link->attributes.file, target,
                                            sizeof(target) - 1, &size);

    if (error != FILE_OK)
        return error;
    target[size] = 0;
    memcpy(rest, clean + at, rt_length(clean + at) + 1);
    used = target[0] == '/' ? 0 : at;
    while (used > 0 && clean[--used] != '/')
        ;
    return add_path(clean, &used, target) && add_path(clean, &used, rest) ? FILE_OK
                                                                          : FILE_E_NAME_TOO_LONG;
}

static enum file_error outcome(enum file_stop stop)
{
    return stop == FILE_STOP_MISSING         ? FILE_E_NOT_FOUND
           : stop == FILE_STOP_NOT_DIRECTORY ? FILE_E_NOT_DIRECTORY
                                             : FILE_OK;
}

static enum file_error find(char clean[static FILES_PATH_MAX], bool through,
                            struct files_place *to)
{
    for (unsigned links = 0; links <= LINKS_MAX; links++) {
        struct files_mount *m = mount_of(clean);
        enum file_stop stop = FILE_STOP_END;
        enum file_error error;
        size_t at = 0;

        if (m == NULL)
            return FILE_E_NOT_FOUND;
        error = connect(m);
        if (error != FILE_OK)
            return error;
        to->connection = &m->connection;
        if (files_cache_find(&m->cache, &m->connection, clean + m->size, &to->attributes))
            return FILE_OK;
        error = follow(m, clean, to, &stop, &at);
        if (error != FILE_OK)
            return error;
        if (stop != FILE_STOP_LINK &&
            (stop != FILE_STOP_END || to->attributes.kind != FILE_KIND_LINK || !through))
            return outcome(stop);
        error = through_link(clean, at, to);
        if (error != FILE_OK)
            return error;
    }
    return (enum file_error)FILES_E_LOOP;
}

static bool clean_path(char clean[static FILES_PATH_MAX], const char *path)
{
    size_t used = 0;

    return add_path(clean, &used, path);
}

enum file_error files_find(const char *path, bool through, struct files_place *to)
{
    char clean[FILES_PATH_MAX];

    return clean_path(clean, path) ? find(clean, through, to) : FILE_E_NAME_TOO_LONG;
}

enum file_error files_parent(const char *path, struct files_place *directory,
                             char name[static FILE_NAME_MAX + 1], size_t *size)
{
    char clean[FILES_PATH_MAX];
    size_t end;

    if (!clean_path(clean, path))
        return FILE_E_NAME_TOO_LONG;
    end = rt_length(clean);
    while (end > 0 && clean[end - 1] != '/')
        end--;
    *size = rt_length(clean + end);
    if (*size == 0)
        return FILE_E_BUSY; /* the root has no name */
    if (*size > FILE_NAME_MAX)
        return FILE_E_NAME_TOO_LONG;
    memcpy(name, clean + end, *size + 1);
    clean[end - 1] = 0;
    return find(clean, true, directory);
}

/* What fits into the window. */
static inline enum file_error read_piece(const struct files_place *file, uint64_t offset, void *to,
                                         size_t size, size_t *got)
{
    struct files_connection *c = file->connection;
    enum file_error error = files_read_part(c, file->attributes.file, offset, 0, size, got);

    if (error != FILE_OK)
        return error;
    if (*got > size)
        return (enum file_error)FILE_E_REPLY;
    memcpy(to, files_data(c), *got);
    return FILE_OK;
}

enum file_error files_read(const struct files_place *file, uint64_t offset, void *to, size_t size,
                           size_t *done)
{
    size_t room = files_room(file->connection), got = 0, part;

    if (size <= room)
        return read_piece(file, offset, to, size, done);
    *done = 0;
    do {
        enum file_error error;

        part = size - *done < room ? size - *done : room;
        error = read_piece(file, offset + *done, (uint8_t *)to + *done, part, &got);
        if (error != FILE_OK)
            return error;
        *done += got;
    } while (got == part && *done < size);
    return FILE_OK;
}

enum file_error files_write(const struct files_place *file, uint64_t offset, const void *from,
                            size_t size, size_t *done)
{
    struct files_connection *c = file->connection;
    uint64_t file_size;

    for (*done = 0; *done < size;) {
        size_t part = size - *done < files_room(c) ? size - *done : files_room(c), got = 0;
        enum file_error error;

        memcpy(files_data(c), (const uint8_t *)from + *done, part);
        error = files_write_part(c, file->attributes.file, offset + *done, 0, part, 0, &got,
                                 &file_size);
        if (error != FILE_OK)
            return error;
        if (got > part || got == 0)
            return (enum file_error)FILE_E_REPLY;
        *done += got;
    }
    return FILE_OK;
}

enum file_error files_create(const char *path, uint16_t mode, struct files_place *to)
{
    struct files_place directory;
    char name[FILE_NAME_MAX + 1];
    size_t size;
    enum file_error error = files_find(path, true, to);

    if (error == FILE_OK)
        return files_truncate(to->connection, to->attributes.file, 0);
    if (error != FILE_E_NOT_FOUND)
        return error;
    error = files_parent(path, &directory, name, &size);
    if (error != FILE_OK)
        return error;
    to->connection = directory.connection;
    return files_make(directory.connection, directory.attributes.file, name, size,
                      FILE_KIND_REGULAR, mode, 0, &to->attributes);
}

/* Visit the entries of one piece; they are copied out first, as visit may use the window. */
static enum file_error visit_piece(const struct files_connection *c, size_t size,
                                   bool (*visit)(void *context, const struct files_packed *entry,
                                                 const char *name),
                                   void *context, uint64_t *cookie, bool *ended)
{
    uint8_t piece[4096];

    memcpy(piece, files_data(c), size);
    for (size_t at = 0; at + FILES_PACKED_HEAD <= size && !*ended;) {
        struct files_packed head;
        char name[FILE_NAME_MAX + 1];

        memcpy(&head, piece + at, FILES_PACKED_HEAD);
        if (head.name_size > FILE_NAME_MAX || head.size < files_packed_size(head.name_size) ||
            head.size > size - at)
            return (enum file_error)FILE_E_REPLY;
        memcpy(name, piece + at + FILES_PACKED_HEAD, head.name_size);
        name[head.name_size] = 0;
        *cookie = head.cookie;
        *ended = !visit(context, &head, name);
        at += head.size;
    }
    return FILE_OK;
}

enum file_error files_list(const struct files_place *directory,
                           bool (*visit)(void *context, const struct files_packed *entry,
                                         const char *name),
                           void *context)
{
    struct files_connection *c = directory->connection;
    bool end = false, ended = false;
    uint64_t cookie = 0;

    while (!end && !ended) {
        size_t size = 0;
        enum file_error error = files_read_entries(c, directory->attributes.file, cookie, 0, 4096,
                                                   &size, &end);

        if (error == FILE_OK && size > 4096)
            error = (enum file_error)FILE_E_REPLY;
        if (error == FILE_OK)
            error = visit_piece(c, size, visit, context, &cookie, &ended);
        if (error != FILE_OK)
            return error;
    }
    return FILE_OK;
}

const char *files_error_text(enum file_error error)
{
    static const char *const texts[] = {
        [FILE_OK] = "no error",
        [FILE_E_NOT_PERMITTED] = "this is not possible for this file",
        [FILE_E_NOT_FOUND] = "there is no such file",
        [FILE_E_IO] = "the disk failed",
        [FILE_E_NO_MEMORY] = "the server has no memory for this",
        [FILE_E_DENIED] = "this is not for this client",
        [FILE_E_BUSY] = "it is in use",
        [FILE_E_EXISTS] = "there is one already",
        [FILE_E_NOT_DIRECTORY] = "it is not a directory",
        [FILE_E_IS_DIRECTORY] = "it is a directory",
        [FILE_E_INVALID] = "this makes no sense for it",
        [FILE_E_TOO_LARGE] = "it would be too large",
        [FILE_E_NO_SPACE] = "the file system is full",
        [FILE_E_READ_ONLY] = "it can only be read here",
        [FILE_E_TOO_MANY_LINKS] = "it has too many names",
        [FILE_E_NAME_TOO_LONG] = "the name is too long",
        [FILE_E_NOT_EMPTY] = "the directory is not empty",
        [FILES_E_LOOP] = "too many symbolic links",
        [FILE_E_NOT_SUPPORTED] = "the server cannot do this",
        [FILE_E_NO_SESSION] = "the server does not answer as it should",
        [FILE_E_STALE] = "the file is gone",
        [FILE_E_DAMAGED] = "the file system is damaged",
        [FILE_E_OVER_QUOTA] = "the share of this client is used up",
    };

    if ((unsigned)error < sizeof(texts) / sizeof(texts[0]) && texts[error] != NULL)
        return texts[error];
    return "the server does not answer as it should";
}
