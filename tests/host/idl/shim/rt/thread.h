/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The message buffer as the tests of protocols see it: that of the side of the
 * fake kernel (fake.h) that runs.
 */
#ifndef RT_THREAD_H
#define RT_THREAD_H

#include <abi/call.h>

struct message_buffer *rt_buffer(void);

#endif
