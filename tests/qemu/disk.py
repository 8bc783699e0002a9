#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""drivers/virtio_blk with disks made here: what it must do, requests that fail, a disk that goes
away, a driver that is killed. The guest is tests/guest/disk; what it is to test stands in the
first block of the disk.
"""
import os
import re
import socket
import struct
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report, Silence, disk_options  # noqa: E402  (the path must be set first)

PANIC = r"(?i)\bpanic\b"
CASE = re.compile(r"(?:^|: )(ok|FAIL) (\S.*)$", re.M)
CLOSE = r"\d+ passed, \d+ failed"
MIB = 1 << 20
SECTORS = 64 * MIB // 512
TIMEOUT = 120

# Virtio as the specification allows it: each must do.
VARIANTS = {
    "one descriptor ring": "indirect_desc=off",
    "no event index": "event_idx=off",
    "a short queue": "queue-size=32",
    "neither, and short": "indirect_desc=off,event_idx=off,queue-size=64",
}

# blkdebug: sectors of 512 bytes that fail, and one flush.
RULES = f"""[inject-error]
event = "none"
iotype = "read"
sector = "{8 * MIB // 512}"
errno = "5"

[inject-error]
event = "none"
iotype = "write"
sector = "{9 * MIB // 512}"
errno = "5"

[inject-error]
event = "none"
iotype = "flush"
once = "on"
errno = "5"
"""


def make_disk(path, what):
    """A disk whose sectors name themselves; the first block says what to test."""
    with open(path, "wb") as disk:
        for start in range(0, SECTORS, 4096):
            words = range(start * 64 + 1, (start + 4096) * 64 + 1)
            disk.write(struct.pack(f"<{len(words)}Q", *words))
        disk.seek(0)
        disk.write(what.encode().ljust(4096, b"\0"))


def run(build, report, name, options, during=None):
    """Boots the guest and takes over what it reports."""
    image = os.path.join(build, "tests/qemu/disk.img")
    log = os.path.join(build, "log", f"disk-{name.replace(' ', '-')}.txt")
    with Machine(build, image=image, extra=options, log=log) as machine:
        try:
            if during:
                during(machine)
            machine.expect(CLOSE, TIMEOUT, never=PANIC)
        except Silence as problem:
            report.case(name, lambda: fail(str(problem)))
        for verdict, text in CASE.findall(machine.text):
            report.case(f"{name}: {text}", lambda v=verdict, t=text: v == "ok" or fail(t))


def fail(why):
    """Fails a case."""
    raise AssertionError(why)


def host_sees(path):
    """What the guest wrote, read by the host."""
    with open(path, "rb") as disk:
        disk.seek(8 * MIB + 512)
        data = disk.read(65536)
    wanted = bytes((i * 11 + (i >> 8)) & 255 for i in range(65536))
    assert data == wanted, "something else is there"


def stall(machine, path):
    """Makes the disk so slow that it does not answer any more."""
    machine.expect("take the disk away", TIMEOUT, never=PANIC)
    with socket.socket(socket.AF_UNIX) as monitor:
        monitor.connect(path)
        monitor.sendall(b"block_set_io_throttle disk0 1 0 0 0 0 0\n")
        machine.expect(CASE.pattern, TIMEOUT, never=PANIC)
        machine.seen = 0


def main(build):
    """All boots."""
    report = Report()
    os.makedirs(os.path.join(build, "log"), exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "disk.img")
        make_disk(path, "all")
        run(build, report, "disk", disk_options(path))
        report.case("the host sees what was written", lambda: host_sees(path))
        for name, how in VARIANTS.items():
            make_disk(path, "all")
            run(build, report, name, disk_options(path, how))
        make_disk(path, "kill")
        run(build, report, "killed driver", disk_options(path))
        make_disk(path, "again")
        run(build, report, "killed client", disk_options(path))
        make_disk(path, "errors")
        rules = os.path.join(folder, "rules")
        with open(rules, "w", encoding="ascii") as file:
            file.write(RULES)
        run(build, report, "failing disk",
            disk_options(path, file=f"blkdebug:{rules}:{path}"))
        make_disk(path, "gone")
        monitor = os.path.join(folder, "monitor")
        run(build, report, "stalled disk",
            disk_options(path) + ["-monitor", f"unix:{monitor},server=on,wait=off"],
            lambda machine: stall(machine, monitor))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
