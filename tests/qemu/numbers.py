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
MACHINE_MIB, PROMPT_MIB_MAX = 512, 16
PROMPT = r"^tessera> "


def entry(path):
    """First instruction of an executable."""
    with open(path, "rb") as file:
        return struct.unpack_from("<Q", file.read(32), 24)[0]


def gdb_at(socket):
    """QEMU's options that let GDB come in by a socket."""
    return ("-gdb", "chardev:gdb", "-chardev", f"socket,id=gdb,path={socket},server=on,wait=off")


def gdb(build, socket, commands):
    """What GDB prints for some commands on the machine behind the socket."""
    words = ["gdb", "-q", "-batch", "-ex", "set pagination off", "-ex", f"target remote {socket}"]
    words += [word for each in commands for word in ("-ex", each)]
    done = subprocess.run(words + [os.path.join(build, "kernel.elf")], capture_output=True,
                          text=True, timeout=100, check=False, env={**os.environ, "BUILD": build})
    return done.stdout + done.stderr


def prompt_kib(build):
    """Memory in use when the prompt appears: what is no longer free of the whole machine's."""
    socket = os.path.join(tempfile.mkdtemp(), "gdb")
    with Machine(build, image=os.path.join(build, "boot.img"), memory=f"{MACHINE_MIB}M",
                 extra=gdb_at(socket)) as machine:
        machine.expect(PROMPT, 60)
        said = gdb(build, socket, ["source tools/debug/tessera.py", "tessera free"])
    free = re.search(r"(\d+) KiB are free", said)
    assert free, f"GDB said: {said[-300:]}"
    return MACHINE_MIB * 1024 - int(free[1])


def boot_instructions(build):
    """Instructions between the two entries, counted by QEMU's recorder."""
    folder = tempfile.mkdtemp()
    socket, record = os.path.join(folder, "gdb"), os.path.join(folder, "record")
    extra = ("-icount", f"shift=0,rr=record,rrfile={record}", "-S") + gdb_at(socket)
    commands = []
    for place in (os.path.join(build, "kernel.elf"), os.path.join(build, "bin/root")):
        commands += [f"thbreak *{entry(place):#x}", "continue", "monitor info replay"]
    with Machine(build, image=os.path.join(build, "boot.img"), extra=extra) as machine:
        while not os.path.exists(socket):
            machine.read(0.05)
        said = gdb(build, socket, commands)
    os.remove(record)
    counts = [int(count) for count in re.findall(r"instruction count = (\d+)", said)]
    assert len(counts) == 2, f"two counts were expected: {said[-300:]}"
    return counts[1] - counts[0]


def main(build):
    """Measures, keeps and judges."""
    report, found = Report(), {}

    def boot():
        count = found["instructions to root's first"] = boot_instructions(build)
        assert count < BOOT_INSTRUCTIONS_MAX, f"{count}; {BOOT_INSTRUCTIONS_MAX} at most"

    def prompt():
        used = found["KiB in use at the prompt"] = prompt_kib(build)
        assert used < PROMPT_MIB_MAX * 1024, f"{used} KiB; {PROMPT_MIB_MAX} MiB at most"

    report.case("memory in use when the prompt appears", prompt)
    report.case("instructions from the kernel's first to root's first", boot)
    with open(os.path.join(build, "numbers.json"), "w", encoding="utf-8") as file:
        json.dump(found, file)
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
