/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /dev/tsr, in sandboxes whose manifest routes `supervisor` to them: a line written to it is a
 * command of lib/steer, and what it says is read back from the same open file. The program `tsr` (a
 * script there and in /dev/tsr.sh) does both.
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

static void run(char *line)
{
    struct steer steer = {
        .supervisor = rt_uses("supervisor"), .log = rt_uses("log-reader"), .print = add};
    char *words[WORDS + 1];
    int count = split(line, words);
    char text[LINE + 40];

    answer.size = answer.at = 0;
    if (count == 0 || rt_same(words[0], "help"))
        steer_help(&steer);
    else if (!steer_run(&steer, count, words))
        add(NULL, text,
            rt_format(text, sizeof text, "there is no command `%s`; `tsr help` lists them\n",
                      words[0]));
}

static long write_command(struct file *f, struct transfer *x, word_t at)
{
    char line[LINE];
    long n = transfer_in(x, line, sizeof line - 1);

    (void)at;
    if (n < 0)
        return n;
    line[n] = 0;
    answer.file = f;
    run(line);
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

static const struct file_ops tsr_ops = {.read = read_answer, .write = write_command};

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
                                 "echo \"$*\" >&3\n"
                                 "exec cat <&3\n";
    const uint8_t *bytes = (const uint8_t *)script;

    if (rt_uses("supervisor") == 0)
        return true;
    /* Where the root is a disk there may be no place for it: then there is the one in /dev. */
    (void)tree_add_file("/bin/tsr", 0755, bytes, sizeof script - 1);
    return tree_add_node("/dev/tsr", S_IFCHR | 0600, DEVICE(10, 200)) == 0 &&
           tree_add_file("/dev/tsr.sh", 0755, bytes, sizeof script - 1) == 0;
}
