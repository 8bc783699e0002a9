/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Workloads that check themselves, for ./tessera inject --system linux: the first program of a
 * sandbox, which starts one process for each. What they find they write to /board/NAME, as four
 * words (struct figures), which the injector reads:
 *
 *   files   random operations on files of a disk and in memory, against a model
 *   hash    a large file is read by sha256sum
 *   sql     rows are added to a database of sqlite3 with fsync; those acknowledged must be there
 *   build   a program is assembled, linked and run; and words go through pipes and sort
 *
 * As the first program it does all of them for ever; `toil N` does N turns of each, anywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BIG_BYTES (2u << 20)
#define FILES     12u
#define LARGEST   40000u
#define OUTPUT    4096u
#define TURNS_KEPT 4u

/** As tests/guest/toil has them in its record. */
struct figures {
    uint64_t answers, wrong, told, gap_ns;
};

enum result { RIGHT, WRONG, TOLD };

static char folder[64] = "/toil", memory[80] = "/ram";
static uint64_t seed = 0x9e3779b97f4a7c15ull;

static uint64_t random_word(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* What differs from what it should be is told to who reads the console. */
static enum result say(enum result result, const char *what, const char *detail)
{
    fprintf(stderr, "toil: %s: %s: %s\n", result == WRONG ? "wrong" : "error", what, detail);
    return result;
}

/* --- Files against a model ------------------------------------------------------------------- */

struct model {
    enum { UNKNOWN, ABSENT, PRESENT } state;
    uint64_t version;
    size_t size;
};

static struct model models[FILES];
static uint8_t bytes[LARGEST], wanted[LARGEST];

/* The first half of the files is on the disk. */
static const char *path_of(unsigned file)
{
    static char path[2][96];
    static unsigned turn;

    turn ^= 1;
    snprintf(path[turn], sizeof path[turn], "%s/file-%u", file < FILES / 2 ? folder : memory, file);
    return path[turn];
}

static void fill(uint8_t *to, uint64_t version, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint64_t x = version * 0x9e3779b97f4a7c15ull ^ (i / 8 + 1) * 0xbf58476d1ce4e5b9ull;

        to[i] = (uint8_t)((x ^ x >> 29) >> i % 8 * 8);
    }
}

static enum result write_file(unsigned file)
{
    static uint64_t versions;
    struct model *m = &models[file];
    size_t size = random_word() % LARGEST, done = 0;
    int fd;

    m->state = UNKNOWN;
    m->version = ++versions;
    m->size = size;
    fill(bytes, m->version, size);
    fd = open(path_of(file), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0)
        return say(TOLD, "open", strerror(errno));
    while (done < size) {
        ssize_t n = write(fd, bytes + done, size - done);

        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (done < size || (random_word() % 4 == 0 && fsync(fd) != 0)) {
        close(fd);
        return say(TOLD, "write or fsync", strerror(errno));
    }
    if (close(fd) != 0)
        return say(TOLD, "close", strerror(errno));
    m->state = PRESENT;
    return RIGHT;
}

static enum result compare(int fd, const struct model *m)
{
    size_t done = 0;
    ssize_t n = 1;

    while (done < sizeof bytes && n > 0) {
        n = read(fd, bytes + done, sizeof bytes - done);
        if (n < 0)
            return say(TOLD, "read", strerror(errno));
        done += (size_t)n;
    }
    fill(wanted, m->version, m->size);
    if (done != m->size)
        return say(WRONG, "size", "not what was written");
    if (memcmp(bytes, wanted, m->size) != 0)
        return say(WRONG, "bytes", "not what was written");
    return RIGHT;
}

static enum result read_file(unsigned file)
{
    struct model *m = &models[file];
    int fd = open(path_of(file), O_RDONLY);
    enum result result;

    if (fd < 0 && errno != ENOENT)
        return say(TOLD, "open", strerror(errno));
    if ((fd < 0) != (m->state == ABSENT))
        result = say(WRONG, path_of(file), fd < 0 ? "it is gone" : "it is there again");
    else
        result = fd < 0 ? RIGHT : compare(fd, m);
    if (fd >= 0)
        close(fd);
    if (result == WRONG)
        m->state = UNKNOWN; /* told once */
    return result;
}

static enum result remove_file(unsigned file)
{
    models[file].state = UNKNOWN;
    if (unlink(path_of(file)) != 0)
        return errno == ENOENT ? say(WRONG, "unlink", "it is gone")
                               : say(TOLD, "unlink", strerror(errno));
    models[file].state = ABSENT;
    return RIGHT;
}

static enum result rename_file(unsigned from, unsigned to)
{
    struct model moved = models[from];

    models[from].state = models[to].state = UNKNOWN;
    if (rename(path_of(from), path_of(to)) != 0)
        return say(TOLD, "rename", strerror(errno));
    models[from].state = ABSENT;
    models[to] = moved;
    return RIGHT;
}

static enum result on_files(void)
{
    unsigned file = (unsigned)(random_word() % FILES);
    unsigned other = file / (FILES / 2) * (FILES / 2) + (unsigned)(random_word() % (FILES / 2));

    if (models[file].state == UNKNOWN)
        return write_file(file);
    switch (random_word() % 8) {
    case 0:
    case 1:
        return write_file(file);
    case 2:
        return models[file].state == PRESENT ? remove_file(file) : RIGHT;
    case 3:
        return models[file].state == PRESENT && file != other ? rename_file(file, other) : RIGHT;
    default:
        return read_file(file);
    }
}

/* --- Programs -------------------------------------------------------------------------------- */

/* What a command says, in `output`. @return its status, -1: it cannot be run */
static int run(const char *command, char output[static OUTPUT])
{
    FILE *pipe = popen(command, "r");
    size_t size;

    if (pipe == NULL)
        return -1;
    size = fread(output, 1, OUTPUT - 1, pipe);
    output[size] = 0;
    return pclose(pipe);
}

static enum result expect(const char *command, const char *text)
{
    char output[OUTPUT];
    int status = run(command, output);

    if (status != 0)
        return say(TOLD, command, output);
    return strcmp(output, text) == 0 ? RIGHT : say(WRONG, command, output);
}

/* A large file is there once, and its digest. */
static enum result on_hash(void)
{
    static char command[240], digest[OUTPUT];

    if (digest[0] != 0)
        return expect(command, digest);
    snprintf(command, sizeof command,
             "seq 1 1000000 | head -c %u >%s/big && sync && sha256sum <%s/big", BIG_BYTES, folder,
             folder);
    if (run(command, digest) != 0)
        return say(TOLD, command, digest);
    snprintf(command, sizeof command, "sha256sum <%s/big", folder);
    return RIGHT;
}

/* Rows 1 to n, each with its square. A row whose writer got an error may be there or not. */
static enum result on_sql(void)
{
    static unsigned long rows;
    char command[400], output[OUTPUT];
    unsigned long n = 0, sum = 0;

    if (rows == 0) {
        snprintf(command, sizeof command,
                 "rm -f %s/db*; sqlite3 %s/db 'create table t(n integer primary key, s)'", folder,
                 folder);
        if (run(command, output) != 0)
            return say(TOLD, command, output);
    }
    rows++;
    snprintf(command, sizeof command,
             "sqlite3 %s/db 'pragma synchronous=full; insert or replace into t values (%lu, %lu);"
             " select count(*), sum(s) from t' 2>&1",
             folder, rows, rows * rows);
    if (run(command, output) != 0) {
        rows--;
        return say(TOLD, "sqlite3", output);
    }
    if (sscanf(output, "%lu|%lu", &n, &sum) != 2 || n != rows ||
        sum != rows * (rows + 1) * (2 * rows + 1) / 6)
        return say(WRONG, "sqlite3", output);
    if (rows % 16 != 0)
        return RIGHT;
    snprintf(command, sizeof command, "sqlite3 %s/db 'pragma integrity_check'", folder);
    return expect(command, "ok\n");
}

static enum result on_build(void)
{
    static unsigned turn;
    char command[400], text[80];
    FILE *source;

    if (turn++ % 2 == 0)
        return expect("seq 1 700 | sort -rn | sed s/7/x/g | sort | md5sum",
                      "2215724047db8c2a99610d25661ced8f  -\n");
    snprintf(command, sizeof command, "%s/answer.s", folder);
    source = fopen(command, "w");
    if (source == NULL ||
        fprintf(source, ".globl _start\n_start: mov $60, %%eax\nmov $%u, %%edi\nsyscall\n",
                turn % 100) < 0 ||
        fclose(source) != 0)
        return say(TOLD, "a source", strerror(errno));
    snprintf(command, sizeof command,
             "cd %s && as -o answer.o answer.s && ld -o answer answer.o && { ./answer; echo $?; }",
             folder);
    snprintf(text, sizeof text, "%u\n", turn % 100);
    return expect(command, text);
}

/* --- All of them ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum result (*work)(void);
} works[] = {{"files", on_files}, {"hash", on_hash}, {"sql", on_sql}, {"build", on_build}};

#define WORKS (sizeof works / sizeof works[0])

/* Of the last turns the longest: whoever looks after each of a few turns sees all long ones. */
static uint64_t longest(uint64_t time_ns)
{
    static uint64_t last[TURNS_KEPT];
    static unsigned turn;
    uint64_t most = 0;

    last[turn++ % TURNS_KEPT] = time_ns;
    for (unsigned i = 0; i < TURNS_KEPT; i++)
        most = last[i] > most ? last[i] : most;
    return most;
}

static void note(struct figures *f, enum result result, uint64_t time_ns)
{
    f->answers++;
    f->wrong += result == WRONG;
    f->told += result == TOLD;
    f->gap_ns = longest(time_ns);
}

static int work(unsigned i, unsigned long turns)
{
    struct figures figures = {0};
    char path[64];
    int board;

    seed += i * 0x1234567ull;
    snprintf(path, sizeof path, "/board/%s", works[i].name);
    board = turns == 0 ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;
    for (unsigned long turn = 0; turns == 0 || turn < turns; turn++) {
        uint64_t from = now_ns();

        enum result result = works[i].work();

        note(&figures, result, now_ns() - from);
        if (i > 0)
            figures.gap_ns = 0; /* how long programs take is no pause */
        if (board >= 0 && pwrite(board, &figures, sizeof figures, 0) != sizeof figures)
            say(TOLD, path, strerror(errno));
        usleep(2000);
    }
    printf("%s: %llu turns, %llu wrong, %llu errors\n", works[i].name,
           (unsigned long long)figures.answers, (unsigned long long)figures.wrong,
           (unsigned long long)figures.told);
    return figures.wrong + figures.told != 0;
}

int main(int argc, char **argv)
{
    unsigned long turns = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    int status, failed = 0;

    if (turns == 0 && getpid() != 1) {
        fprintf(stderr, "usage: toil TURNS\nwithout TURNS it is the first program of a sandbox\n");
        return 2;
    }
    setenv("PATH", "/usr/bin:/bin", 1);
    setenv("LC_ALL", "C", 1);
    if (turns != 0) {
        snprintf(folder, sizeof folder, "/tmp/toil-%d", getpid());
        snprintf(memory, sizeof memory, "%s/memory", folder);
    }
    (void)mkdir(folder, 0755);
    (void)mkdir(memory, 0755);
    for (unsigned i = 0; i < WORKS; i++)
        if (fork() == 0)
            return work(i, turns);
    while (wait(&status) > 0 || errno == EINTR)
        failed |= status;
    return failed != 0;
}
