#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The terminal that a machine is run in, with its size.

    terminal.py size SYSTEM.yaml OUTPUT.yaml   the same system, told how large the terminal is now
    terminal.py run COMMAND...                 runs QEMU, and tells the guest when that changes

The guest is told among the keys, in the form that linux/console.c describes; a serial line has no
other way. Everything else goes through as it is.
"""
import os
import pty
import select
import signal
import sys
import termios
import tty

import yaml

KEYS = sys.stdin.fileno() if sys.stdin else 0
CHUNK = 1024  # how much is read at a time


def size_of(file):
    """Rows and columns; 0 where nobody knows."""
    try:
        return termios.tcgetwinsize(file)
    except termios.error:
        return (0, 0)


def write_system(system, output):
    """The manifest with its argument `terminal`."""
    with open(system, encoding="utf-8") as file:
        manifest = yaml.safe_load(file)
    folder = os.path.dirname(os.path.abspath(system))
    manifest["include"] = [os.path.join(folder, part) for part in manifest.get("include", [])]
    rows, columns = size_of(KEYS)
    linux = manifest["components"].get("linux")
    if linux and rows and columns:
        linux["args"].append(f"terminal={rows}x{columns}")
    with open(output, "w", encoding="utf-8") as file:
        yaml.safe_dump(manifest, file, sort_keys=False)


def report(size):
    """What tells the guest a size."""
    return b"\x9b8;%d;%dt" % size


def write_all(file, data):
    """All of it."""
    while data:
        data = data[os.write(file, data):]


def carry(master, changed):
    """Keys to the machine and what it shows to the terminal, until it ends."""
    told = size_of(KEYS)
    files = [KEYS, master, changed]
    while True:
        ready = select.select(files, [], [])[0]
        if changed in ready:
            os.read(changed, CHUNK)
            now = size_of(KEYS)
            if now != told and all(now):
                told = now
                write_all(master, report(now))
        if KEYS in ready:
            data = os.read(KEYS, CHUNK)
            if not data:
                files.remove(KEYS)
            write_all(master, data)
        if master in ready:
            try:
                data = os.read(master, CHUNK)
            except OSError:  # Linux says EIO when the other side is gone
                data = b""
            if not data:
                return
            write_all(sys.stdout.fileno(), data)


def run(command):
    """Runs it on a terminal of its own; @return its status"""
    wake, changed = os.pipe()
    os.set_blocking(changed, False)
    os.set_inheritable(wake, False)
    signal.set_wakeup_fd(changed, warn_on_full_buffer=False)
    signal.signal(signal.SIGWINCH, lambda *_: None)
    child, master = pty.fork()
    if child == 0:
        os.execvp(command[0], command)
    before = termios.tcgetattr(KEYS)
    try:
        tty.setraw(KEYS)
        carry(master, wake)
    finally:
        termios.tcsetattr(KEYS, termios.TCSADRAIN, before)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(words):
    """As the head of this file says."""
    if len(words) == 3 and words[0] == "size":
        write_system(*words[1:])
        return 0
    if len(words) > 1 and words[0] == "run":
        return run(words[1:])
    sys.exit("usage: terminal.py size SYSTEM.yaml OUTPUT.yaml | run COMMAND...")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
