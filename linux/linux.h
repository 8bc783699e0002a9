/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Linux personality: kernel and pager of the processes of one sandbox. One thread, one event
 * loop (main.c): system calls and faults of the sandbox's foreign threads arrive as calls on its
 * endpoint, with the task's index as badge, and are answered with the result. Nothing here needs a
 * lock. This header is what nearly every file of the room needs.
 */
#ifndef LINUX_LINUX_H
#define LINUX_LINUX_H

#include "call.h"
#include "clock.h"
#include "errno.h"
#include "heap.h"
#include "page.h"
#include "signal.h"
#include "space.h"
#include "task.h"
#include "wait.h"

#include <rt/bytes.h>

#endif
