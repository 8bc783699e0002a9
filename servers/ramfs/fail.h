/* SPDX-License-Identifier: BSD-2-Clause */
/* What must be true, or ramfs is broken: better a restart, which undoes the step. */
#ifndef RAMFS_FAIL_H
#define RAMFS_FAIL_H

#ifdef TESSERA_COMPONENT
#include <rt/program.h>
#define RAMFS_CHECK(condition) RT_CHECK(condition)
#else
#include <assert.h>
#define RAMFS_CHECK(condition) assert(condition)
#endif

#endif
