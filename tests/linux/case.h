/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cases that are run on Linux and on Tessera, and must say the same on both. A case runs in a
 * process of its own, which leads a process group, has 20 seconds, and works in an empty folder.
 * What it says must not depend on process numbers, addresses or the time.
 */
#ifndef CASE_H
#define CASE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

struct test_case {
    const char *name;
    void (*run)(void);
    struct test_case *next;
};
void case_add(struct test_case *c);

/** Define a case. */
#define CASE(id)                                                                       \
    static void case_##id(void);                                                       \
    __attribute__((constructor)) static void add_##id(void)                            \
    {                                                                                  \
        static struct test_case c = {#id, case_##id, NULL};                            \
                                                                                       \
        case_add(&c);                                                                  \
    }                                                                                  \
    static void case_##id(void)

/** Say a line. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** "what: 5", or "what: EINVAL" by errno if the result is -1. */
void result(const char *what, long r);
/** The same without the value: "what: ok". */
void outcome(const char *what, long r);
const char *error_name(int error);
/** Run a function in a child and say how it ended. */
void in_child(const char *what, void (*function)(void));
/** Make a file with this text. @return it, open for both, at its end; no file: the case ends */
int put(const char *path, const char *text);
/** Wait for a child. @return as wait4's status */
int wait_status(pid_t pid);
/** "what: exited 3", "what: killed by 9". */
void say_status(const char *what, int status);

#endif
