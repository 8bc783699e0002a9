#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sequential reading from a disk while its driver is killed, every two seconds and every 100 ms."""
import os
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from disk import CASE, CLOSE, PANIC, fail, make_disk  # noqa: E402  (the path must be set first)
from qemu import Machine, Report, Silence, disk_options  # noqa: E402

TIMEOUT = 200
# Time is the number of instructions. A disk in a file takes the host's, which idle time is then; a
# blank one, which QEMU makes up, takes none: only the driver and its supervisor decide what comes.
# (Without ioeventfd requests are done where the processor makes them, before idle time is skipped.)
FILE = ["-icount", "shift=0,sleep=on"]
BLANK = ["-icount", "shift=0,sleep=off",
         "-blockdev", "null-co,node-name=disk0,size=67108864,read-zeroes=on",
         "-device", "virtio-blk-pci,drive=disk0,disable-legacy=on,ioeventfd=off"]


def boot(build, report, what, extra):
    """Boots once; each of its cases is one of ours."""
    image = os.path.join(build, "tests/qemu/steady.img")
    with Machine(build, image=image, extra=extra) as machine:
        try:
            machine.expect(CLOSE, TIMEOUT, never=PANIC)
        except Silence as problem:
            report.case(f"{what}: it ends", lambda: fail(str(problem)))
        for verdict, text in CASE.findall(machine.text):
            report.case(f"{what}: {text}", lambda v=verdict, t=text: v == "ok" or fail(t))


def main(build):
    """A disk whose bytes are compared, and one whose rates are judged."""
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "disk.img")
        make_disk(path, "")
        # The first block names what to test, for another guest: here it is like all others.
        with open(path, "r+b") as disk:
            disk.write(b"".join((i + 1).to_bytes(8, "little") for i in range(512)))
        boot(build, report, "a disk", disk_options(path) + FILE)
    boot(build, report, "a blank disk", BLANK)
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
