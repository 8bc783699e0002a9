/* SPDX-License-Identifier: BSD-2-Clause */
/* Running a component to its end. The other commands about components are lib/steer's. */
#include <rt/bytes.h>
#include <rt/clock.h>

#include "shell.h"

#define POLL_NS 20000000ul

static bool is_over(enum supervisor_state state)
{
    return state == SUPERVISOR_STATE_STOPPED || state == SUPERVISOR_STATE_FAILED ||
           state == SUPERVISOR_STATE_EXITED;
}

/*
 * Start a component and wait for its end. What it writes on the console appears meanwhile; what it
 * has said to the log, or to its supervisor because it has nobody else, appears at the end.
 */
static void run(int argc, char **argv)
{
    struct supervisor_status status = {0};
    const char *name = argv[1];
    uint64_t from = steer_log_next();

    (void)argc;
    if (!have(shell.supervisor, "supervisor") ||
        !steer_succeeded(supervisor_start(shell.supervisor, name), name))
        return;
    do {
        if (!rt_sleep_ns(POLL_NS) ||
            !steer_succeeded(supervisor_query(shell.supervisor, name, &status), name))
            return;
    } while (!is_over(status.state));
    steer_log_show(from, name, false);
    if (status.state == SUPERVISOR_STATE_FAILED)
        print("%s failed; `why %s` shows where\n", name, name);
    else if (status.exit_code != 0)
        print("%s ended with code %d\n", name, status.exit_code);
}

const struct command component_commands[] = {
    {"run", "NAME", "start a component and wait for its end (the examples)", 1, 1, run},
    {0},
};
