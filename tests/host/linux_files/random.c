/* SPDX-License-Identifier: BSD-2-Clause */
/* Random calls on a few names and descriptors, compared with Linux's: what depends on history. */
#include "compare.h"

#define SEED  20261121u
#define STEPS 60000u

static uint64_t state = SEED;

/* Marsaglia, xorshift, 2003. */
static unsigned pick(unsigned below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 11) % below;
}

static const char *const paths[] = {
    "a", "b", "c", "d", "e", "a/a", "a/b", "a/c", "b/a", "b/b", "b/a/a", "b/a/b", "c/../a", "./d",
    "a/", "b/.", "/a", "/b/../a", "/", "..", "l", "m", "l/a", "m/b", "a//b", "e/", "",
    "a/b/c/d/e", "l/", "nothing/x"};
#define PATHS (sizeof paths / sizeof paths[0])

static word_t path(void)
{
    return (word_t)paths[pick(PATHS)];
}

static word_t descriptor(void)
{
    return 3 + pick(14);
}

static word_t directory(void)
{
    return pick(3) ? (word_t)AT_FDCWD : descriptor();
}

static word_t open_flags(void)
{
    static const unsigned flags[] = {O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW,
                                     O_CREAT, O_PATH};
    word_t f = pick(3) | O_NONBLOCK;

    for (unsigned n = pick(4); n > 0; n--)
        f |= flags[pick(8)];
    return f;
}

static word_t mode(void)
{
    static const unsigned modes[] = {0644, 0755, 0600, 0777, 01777, 02755, 0};

    return modes[pick(7)];
}

static word_t offset(void)
{
    static const word_t offsets[] = {0, 1, 10, 4095, 4096, 4097, 8192, 20000, 100000, ~0ul};

    return offsets[pick(10)];
}

static word_t size(void)
{
    static const word_t sizes[] = {0, 1, 7, 100, 4095, 4096, 5000};

    return sizes[pick(7)];
}

struct choice {
    unsigned number;
    word_t arg[6];
};

static struct choice on_names(void)
{
    switch (pick(16)) {
    case 0: return (struct choice){NR_mkdirat, {directory(), path(), mode()}};
    case 1: return (struct choice){NR_unlinkat, {directory(), path(), pick(2) * AT_REMOVEDIR}};
    case 2: return (struct choice){NR_rename, {path(), path()}};
    case 3:
        return (struct choice){NR_renameat2, {directory(), path(), directory(), path(), pick(3)}};
    case 4:
        return (struct choice){
            NR_linkat, {directory(), path(), directory(), path(), pick(2) * AT_SYMLINK_FOLLOW}};
    case 5: return (struct choice){NR_symlink, {path(), (word_t)(pick(2) ? "l" : "m")}};
    case 6:
        return (struct choice){
            NR_newfstatat, {directory(), path(), (word_t)arena.out, pick(2) * AT_SYMLINK_NOFOLLOW}};
    case 7: return (struct choice){NR_readlink, {path(), (word_t)arena.out, 50}};
    case 8: return (struct choice){NR_chdir, {path()}};
    case 9: return (struct choice){NR_getcwd, {(word_t)arena.out, 200}};
    case 10: return (struct choice){NR_fchmodat, {directory(), path(), mode()}};
    case 11:
        return (struct choice){NR_mknod, {path(), pick(2) ? S_IFREG | 0644 : S_IFIFO | 0600, 0}};
    case 12: return (struct choice){NR_truncate, {path(), offset()}};
    case 13: return (struct choice){NR_rmdir, {path()}};
    case 14: return (struct choice){NR_unlink, {path()}};
    default: return (struct choice){NR_faccessat2, {directory(), path(), pick(8), 0}};
    }
}

static struct choice on_descriptors(void)
{
    word_t fd = descriptor();

    switch (pick(16)) {
    case 0:
    case 1:
    case 2: return (struct choice){NR_openat, {directory(), path(), open_flags(), mode()}};
    case 3: return (struct choice){NR_close, {fd}};
    case 4: return (struct choice){NR_write, {fd, (word_t)arena.out + 8192, size()}};
    case 5: return (struct choice){NR_read, {fd, (word_t)arena.out, size()}};
    case 6: return (struct choice){NR_pwrite64, {fd, (word_t)arena.out + 8192, size(), offset()}};
    case 7: return (struct choice){NR_pread64, {fd, (word_t)arena.out, size(), offset()}};
    case 8: return (struct choice){NR_lseek, {fd, offset() - pick(3), pick(5)}};
    case 9: return (struct choice){NR_ftruncate, {fd, offset()}};
    case 10: return (struct choice){NR_fstat, {fd, (word_t)arena.out}};
    case 11: return (struct choice){NR_dup, {fd}};
    case 12: return (struct choice){NR_dup2, {fd, descriptor()}};
    case 13: return (struct choice){NR_fcntl, {fd, F_GETFL}};
    case 14: return (struct choice){NR_getdents64, {fd, (word_t)arena.out, 4096}};
    default: return (struct choice){NR_fallocate, {fd, pick(2), offset(), size()}};
    }
}

/* Between calls: other bytes to write, and never more than a few descriptors open. */
static void stir(unsigned step)
{
    for (unsigned i = 0; i < 16; i++)
        arena.out[8192 + pick(5000)] = (uint8_t)(step + i);
}

static bool skips(const struct choice *c)
{
    /* seeking in a directory: positions are each one's own */
    if (c->number == NR_lseek && c->arg[1] != 0)
        return true;
    return c->number == NR_lseek && c->arg[2] >= SEEK_DATA;
}

/* An argument as text, if it is one of the paths. */
static void describe(char *to, size_t size, unsigned step, const struct choice *c)
{
    size_t at = (size_t)snprintf(to, size, "random calls: step %u, call %u:", step, c->number);

    for (unsigned a = 0; a < 5; a++) {
        const char *text = NULL;

        for (size_t i = 0; i < PATHS; i++)
            if (c->arg[a] == (word_t)paths[i])
                text = paths[i];
        if (text != NULL)
            at += (size_t)snprintf(to + at, size - at, " '%s'", text);
        else
            at += (size_t)snprintf(to + at, size - at, " %lx", c->arg[a]);
    }
}

void compare_random(void)
{
    for (unsigned i = 0; i < STEPS; i++) {
        struct choice c = pick(2) ? on_names() : on_descriptors();
        char name[200];
        const char *why;
        long result;

        if (skips(&c))
            continue;
        stir(i);
        why = compare(c.number, c.arg, "random", &result);
        if (why != NULL) {
            describe(name, sizeof name, i, &c);
            case_end(name, why);
            return;
        }
        if (result >= 17 && (c.number == NR_openat || c.number == NR_dup)) {
            word_t close[6] = {(word_t)result};

            (void)compare(NR_close, close, "close", &result);
        }
    }
    case_end("random calls agree", NULL);
}
