#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The numbers that are printed by the build and kept in the README, some of them with a limit.

  figures.py BUILD [--seconds S]

A source line is a line that is left when comments and blanks are taken away.
"""
import json
import os
import re
import subprocess
import sys

import yaml

# What must be right for the system to be safe: the kernel, and the components trusted with all,
# with what they are linked with.
KERNEL = ("kernel", "common")
TRUSTED = KERNEL + ("abi", "lib/rt", "lib/ipc", "lib/manifest", "lib/machine", "servers/root",
                    "servers/platform")
KERNEL_LINES_MAX = 8000
TEXT_BYTES_MAX = 64 * 1024
CALLS_MAX = 8
COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/', re.S)


def strip(text):
    """C text without comments; strings stay, and so do line ends."""
    return COMMENT.sub(lambda m: m[0] if m[0].startswith('"') else "\n" * m[0].count("\n"), text)


def lines_of(path):
    """Source lines of one file."""
    with open(path, encoding="utf-8") as file:
        return sum(bool(line.strip()) for line in strip(file.read()).splitlines())


def lines_below(folders, skip=("kernel/arch/host",)):
    """Source lines of all C and assembly below some folders."""
    total = 0
    for folder in folders:
        for here, _, names in os.walk(folder):
            if any(here == each or here.startswith(each + "/") for each in skip):
                continue
            total += sum(lines_of(os.path.join(here, name)) for name in names
                         if name.endswith((".c", ".h", ".S")))
    return total


def text_bytes(elf):
    """Size of the kernel's code: every section that is executed."""
    table = subprocess.run(["objdump", "-h", "-w", elf], capture_output=True, text=True,
                           check=True).stdout
    return sum(int(row.split()[2], 16) for row in table.splitlines() if " CODE" in row)


def calls():
    """Number of system calls in the definition of the interface."""
    with open("abi/abi.yaml", encoding="utf-8") as file:
        definition = yaml.safe_load(file)
    found = next((definition[key] for key in ("calls", "syscalls", "system_calls")
                  if key in definition), ())
    return len(found)


def numbers(build):
    """Rows: name, value, limit or None."""
    rows = [("kernel source lines", lines_below(KERNEL), KERNEL_LINES_MAX),
            ("trusted source lines", lines_below(TRUSTED), None),
            ("system calls", calls(), CALLS_MAX)]
    elf = os.path.join(build, "kernel.elf")
    if os.path.exists(elf):
        rows.append(("kernel code, bytes", text_bytes(elf), TEXT_BYTES_MAX))
    image = os.path.join(build, "boot.img")
    if os.path.exists(image):
        rows.append(("boot image, bytes", os.path.getsize(image), None))
    # What tests/qemu/numbers.py measured last.
    measured = os.path.join(build, "numbers.json")
    if os.path.exists(measured):
        with open(measured, encoding="utf-8") as file:
            rows += [(name, value, None) for name, value in json.load(file).items()]
    return rows


def main(arguments):
    """Prints the table."""
    build = arguments[0]
    for name, value, limit in numbers(build):
        print(f"  {name:30} {value:8}" + (f"  of {limit} at most" if limit else ""))
    if arguments[1:2] == ["--seconds"]:
        print(f"  {'time of this build, s':30} {float(arguments[2]):8.1f}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
