/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading what mkfs.ext4 -d has put into an image. */
#include "cases.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct disk disk;
static struct ext4 *fs;

static const char *open_image(const char *options, const char *script, unsigned megabytes)
{
    struct ext4_options mount = {.read_only = true};
    char path[80];

    WANT(run("rm -rf %s/tree && mkdir %s/tree && cd %s/tree && %s", folder, folder, folder,
             script) == 0);
    snprintf(path, sizeof(path), "%s -d %s/tree", options, folder);
    WANT(make_image("read.img", megabytes, path) == 0);
    snprintf(path, sizeof(path), "%s/read.img", folder);
    disk_load(&disk, path, 4u << 20);
    WANT(ext4_mount(&fs, &disk.device, &mount) == 0);
    return NULL;
}

static void close_image(void)
{
    if (fs != NULL)
        ext4_crash(fs);
    fs = NULL;
    disk_free(&disk);
}

/* A path below the root. */
static int find(const char *path, struct ext4_handle *file)
{
    int error = 0;

    *file = ext4_root(fs);
    while (*path != 0 && error == 0) {
        size_t length = strcspn(path, "/");

        error = ext4_lookup(fs, *file, path, length, file);
        path += length + (path[length] == '/');
    }
    return error;
}

static const char *same_contents(const char *path)
{
    static uint8_t ours[70000], theirs[70000];
    struct ext4_handle file;
    char name[128];
    uint64_t offset = 0;
    size_t size;
    ssize_t got;
    int host;

    snprintf(name, sizeof(name), "%s/tree/%s", folder, path);
    host = open(name, O_RDONLY);
    WANT(host >= 0 && find(path, &file) == 0);
    do {
        got = read(host, theirs, sizeof(theirs));
        size = sizeof(ours);
        WANT(got >= 0 && ext4_read(fs, file, offset, ours, &size) == 0);
        WANT(size == (size_t)got && memcmp(ours, theirs, size) == 0);
        offset += size;
    } while (got > 0);
    close(host);
    return NULL;
}

static const char *same_attributes(const char *path)
{
    struct ext4_attributes ours;
    struct ext4_handle file;
    struct stat theirs;
    char name[128];

    snprintf(name, sizeof(name), "%s/tree/%s", folder, path);
    WANT(lstat(name, &theirs) == 0 && find(path, &file) == 0);
    WANT(ext4_attributes(fs, file, &ours) == 0);
    WANT(ours.mode == theirs.st_mode && ours.links == theirs.st_nlink);
    WANT(ours.user == theirs.st_uid && ours.group == theirs.st_gid);
    WANT(S_ISDIR(theirs.st_mode) || ours.size == (uint64_t)theirs.st_size);
    WANT(ours.modified.seconds == theirs.st_mtime);
    WANT(!S_ISCHR(theirs.st_mode) || (ours.major == 1 && ours.minor == 3));
    return NULL;
}

static const char *all_kinds(const char *options)
{
    static const char *const paths[] = {"small", "empty", "big", "sparse", "dir/one/two/deep",
                                        "fifo", "null", "hard", "fast", "slow"};
    char target[4096];
    struct ext4_handle file;
    size_t size;
    const char *why = open_image(
        options,
        "echo hello >small && touch empty && head -c 3000000 /dev/urandom >big && truncate -s 5G "
        "sparse && "
        "printf x | dd of=sparse bs=1 seek=4000000000 conv=notrunc status=none && "
        "mkdir -p dir/one/two && date >dir/one/two/deep && mkfifo fifo && mknod null c 1 3 && "
        "ln small hard && ln -s target fast && ln -s $(head -c 200 /dev/zero | tr '\\0' y) slow && "
        "chmod 4711 small && chown 70000:80000 small",
        64);

    for (size_t i = 0; i < sizeof(paths) / sizeof(*paths) && why == NULL; i++) {
        why = same_attributes(paths[i]);
        if (why == NULL && i < 5 && i != 3)
            why = same_contents(paths[i]);
    }
    if (why != NULL)
        return why;
    WANT(find("sparse", &file) == 0);
    size = 1;
    WANT(ext4_read(fs, file, 4000000000, target, &size) == 0 && size == 1 && target[0] == 'x');
    size = 1;
    WANT(ext4_read(fs, file, 3999999999, target, &size) == 0 && size == 1 && target[0] == 0);
    size = sizeof(target);
    WANT(find("slow", &file) == 0 && ext4_read_link(fs, file, target, &size) == 0 && size == 200);
    size = sizeof(target);
    WANT(find("fast", &file) == 0 && ext4_read_link(fs, file, target, &size) == 0 && size == 6 &&
         memcmp(target, "target", 6) == 0);
    WANT(find("nothing", &file) == ENOENT && find("small/x", &file) == ENOTDIR);
    return NULL;
}

static bool count_entry(void *self, const struct ext4_entry *entry)
{
    unsigned char *seen = self;
    char name[256];

    memcpy(name, entry->name, entry->length);
    name[entry->length] = 0;
    if (name[0] == 'f')
        seen[atoi(name + 1)]++;
    return true;
}

/* The names are made with touch; e2fsck -D gives the directory its index. */
/* mkfs.ext4 itself is too slow for more of them; write.c makes more. */
#define NAMES 10000u

static const char *many_names(void)
{
    static unsigned char seen[NAMES];
    struct ext4_options mount = {.read_only = true};
    struct ext4_handle root, file;
    char name[16], path[80];
    const char *why = open_image("-b 1024", "seq -f f%.0f 0 9999 | xargs touch", 64);

    if (why != NULL)
        return why;
    close_image();
    WANT(run("e2fsck -fyD %s/read.img", folder) <= 1);
    snprintf(path, sizeof(path), "%s/read.img", folder);
    disk_load(&disk, path, 4u << 20);
    WANT(ext4_mount(&fs, &disk.device, &mount) == 0);
    root = ext4_root(fs);
    for (unsigned i = 0; i < NAMES; i += 7) {
        int length = snprintf(name, sizeof(name), "f%u", i);

        WANT(ext4_lookup(fs, root, name, (size_t)length, &file) == 0);
    }
    WANT(ext4_lookup(fs, root, "f10000", 6, &file) == ENOENT);
    memset(seen, 0, sizeof(seen));
    WANT(ext4_list(fs, root, 0, count_entry, seen) == 0);
    for (unsigned i = 0; i < NAMES; i++)
        WANT(seen[i] == 1);
    return NULL;
}

void cases_read(void)
{
    const char *why = all_kinds("-b 1024");

    case_end("all kinds of files, blocks of 1024", why);
    close_image();
    why = all_kinds("-b 4096");
    case_end("all kinds of files, blocks of 4096", why);
    close_image();
    case_end("10,000 names in a directory with an index", many_names());
    close_image();
}
