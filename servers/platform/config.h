/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access to PCI configuration space: ports 0xcf8 and 0xcfc, or memory where the firmware's MCFG
 * says.
 */
#ifndef PLATFORM_CONFIG_H
#define PLATFORM_CONFIG_H

#include <machine/pci.h>

#include "firmware.h"

/** Once, after firmware_read(). @return false: there is no way to it */
bool config_init(const struct firmware *f);

/** For <machine/pci.h>. */
const struct pci_access *config_access(void);

/**
 * Read anywhere in a function's 4096 bytes.
 * @return false: from 256 on, if the machine does not have it in memory
 */
bool config_read_far(pci_address address, uint32_t offset, uint32_t width, uint32_t *value);

#endif
