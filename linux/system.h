/* SPDX-License-Identifier: BSD-2-Clause */
/* What the sandbox says it is: uname(2), /proc/version. */
#ifndef LINUX_SYSTEM_H
#define LINUX_SYSTEM_H

#define SYSTEM_RELEASE "6.1.0-tessera"
#define SYSTEM_VERSION "#1 Tessera"

/** What sethostname(2) set. */
const char *system_host_name(void);

#endif
