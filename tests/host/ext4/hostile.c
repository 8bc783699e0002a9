/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Damaged images. Each is used by a process of its own, which mounts it, walks through all of it
 * and changes things. It must end in time, and without a fault that the sanitizers see; a fault
 * inside of libext2fs is counted by itself, as there the component is restarted.
 *
 * Half of the images are without checksums of metadata, so that damage gets further than those.
 */
#include "model.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 20u
#define BASES   3u

/* For the address sanitizer: memory that damage asks for is refused, not a fault. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:max_allocation_size_mb=512";
}

struct base {
    struct disk disk;
    uint32_t *blocks; /* those that are not empty, in units of 1024 bytes */
    uint32_t block_count;
};

static struct base bases[BASES];

/* Something of everything, and a journal that must be replayed. */
static const char *make_base(struct base *base, const char *options, uint32_t seed)
{
    static struct model model;
    struct ext4_options mount = {0};
    struct ext4 *fs;
    const char *why = NULL;
    char path[80];

    WANT(make_image("base.img", 10, options) == 0);
    snprintf(path, sizeof(path), "%s/base.img", folder);
    disk_load(&base->disk, path, 1u << 20);
    WANT(ext4_mount(&fs, &base->disk.device, &mount) == 0);
    model_init(&model, fs, seed);
    for (unsigned i = 0; i < 900 && why == NULL; i++)
        why = model_step(&model);
    WANT(why == NULL && ext4_sync(fs) == 0);
    ext4_crash(fs);
    model_free(&model);
    base->blocks = malloc(base->disk.bytes / 1024 * sizeof(*base->blocks));
    for (uint64_t at = 0; at < base->disk.bytes; at += 1024) {
        static const uint8_t zeros[1024];

        if (memcmp(base->disk.data + at, zeros, 1024) != 0)
            base->blocks[base->block_count++] = (uint32_t)(at / 1024);
    }
    return NULL;
}

/* Where to do damage: the superblock, the first blocks (descriptors, bitmaps, inodes), any. */
static uint64_t place(const struct base *base, uint32_t *random)
{
    uint64_t within = random_next(random) % 1024;

    switch (random_next(random) % 8) {
    case 0: return 1024 + within;
    case 1: return 2048 + within % 512;
    case 2:
    case 3: return (uint64_t)base->blocks[random_next(random) % 24] * 1024 + within;
    case 4:
    case 5: return (uint64_t)base->blocks[random_next(random) % 200] * 1024 + within;
    default:
        return (uint64_t)base->blocks[random_next(random) % base->block_count] * 1024 + within;
    }
}

static void damage(const struct base *base, uint8_t *data, uint32_t *random)
{
    static const uint32_t words[] = {0, 1, 0xffffffff, 0x7fffffff, 0x80000000, 0xffff, 2, 8};
    uint32_t count = 1 + random_next(random) % 6;

    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = place(base, random);
        uint32_t word = words[random_next(random) % 8];

        switch (random_next(random) % 4) {
        case 0: data[at] ^= (uint8_t)(1u << random_next(random) % 8); break;
        case 1: data[at] = (uint8_t)random_next(random); break;
        case 2: memcpy(data + (at & ~3ull), &word, 4); break;
        default: /* a block in place of another one */
            memmove(data + (at & ~1023ull), data + (place(base, random) & ~1023ull), 1024);
        }
    }
}

struct walk {
    struct ext4 *fs;
    struct ext4_handle directory;
    unsigned depth;
    unsigned *left;
};

static bool visit(void *self, const struct ext4_entry *entry)
{
    static uint8_t data[300000];
    struct walk *walk = self, below = {walk->fs, {0, 0}, walk->depth + 1, walk->left};
    struct ext4_attributes a;
    uint64_t found;
    size_t size = sizeof(data);

    if (*walk->left == 0 || --*walk->left == 0)
        return false;
    if (ext4_lookup(walk->fs, walk->directory, entry->name, entry->length, &below.directory) != 0 ||
        ext4_attributes(walk->fs, below.directory, &a) != 0)
        return true;
    (void)ext4_list_values(walk->fs, below.directory, (char *)data, &size);
    size = sizeof(data);
    if (S_ISDIR(a.mode) && walk->depth < 12)
        (void)ext4_list(walk->fs, below.directory, 0, visit, &below);
    else if (S_ISLNK(a.mode))
        (void)ext4_read_link(walk->fs, below.directory, (char *)data, &size);
    else
        (void)ext4_read(walk->fs, below.directory, 0, data, &size);
    (void)ext4_seek(walk->fs, below.directory, 0, true, &found);
    return true;
}

/* What a client might do, without a thought for what comes of it. */
static void use(struct ext4 *fs, uint32_t seed)
{
    static struct model model;
    unsigned left = 600;
    struct walk walk = {fs, ext4_root(fs), 0, &left};

    (void)ext4_list(fs, walk.directory, 0, visit, &walk);
    model_init(&model, fs, seed);
    model.files[1].used = false;
    for (unsigned i = 0; i < 120; i++)
        (void)model_step(&model);
    (void)ext4_sync(fs);
    model_free(&model);
}

static void child(const struct base *base, uint32_t seed)
{
    struct ext4_options mount = {0};
    struct disk disk = base->disk;
    uint32_t random = seed;
    struct ext4 *fs;
    char path[80];
    int log;

    snprintf(path, sizeof(path), "%s/crash", folder);
    log = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(log, 2);
    alarm(SECONDS);
    disk.device.self = &disk;
    damage(base, disk.data, &random);
    if (ext4_mount(&fs, &disk.device, &mount) == 0) {
        use(fs, seed);
        (void)ext4_unmount(fs);
    }
    _exit(0);
}

/* Who is to blame: the first place in the report that has a source. */
static bool in_library(char *line, size_t size)
{
    char path[80];
    FILE *file;
    bool library = false;

    snprintf(path, sizeof(path), "%s/crash", folder);
    file = fopen(path, "r");
    snprintf(line, size, "nothing was said");
    while (file != NULL && fgets(line, (int)size, file) != NULL) {
        if (strstr(line, "libext2fs/") != NULL) {
            library = true;
            break;
        }
        if (strstr(line, " lib/ext4/") != NULL || strstr(line, "/lib/ext4/") != NULL ||
            strstr(line, "runtime error") != NULL)
            break;
    }
    if (file != NULL)
        fclose(file);
    line[strcspn(line, "\n")] = 0;
    return library;
}

static const char *one_image(uint32_t seed, unsigned *library)
{
    static char why[400];
    char line[300];
    int status;
    pid_t pid = fork();

    if (pid == 0)
        child(&bases[seed % BASES], seed * 2654435761u + 1);
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) {
        snprintf(why, sizeof(why), "image %u: no end within %u seconds", seed, SECONDS);
        return why;
    }
    if (in_library(line, sizeof(line))) {
        printf("# image %u: in libext2fs: %s\n", seed, line);
        ++*library;
        return NULL;
    }
    snprintf(why, sizeof(why), "image %u: %s", seed, line);
    return why;
}

void cases_hostile(unsigned images)
{
    unsigned library = 0, failed = 0;
    const char *why = make_base(&bases[0], "-b 1024", 3);
    char name[96], text[64];

    if (why == NULL)
        why = make_base(&bases[1], "-b 1024 -O ^metadata_csum", 4);
    if (why == NULL)
        why = make_base(&bases[2], "-b 4096 -O ^metadata_csum,^64bit", 5);
    for (unsigned seed = 1; seed <= images && why == NULL; seed++) {
        const char *wrong = one_image(seed, &library);

        if (wrong != NULL && ++failed <= 10)
            printf("# %s\n", wrong);
    }
    if (failed > 0) {
        snprintf(text, sizeof(text), "%u images", failed);
        why = text;
    }
    snprintf(name, sizeof(name), "%u damaged images (%u faults in libext2fs)", images, library);
    case_end(name, why);
    for (unsigned i = 0; i < BASES; i++) {
        free(bases[i].blocks);
        disk_free(&bases[i].disk);
    }
}
