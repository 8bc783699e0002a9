/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * power: turns a virtual machine of QEMU off, by the ports of its devices isa-debugcon ("status":
 * a byte for the host's file) and isa-debug-exit ("exit": ends QEMU). Systems that run one command
 * and end include it (system/command.yaml).
 */
#include <device/port.h>
#include <ipclib/serve.h>
#include <proto/power.h>
#include <rt/program.h>

static struct device_ports status_port, exit_port;

static enum power_error on_off(void *self, word_t badge, uint8_t status)
{
    (void)self;
    (void)badge;
    device_port_write(&status_port, 0, status);
    device_port_write(&exit_port, 0, 0);
    return POWER_E_NO_DEVICE; /* we are still here */
}

int main(void)
{
    static const struct power_server callbacks = {.off = on_off};
    struct ipc_service service = power_service(&callbacks, NULL);
    struct ipc_server server = {.endpoint = COMPONENT_ENDPOINT,
                                .reply = COMPONENT_REPLY,
                                .services = &service,
                                .service_count = 1};

    RT_CHECK(device_ports_open(&status_port, "status") && device_ports_open(&exit_port, "exit"));
    return (int)ipc_serve(&server);
}
