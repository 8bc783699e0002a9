/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /dev/tsr, in sandboxes whose manifest routes `supervisor` to them: a line written to it is a
 * command of lib/steer, and what it says is read back from the same open file. The program `tsr` (a
 * script there and in /dev/tsr.sh) does both. For `upgrade NAME FILE` it adds the size of the file
 * to the line, and what is written after that are its bytes.
 */
#include "file.h"
#include "inode.h"
#include "linux.h"
#include "policy.h"

#include <rt/bytes.h>
#include <rt/format.h>
#include <rt/program.h>
#include <steer/steer.h>

#define OUTPUT 65536u
#define LINE   256u
#define WORDS  8
#define PIECE  4096u

/* To the last command, for the open file that it came through. */
static struct {
    const struct file *file;
    size_t size, at;
    char text[OUTPUT];
} answer;

static void add(void *context, const char *text, size_t size)
{
    size_t room = OUTPUT - answer.size;

    (void)context;
    memcpy(answer.text + answer.size, text, size < room ? size : room);
    answer.size += size < room ? size : room;
}

static int split(char *line, char **words)
{
    int count = 0;

    while (count < WORDS) {
        while (*line == ' ' || *line == '\n')
            *line++ = 0;
        if (*line == 0)
            break;
        words[count++] = line;
        while (*line != 0 && *line != ' ' && *line != '\n')
            line++;
    }
    words[count] = NULL;
    return count;
}

static struct steer steer(void)
{
    return (struct steer){
        .supervisor = rt_uses("supervisor"), .log = rt_uses("log-reader"), .print = add};
}

/* @return false: the bytes of a file that were announced are not wanted */
static bool run(char *line)
{
    struct steer to = steer();
    char *words[WORDS + 1];
    int count = split(line, words);
    char text[LINE + 40];

    answer.size = answer.at = 0;
    if (count == 0 || rt_same(words[0], "help"))
        steer_help(&to);
    else if (!steer_run(&to, count, words))
        add(NULL, text,
            rt_format(text, sizeof text, "there is no command `%s`; `tsr help` lists them\n",
                      words[0]));
    return count < 4 || steer_wants() > 0;
}

/* Bytes of the file that the last command wants. */
static long write_bytes(struct transfer *x)
{
    static uint8_t piece[PIECE];
    size_t want = steer_wants() < PIECE ? steer_wants() : PIECE;
    struct steer to = steer();
    long n, sum = 0;

    do {
        n = transfer_in(x, piece, want);
        if (n <= 0)
            return sum > 0 ? sum : n;
        steer_bring(&to, piece, (size_t)n);
        sum += n;
        want = steer_wants() < PIECE ? steer_wants() : PIECE;
    } while (want > 0 && x->left > 0);
    return sum;
}

static void refuse_line(void)
{
    static const char text[] = "a command has fewer than 255 letters\n";

    answer.size = answer.at = 0;
    add(NULL, text, sizeof text - 1);
}

static long write_command(struct file *f, struct transfer *x, word_t at)
{
    char line[LINE];
    long n;

    (void)at;
    if (steer_wants() > 0)
        return answer.file == f ? write_bytes(x) : -EBUSY;
    n = transfer_in(x, line, sizeof line - 1);
    if (n < 0)
        return n;
    line[n] = 0;
    answer.file = f;
    if (n == sizeof line - 1 && x->left > 0)
        refuse_line();
    else if (!run(line))
        return -EINVAL;
    n += (long)x->left;
    transfer_skip(x, x->left);
    return n;
}

static long read_answer(struct file *f, struct transfer *x, word_t at)
{
    long n;

    (void)at;
    if (answer.file != f)
        return 0;
    n = transfer_out(x, answer.text + answer.at, answer.size - answer.at);
    if (n > 0)
        answer.at += (size_t)n;
    return n;
}

static void close_tsr(struct file *f)
{
    if (answer.file == f)
        steer_give_up();
    if (answer.file == f)
        answer.file = NULL;
}

static const struct file_ops tsr_ops = {
    .read = read_answer, .write = write_command, .close = close_tsr};

long tsr_open(struct file *f)
{
    if (rt_uses("supervisor") == 0)
        return -ENXIO;
    if (policy_is_on) {
        policy_use("supervisor");
        policy_use("log-reader");
    }
    f->ops = &tsr_ops;
    return 0;
}

bool tsr_add(void)
{
    static const char script[] = "#!/bin/sh\n"
                                 "exec 3<>/dev/tsr || exit 1\n"
                                 "if [ \"$1\" = upgrade ] && [ -f \"$3\" ]; then\n"
                                 "    echo \"upgrade $2 $3 $(cat \"$3\" | wc -c)\" >&3 &&\n"
                                 "        cat \"$3\" >&3\n"
                                 "else\n"
                                 "    echo \"$*\" >&3\n"
                                 "fi\n"
                                 "exec cat <&3\n";
    const uint8_t *bytes = (const uint8_t *)script;

    if (rt_uses("supervisor") == 0)
        return true;
    /* Where the root is a disk there may be no place for it: then there is the one in /dev. */
    (void)tree_add_file("/bin/tsr", 0755, bytes, sizeof script - 1);
    return tree_add_node("/dev/tsr", S_IFCHR | 0600, DEVICE(10, 200)) == 0 &&
           tree_add_file("/dev/tsr.sh", 0755, bytes, sizeof script - 1) == 0;
}
