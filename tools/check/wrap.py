#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""wrap.py [FILE...]: breaks lines of C that are too long, by clang-format, and touches no others.

Without files: all of the project's. For Python and other texts it only says where they are.
"""
import subprocess
import sys

COLUMNS = 100


def long_lines(path):
    """Numbers of the lines that are too long."""
    with open(path, encoding="utf-8") as file:
        return [number for number, line in enumerate(file, 1) if len(line.rstrip("\n")) > COLUMNS]


def wrap(path):
    """Breaks them until none is left, or clang-format can do no more."""
    before = None
    while (found := long_lines(path)) and found != before:
        before = found
        command = ["clang-format", "-i", *[f"--lines={line}:{line}" for line in found], path]
        subprocess.run(command, check=True)
    return found


def main(arguments):
    """Wraps and tells what is left."""
    listed = arguments or subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.c", "*.h"], capture_output=True,
        text=True, check=True).stdout.split()
    for path in listed:
        for line in wrap(path) if path.endswith((".c", ".h")) else long_lines(path):
            print(f"{path}:{line}: still longer than {COLUMNS} columns")


if __name__ == "__main__":
    main(sys.argv[1:])
