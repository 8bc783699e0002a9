#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's tests (tests/guest/kernel) again, on other machines than the one they are made for.

The plainest processor, the older chipset, enough memory for a frame of 1 GiB. A tick is an
instruction on all of them, so what the tests measure is the same.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report  # noqa: E402  (the path must be set first)

COUNTED = ("-icount", "shift=0,sleep=off", "-global", "hpet.msi=on")
MACHINES = (
    # name, chipset, processor, memory, what to run (parts of the tests' names), options
    ("plainest processor", "q35", "qemu64", "512M", None, COUNTED),
    ("older chipset", "pc", "max", "512M", None, COUNTED),
    # QEMU's emulation gets XSAVE only if it hides what it is (kernel/boot/x86_64/cpu.c): so AVX is
    # tried, switched when it is used, and with the thread. A save as the first use does not trap.
    ("XSAVE and AVX", "q35", "max,tcg-cpuid=off", "512M", "FPU:", COUNTED),
    ("XSAVE and AVX where registers are guessed", "q35",
     "max,tcg-cpuid=off,vendor=GenuineIntel", "512M", "FPU:", COUNTED),
    ("a first XSAVE where registers are guessed", "q35",
     "max,tcg-cpuid=off,vendor=GenuineIntel", "512M", "first_use:", COUNTED),
    ("all where registers are guessed", "q35", "max,vendor=GenuineIntel", "512M", None, COUNTED),
    ("frames of 1 GiB", "q35", "max", "4G", "1_GiB", COUNTED),
)
PANIC = r"(?i)^.*\bpanic\b.*$"


def passes(build, row):
    """Boots one machine; all tests must pass, and some must have been run."""
    _, machine, cpu, memory, only, options = row
    extra = list(options) + (["-append", f"only={only}"] if only else [])
    image = os.path.join(build, "images", "kernel.img")
    with Machine(build, image=image, machine=machine, cpu=cpu, memory=memory,
                 extra=extra) as started:
        found = started.expect(r"^(\d+) passed, (\d+) failed", 600, never=PANIC)
        failed = re.findall(r"^FAIL .*$", started.text, re.M)
        assert found[2] == "0", "; ".join(failed)
        assert found[1] != "0", "no test was run: " + started.text


def main(build):
    """Every machine."""
    report = Report()
    for row in MACHINES:
        report.case(f"kernel tests: {row[0]}", lambda row=row: passes(build, row))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
