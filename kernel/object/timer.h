/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OBJECT_TIMER_H
#define OBJECT_TIMER_H

#include <model/fields.h>

/** The time of a Timer object has come. */
void timer_fire(ref_t timer);

#endif
