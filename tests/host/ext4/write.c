/* SPDX-License-Identifier: BSD-2-Clause */
/* Things that random operations would not come across: large, long and many. */
#include "cases.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

static struct disk disk;
static struct ext4 *fs;

static const char *begin(const char *options, unsigned megabytes)
{
    struct ext4_options mount = {0};
    char path[80];

    WANT(make_image("write.img", megabytes, options) == 0);
    snprintf(path, sizeof(path), "%s/write.img", folder);
    disk_load(&disk, path, 8u << 20);
    disk.loud = true;
    WANT(ext4_mount(&fs, &disk.device, &mount) == 0);
    return NULL;
}

static const char *end(const char *why)
{
    if (why == NULL && ext4_unmount(fs) != 0)
        why = "unmount";
    else if (why != NULL)
        ext4_crash(fs);
    if (why == NULL)
        why = check_image(&disk);
    disk_free(&disk);
    return why;
}

static const struct ext4_make regular = {.mode = S_IFREG | 0644};

static int make(const char *name, const struct ext4_make *what, struct ext4_handle *made)
{
    return ext4_make(fs, ext4_root(fs), name, strlen(name), what, made);
}

struct seen {
    unsigned char *count;
    unsigned entries, stop;
    uint64_t cookie;
};

static bool see(void *self, const struct ext4_entry *entry)
{
    struct seen *seen = self;
    unsigned number = 0;

    for (unsigned i = 1; i < entry->length; i++)
        number = number * 10 + (unsigned)(entry->name[i] - '0');
    if (entry->name[0] == 'k')
        seen->count[number]++;
    seen->cookie = entry->cookie;
    return ++seen->entries % seen->stop != 0;
}

static const char *many(unsigned names)
{
    static unsigned char count[100000];
    struct ext4_handle file, root = ext4_root(fs);
    struct seen seen = {count, 0, 1000, 0};
    char name[16];
    unsigned before = 1, round = 0;

    WANT(make("k0", &regular, &file) == 0);
    for (unsigned i = 1; i < names; i++) {
        int length = snprintf(name, sizeof(name), "k%u", i);

        WANT(make(name, &regular, &file) == 0 && length > 0);
    }
    for (unsigned i = 0; i < names; i += 11) {
        int length = snprintf(name, sizeof(name), "k%u", i);

        WANT(ext4_lookup(fs, root, name, (size_t)length, &file) == 0);
        WANT(make(name, &regular, &file) == EEXIST);
    }
    /* What stays comes once, whatever else comes and goes while it is listed. */
    memset(count, 0, sizeof(count));
    while (seen.entries != before) {
        before = seen.entries;
        WANT(ext4_list(fs, root, seen.cookie, see, &seen) == 0);
        for (unsigned i = 0; i < 30; i++) {
            int length = snprintf(name, sizeof(name), "x%u", round * 30 + i);

            WANT(make(name, &regular, &file) == 0);
            if (i % 2 == 0)
                WANT(ext4_remove(fs, root, name, (size_t)length, false) == 0);
        }
        round++;
    }
    for (unsigned i = 0; i < names; i++)
        WANT(count[i] == 1);
    for (unsigned i = 0; i < names; i += i % 10 == 8 ? 2 : 1) {
        int length = snprintf(name, sizeof(name), "k%u", i);

        WANT(ext4_remove(fs, root, name, (size_t)length, false) == 0);
    }
    return NULL;
}

static const char *many_names(const char *options, unsigned names)
{
    const char *why = begin(options, 128);

    return why != NULL ? why : end(many(names));
}

static const char *huge(void)
{
    const uint64_t last = (16ull << 30) - 1;
    struct ext4_attributes a;
    struct ext4_handle file;
    uint64_t found;
    char data[2] = "ab";
    size_t size = 1;

    WANT(make("huge", &regular, &file) == 0);
    WANT(ext4_write(fs, file, last, data, &size) == 0 && size == 1);
    for (uint64_t at = 0; at < last; at += 1ull << 27) {
        size = 2;
        WANT(ext4_write(fs, file, at + 4095, data, &size) == 0 && size == 2);
    }
    WANT(ext4_attributes(fs, file, &a) == 0 && a.size == last + 1 && a.sectors < 20000);
    size = 1;
    WANT(ext4_read(fs, file, last, data, &size) == 0 && size == 1 && data[0] == 'a');
    WANT(ext4_seek(fs, file, 8192, false, &found) == 0 && found == 1ull << 27);
    WANT(ext4_seek(fs, file, 0, true, &found) == 0 && found == 8192);
    WANT(ext4_seek(fs, file, last + 1, true, &found) == ENXIO);
    WANT(ext4_truncate(fs, file, 5ull << 30) == 0);
    WANT(ext4_truncate(fs, file, 16ull << 40) == EFBIG);
    WANT(ext4_sync_file(fs, file, false) == 0);
    return NULL;
}

static const char *names_and_links(void)
{
    struct ext4_make link = {.mode = S_IFLNK | 0777};
    struct ext4_handle file, found;
    char target[4096], back[4096], name[256];
    size_t size;

    memset(target, 'y', sizeof(target));
    memset(name, 'n', sizeof(name));
    WANT(ext4_make(fs, ext4_root(fs), name, 255, &regular, &file) == 0);
    WANT(ext4_make(fs, ext4_root(fs), name, 256, &regular, &file) == ENAMETOOLONG);
    WANT(ext4_lookup(fs, ext4_root(fs), name, 255, &found) == 0);
    WANT(make("a/b", &regular, &file) == EEXIST || make("a/b", &regular, &file) == EINVAL);
    for (unsigned i = 1; i < 4000; i = i * 2 + 1) {
        snprintf(name, sizeof(name), "link%u", i);
        link.target = target;
        link.target_length = i;
        WANT(make(name, &link, &file) == 0);
        size = sizeof(back);
        WANT(ext4_read_link(fs, file, back, &size) == 0 && size == i);
        WANT(memcmp(back, target, size) == 0);
    }
    size = 3;
    WANT(ext4_read_link(fs, file, back, &size) == ERANGE);
    return NULL;
}

static const char *stale(void)
{
    struct ext4_attributes a;
    struct ext4_handle old, new;

    WANT(make("one", &regular, &old) == 0);
    WANT(ext4_remove(fs, ext4_root(fs), "one", 3, false) == 0);
    WANT(ext4_attributes(fs, old, &a) == ESTALE);
    WANT(make("two", &regular, &new) == 0);
    WANT(new.inode == old.inode && ext4_attributes(fs, old, &a) == ESTALE);
    WANT(ext4_attributes(fs, (struct ext4_handle){8, 0}, &a) == ESTALE);
    WANT(ext4_attributes(fs, (struct ext4_handle){0, 0}, &a) == ESTALE);
    WANT(ext4_attributes(fs, (struct ext4_handle){~0u, 0}, &a) == ESTALE);
    return NULL;
}

static const char *times_and_flags(void)
{
    struct ext4_attributes to = {.accessed = {6000000000, 999999999}, .modified = {-5, 1},
                                 .flags = 0x10}, a;
    struct ext4_handle file;
    size_t size = 1;

    WANT(make("times", &regular, &file) == 0);
    WANT(ext4_set_attributes(fs, file, EXT4_SET_ACCESSED | EXT4_SET_MODIFIED, &to) == 0);
    WANT(ext4_attributes(fs, file, &a) == 0);
    WANT(a.accessed.seconds == 6000000000 && a.accessed.nanoseconds == 999999999);
    WANT(a.modified.seconds == -5 && a.modified.nanoseconds == 1);
    WANT(a.born.seconds >= 1700000000 && a.changed.nanoseconds < 1000000000);
    WANT(ext4_set_attributes(fs, file, EXT4_SET_FLAGS, &to) == 0);
    WANT(ext4_write(fs, file, 0, "x", &size) == EPERM && ext4_truncate(fs, file, 3) == EPERM);
    WANT(ext4_remove(fs, ext4_root(fs), "times", 5, false) == EPERM);
    to.flags = 0;
    WANT(ext4_set_attributes(fs, file, EXT4_SET_FLAGS, &to) == 0);
    WANT(ext4_remove(fs, ext4_root(fs), "times", 5, false) == 0);
    return NULL;
}

static const char *values(void)
{
    struct ext4_handle file;
    char value[3000], back[3000];
    size_t size;

    memset(value, 'v', sizeof(value));
    WANT(make("values", &regular, &file) == 0);
    WANT(ext4_set_value(fs, file, "user.a", value, 20, EXT4_VALUE_REPLACE) == ENODATA);
    WANT(ext4_set_value(fs, file, "user.a", value, 20, EXT4_VALUE_CREATE) == 0);
    WANT(ext4_set_value(fs, file, "user.a", value, 20, EXT4_VALUE_CREATE) == EEXIST);
    WANT(ext4_set_value(fs, file, "user.big", value, sizeof(value), EXT4_VALUE_ANY) == 0);
    WANT(ext4_set_value(fs, file, "wrong.a", value, 20, EXT4_VALUE_ANY) == EOPNOTSUPP);
    WANT(ext4_set_value(fs, file, "user.huge", value, 70000, EXT4_VALUE_ANY) == E2BIG);
    size = sizeof(back);
    WANT(ext4_get_value(fs, file, "user.big", back, &size) == 0 && size == sizeof(value));
    WANT(memcmp(value, back, size) == 0);
    size = sizeof(back);
    WANT(ext4_list_values(fs, file, back, &size) == 0 && size == 16);
    WANT(ext4_remove_value(fs, file, "user.big") == 0);
    WANT(ext4_remove_value(fs, file, "user.big") == ENODATA);
    size = 5;
    WANT(ext4_get_value(fs, file, "user.a", back, &size) == ERANGE);
    WANT(ext4_aborted(fs) == 0);
    return NULL;
}

static const char *run_case(const char *(*body)(void))
{
    const char *why = begin("-b 4096", 64);

    return why != NULL ? why : end(body());
}

void cases_write(void)
{
    case_end("100,000 names", many_names("-b 4096 -N 120000", 100000));
    case_end("20,000 names, blocks of 1024", many_names("-b 1024 -N 40000", 20000));
    case_end("a sparse file of 16 GiB", run_case(huge));
    case_end("long names and links", run_case(names_and_links));
    case_end("handles of files that are gone", run_case(stale));
    case_end("times and flags", run_case(times_and_flags));
    case_end("extended attributes", run_case(values));
}
