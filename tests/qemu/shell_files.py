#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The shell's commands about files, on files in memory, on those of the boot image, and on those of
a disk image that this machine makes and looks at afterwards.
"""
import hashlib
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from ext4 import clean, debugfs  # noqa: E402  (the path must be set first)
from qemu import Machine, Report, disk_options  # noqa: E402

PROMPT = r"tessera> \Z"
PANIC = r"(?i)\bpanic\b"


def type_in(machine, line, expect=""):
    """Types a line; all that it prints must match a pattern."""
    machine.send(line + "\r")
    return machine.expect(re.escape(line) + r"\n" + expect + PROMPT, never=PANIC)


def names(machine):
    """Files come, have names and go."""
    type_in(machine, "write /tmp/a one line")
    type_in(machine, "cat /tmp/a", r"one line\n")
    type_in(machine, "mkdir /tmp/d")
    type_in(machine, "cp /tmp/a /tmp/d")
    type_in(machine, "ln -s d/a /tmp/l")
    type_in(machine, "ln /tmp/a /tmp/b")
    type_in(machine, "cat /tmp/l", r"one line\n")
    type_in(machine, "mv /tmp/d/a /tmp/d/c")
    type_in(machine, "cat /tmp/l", r"/tmp/l: there is no such file\n")
    type_in(machine, "ls /tmp", r"-rw-r--r--    2          9  a\ndrwxr-xr-x    2          0  d\n"
                                r"lrwxrwxrwx    1          3  l -> d/a\n"
                                r"-rw-r--r--    2          9  b\n")
    type_in(machine, "rm /tmp/d", r"/tmp/d: the directory is not empty\n")
    type_in(machine, "rm /tmp/d/c /tmp/d /tmp/l /tmp/a")
    type_in(machine, "ls /tmp", r"-rw-r--r--    1          9  b\n")


def across(machine):
    """From one server to another, and where nothing may be changed."""
    type_in(machine, "cp /boot/shell /tmp/shell")
    type_in(machine, "mv /tmp/shell /boot/x", r"/boot/x: it can only be read here\n")
    type_in(machine, "rm /boot/shell", r"/boot/shell: it can only be read here\n")
    type_in(machine, "cat /nowhere/x", r"/nowhere/x: there is no such file\n")
    type_in(machine, "cat /tmp", r"/tmp: it is a directory\n")


def hashed(machine):
    """The hash is what this machine's library makes of the same bytes."""
    want = hashlib.sha256(b"one line\n").hexdigest()
    type_in(machine, "sha256 /tmp/b", want + r"  /tmp/b\n")
    found = type_in(machine, "sha256 /boot/shell /tmp/shell",
                    r"([0-9a-f]{64})  /boot/shell\n([0-9a-f]{64})  /tmp/shell\n")
    if found[1] != found[2]:
        raise AssertionError("a copy has another hash")


def restarted(machine):
    """The server is killed; its files are not."""
    machine.send("kill ramfs\r")
    machine.expect(r"^ramfs: killed\n" + PROMPT, never=PANIC)
    type_in(machine, "cat /tmp/b", r"one line\n")
    machine.send("df\r")
    machine.expect(r"^/boot .* 0K .*read-only\n/tmp .*\n" + PROMPT, never=PANIC)


TEXT = "".join(f"line {i} of what this machine wrote\n" for i in range(3000))


def make_disk(folder):
    """An image with a directory and a file."""
    tree, path = os.path.join(folder, "tree"), os.path.join(folder, "disk.img")
    os.makedirs(os.path.join(tree, "host"))
    with open(os.path.join(tree, "host", "text"), "w", encoding="ascii") as file:
        file.write(TEXT)
    subprocess.run(["truncate", "-s", "32M", path], check=True)
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-d", tree, path], check=True)
    return path


def on_disk(machine):
    """Files of an image that this machine made are listed, read, hashed, written and copied."""
    want = hashlib.sha256(TEXT.encode()).hexdigest()
    type_in(machine, "ls /disk/host", rf"-rw-r--r-- +1 +{len(TEXT)}  text\n")
    type_in(machine, "sha256 /disk/host/text", want + r"  /disk/host/text\n")
    type_in(machine, "cp /disk/host/text /tmp/text")
    type_in(machine, "cp /tmp/text /disk/host/copy")
    type_in(machine, "sha256 /disk/host/copy", want + r"  /disk/host/copy\n")
    type_in(machine, "write /disk/host/new from the prompt")
    type_in(machine, "cat /disk/host/new", r"from the prompt\n")
    type_in(machine, "mkdir /disk/made")
    type_in(machine, "mv /disk/host/text /disk/made/moved")
    type_in(machine, "sync")


def host_sees(path):
    """What was done at the prompt is on the disk."""
    assert debugfs(path, "cat /host/copy").decode() == TEXT, "/host/copy is something else"
    assert debugfs(path, "cat /made/moved").decode() == TEXT, "/made/moved is something else"
    assert debugfs(path, "cat /host/new") == b"from the prompt\n", "/host/new is something else"
    assert b"File not found" in debugfs(path, "stat /host/text") or \
        not debugfs(path, "stat /host/text"), "/host/text is still there"


def disk_cases(build, report):
    """A machine with a disk."""
    with tempfile.TemporaryDirectory() as folder:
        path = make_disk(folder)
        with Machine(build, image=os.path.join(build, "images/with_disk.img"),
                     extra=disk_options(path)) as machine:
            machine.expect(PROMPT, never=PANIC)
            report.case(on_disk.__doc__.rstrip("."), lambda: on_disk(machine))
        report.case("e2fsck finds nothing", lambda: clean(path))
        report.case(host_sees.__doc__.rstrip("."), lambda: host_sees(path))


def main(build):
    """One machine, one case after the other."""
    report = Report()
    with Machine(build, image=os.path.join(build, "boot.img")) as machine:
        machine.expect(PROMPT, never=PANIC)
        for case in (names, across, hashed, restarted):
            report.case(case.__doc__.rstrip("."), lambda case=case: case(machine))
    disk_cases(build, report)
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
