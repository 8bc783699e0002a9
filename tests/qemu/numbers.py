#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Numbers that are measured in the emulator and have a limit; kept in build/numbers.json, from
where `./tessera build` prints them.

Instructions are counted by QEMU (one processor, -icount), from the kernel's first to root's.
"""
import json
import os
import re
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report  # noqa: E402  (the path must be set first)

BOOT_INSTRUCTIONS_MAX = 20_000_000


def entry(path):
    """First instruction of an executable."""
    with open(path, "rb") as file:
        return struct.unpack_from("<Q", file.read(32), 24)[0]


def boot_instructions(build):
    """Instructions between the two entries, counted by QEMU's recorder."""
    folder = tempfile.mkdtemp()
    socket, record = os.path.join(folder, "gdb"), os.path.join(folder, "record")
    extra = ("-icount", f"shift=0,rr=record,rrfile={record}", "-S", "-gdb", "chardev:gdb",
             "-chardev", f"socket,id=gdb,path={socket},server=on,wait=off")
    commands = ["set pagination off", f"target remote {socket}"]
    for place in (os.path.join(build, "kernel.elf"), os.path.join(build, "bin/root")):
        commands += [f"thbreak *{entry(place):#x}", "continue", "monitor info replay"]
    with Machine(build, image=os.path.join(build, "boot.img"), extra=extra) as machine:
        while not os.path.exists(socket):
            machine.read(0.05)
        done = subprocess.run(
            ["gdb", "-q", "-batch"] + [word for each in commands for word in ("-ex", each)]
            + [os.path.join(build, "kernel.elf")], capture_output=True, text=True, timeout=100,
            check=False)
    os.remove(record)
    counts = [int(count) for count in re.findall(r"instruction count = (\d+)",
                                                 done.stdout + done.stderr)]
    assert len(counts) == 2, f"two counts were expected: {(done.stdout + done.stderr)[-300:]}"
    return counts[1] - counts[0]


def main(build):
    """Measures, keeps and judges."""
    report, found = Report(), {}

    def boot():
        count = found["instructions to root's first"] = boot_instructions(build)
        assert count < BOOT_INSTRUCTIONS_MAX, f"{count}; {BOOT_INSTRUCTIONS_MAX} at most"

    report.case("instructions from the kernel's first to root's first", boot)
    with open(os.path.join(build, "numbers.json"), "w", encoding="utf-8") as file:
        json.dump(found, file)
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
