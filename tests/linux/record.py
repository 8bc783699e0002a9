#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Records what the cases say on Linux: boots Debian's kernel (tools/debian/kernel.sh) in the
emulator that the tests of Tessera run in, with nothing but busybox and the cases, and writes
expected.txt. It does so twice: a case that says something else the second time is none.

    tests/linux/record.py             all cases, into tests/linux/expected.txt
    tests/linux/record.py NAME...     shows what these say; writes nothing
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Silence  # noqa: E402  (the path must be set first)

HERE = os.path.join(ROOT, "tests/linux")
NOISE = re.compile(r"^\[ *\d+\.\d{6}\] .*\n", re.M)
# Time goes with the instructions, so what a case says does not depend on how busy this machine is;
# and sleeping takes no time.
COUNTED = ("-icount", "shift=2,sleep=off")
# No boot messages between the lines; four levels of page tables, as Tessera has them; and no panic
# because a busy machine emulates the timer late.
COMMAND_LINE = "console=ttyS0 quiet loglevel=0 panic=-1 no5lvl no_timer_check rdinit=/init"


def ask(*command):
    """What a command says."""
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make(build):
    """The kernel, and an archive of the root file system; returns both paths."""
    subprocess.run(["tools/debian/kernel.sh", "build"], cwd=ROOT, check=True)
    busybox = ask("tools/debian/busybox.sh", "path")
    subprocess.run(["make", "-s", f"BUILD={build}", busybox,
                    f"{build}/linux/cases"], cwd=ROOT, check=True)
    archive = os.path.join(ROOT, build, "linux/record.cpio")
    links = [f"bin/{name}:=busybox" for name in ("sh", "mount", "mkdir", "poweroff")]
    folders = ["bin/", "dev/", "proc/", "tmp/", "root/", "etc/"]
    subprocess.run(["tools/image/newc.py", archive, *folders, f"bin/busybox={busybox}", *links,
                    f"bin/cases={build}/linux/cases", "init=tests/linux/init.sh"],
                   cwd=ROOT, check=True)
    return ask("tools/debian/kernel.sh", "path"), archive


def run(build, kernel, archive, names):
    """What the cases say."""
    # What the kernel does not know goes to the environment of the first program.
    options = f'{COMMAND_LINE} CASES="{" ".join(names)}"'
    os.makedirs(os.path.join(build, "log"), exist_ok=True)
    with Machine(build, image=archive, kernel=kernel, memory="256M",
                 extra=[*COUNTED, "-append", options],
                 log=os.path.join(build, "log/record-guest.txt")) as machine:
        machine.expect(r"^cases end: 0$", 1200, never="Kernel panic|BusyBox v")
        text = NOISE.sub("", machine.text)
    found = re.search(r"^== .*?(?=^cases end: 0$)", text, re.M | re.S)
    if not found:
        sys.exit("record.py: no case has that name")
    return found[0]


def differing(first, second):
    """The names of cases that differ."""
    one, two = (dict(part.split("\n", 1) for part in text.split("== ")[1:])
                for text in (first, second))
    return [name for name in one if one[name] != two.get(name)]


def main(names):
    """Records, or shows."""
    build = os.environ.get("BUILD", "build")
    kernel, archive = make(build)
    text = run(build, kernel, archive, names)
    if names:
        print(text, end="")
        return 0
    unstable = differing(text, run(build, kernel, archive, names))
    if unstable:
        sys.exit(f"record.py: not the same when run again: {' '.join(unstable)}")
    with open(os.path.join(HERE, "expected.txt"), "w", encoding="utf-8") as file:
        release = ask("tools/debian/kernel.sh", "release")
        file.write("# SPDX-License-Identifier: BSD-2-Clause\n"
                   f"# What tests/linux says on Linux {release} in QEMU; "
                   "made by tests/linux/record.py.\n")
        file.write(text)
    print(f"{text.count('== ')} cases are in tests/linux/expected.txt")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Silence as problem:
        sys.exit(f"record.py: {problem}")
