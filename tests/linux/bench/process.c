/* SPDX-License-Identifier: BSD-2-Clause */
/* Processes and threads that begin and end. */
#include "bench.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const no_words[] = {(char *)"tiny", NULL};

/* A child that begins in this way ends itself, or becomes the program. */
#define CHILD(path, begin, program)                                                               \
    for (unsigned i = 0; i < FEW; i++) {                                                          \
        int status = -1;                                                                          \
                                                                                                  \
        BEGIN(path);                                                                              \
        long pid = (begin);                                                                       \
                                                                                                  \
        if (pid == 0) {                                                                           \
            if ((program) != NULL)                                                                \
                raw(SYS_execve, (long)(program), (long)no_words, (long)(no_words + 1));           \
            raw(SYS_exit_group, (program) != NULL, 0, 0);                                         \
        }                                                                                         \
        raw_4(SYS_wait4, pid, (long)&status, 0, 0);                                               \
        END(path);                                                                                \
        must(status == 0, "the child ended well");                                                \
    }

static void *nothing(void *argument)
{
    return argument;
}

static void threads(void)
{
    for (unsigned i = 0; i < FEW; i++) {
        pthread_t thread;

        BEGIN(PATH_linux_thread);
        pthread_create(&thread, NULL, nothing, NULL);
        pthread_join(thread, NULL);
        END(PATH_linux_thread);
    }
}

void bench_process(void)
{
    CHILD(PATH_linux_fork, raw(SYS_fork, 0, 0, 0), (const char *)NULL)
    CHILD(PATH_linux_exec, raw(SYS_fork, 0, 0, 0), "/bin/tiny")
    CHILD(PATH_linux_exec_static, raw(SYS_fork, 0, 0, 0), "/bin/static")
    CHILD(PATH_linux_vfork, vfork(), "/bin/tiny")
    threads();
}
