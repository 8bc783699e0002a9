#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The long storm: a million random system calls, partly by racing threads, and 10,000 damaged ELF
files, in the sandbox of the cases; then a case again. About half an hour.

    tests/linux/storm.py [SEED [CHILDREN]]      children of 200 calls each: 100 and 5000
"""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Silence  # noqa: E402  (the path must be set first)

NEVER = r"(?i)\bpanic\b|'linux' (failed|ended)"
COUNTED = ("-icount", "shift=2,sleep=off")


def main(seed=100, children=5000):
    """Runs it; says what was survived."""
    build = os.environ.get("BUILD", "build")
    image = os.path.join(build, "tests/qemu/linux.img")
    subprocess.run(["make", "-s", f"BUILD={build}", f"{build}/kernel.elf", image], cwd=ROOT,
                   check=True)
    with Machine(build, image=image, memory="256M", extra=COUNTED,
                 log=os.path.join(build, "log/storm.txt")) as machine:
        machine.expect(r"^cases again: 0$", 600, never=NEVER)
        for what, words in (("system calls", f"{seed} {children} 200"),
                            ("damaged files", f"{seed} {2 * children} 0")):
            machine.send(f"storm {words}; echo storm' 'end: $?\n")
            machine.expect(r"^storm end: 0$", 7200, never=NEVER)
            print(f"survived: {what} of storm {words}", flush=True)
        machine.send("cases process_fork; echo last' 'cases: $?\n")
        machine.expect(r"^child: exited 5\n(.*\n)*last cases: 0$", 60, never=NEVER)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(*map(int, sys.argv[1:])))
    except Silence as problem:
        sys.exit(f"storm.py: {problem}")
