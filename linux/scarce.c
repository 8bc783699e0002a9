/* SPDX-License-Identifier: BSD-2-Clause */
/* What happens when the sandbox's memory is used up: as on Linux, whoever has most of it ends. */
#include "core_priv.h"

#include <rt/program.h>

/* Has ended, or will when the present message has been seen to. */
static bool is_ending(const struct process *p)
{
    return p->tasks == NULL || p->exiting ||
           (p->pending.set | p->tasks->pending.set) & SIGNAL_BIT(SIGKILL);
}

/* @return 0 also if its first task is only being made */
static word_t burden(const struct process *p)
{
    return p->tasks->space != NULL ? space_burden(p->tasks->space) : 0;
}

/* The process with most memory; the first one only if there is no other. */
static struct process *largest(struct process *otherwise)
{
    struct process *found = otherwise;
    word_t most = 0;

    for (struct process *p = processes; p != NULL; p = p->next) {
        if (p->parent == NULL || is_ending(p) || burden(p) <= most)
            continue;
        most = burden(p);
        found = p;
    }
    return found;
}

bool memory_is_short(struct task *t)
{
    struct process *p = largest(t->process);

    if (is_ending(t->process))
        return false;
    rt_say(1, "out of memory: %s (%d) ends", p->tasks->name, p->pid);
    if (p == t->process)
        signal_fault(t, SIGKILL, SI_KERNEL, 0);
    else
        signal_send(p, SIGKILL);
    return p != t->process;
}
