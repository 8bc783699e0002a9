/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting, ending and restarting components, by the policies of their manifests. */
#ifndef ROOT_SUPERVISOR_H
#define ROOT_SUPERVISOR_H

#include "component.h"
#include "report.h"

/** Called once. @param timer signals when supervise_tick should be called */
void supervise_init(cap_t timer);

/** Start all components that start with the system. @return how many */
word_t supervise_start_all(void);

/** Start one that is stopped, failed or exited. */
enum made supervise_start(struct component *c);

/** Stop one that will be started again at once, or forgotten. */
void supervise_stop(struct component *c);

/** Stop one that runs or will be restarted, until it is started. Who calls it meanwhile is told. */
void supervise_stop_for_good(struct component *c);

/** Stop and start one, whatever state it is in. */
enum made supervise_restart(struct component *c);

/** It faulted. */
void supervise_fault(struct component *c, const struct fault *f);

/** It ended by itself. */
void supervise_exit(struct component *c, int code);

/** End it as if it had faulted; `why` goes into the report. */
void supervise_kill(struct component *c, const char *why);

/** It asks something of root that costs so much. @return false: too much in too little time, and it
 * was ended for it */
bool supervise_charge(struct component *c, word_t cost);

/** Time has passed: what is due? */
void supervise_tick(void);

/** If lines are waiting for the log, see to it that they are tried again soon. */
void supervise_lines(void);

/** Answer who calls one that stays down. (down.c) @return a signal came meanwhile, and is taken */
bool down_look(void);

/** Call supervise_tick at this time, or earlier. */
void supervise_at(word_t ticks);

#endif
