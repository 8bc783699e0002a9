#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What root says when the boot image is whole but what is in it is not.

Each case changes the image of the default system, makes its sums right again so that the kernel
accepts it, boots, and waits for root to name the thing and the fix, or to go on without the
component.
"""
import os
import struct
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report  # noqa: E402  (the path must be set first)

PAGE, WORD = 4096, 8
MASK = (1 << 64) - 1
PROMPT = r"^tessera> "


def sums(data):
    """The image's checksum, as abi/image.h defines it."""
    a = b = 0
    for (word,) in struct.iter_unpack("<Q", data[PAGE:]):
        a = (a + word) & MASK
        b = (b + a) & MASK
    return struct.pack("<QQ", a, b)


def changed(build, name, change):
    """Writes the changed image; `change` works on the bytes."""
    with open(os.path.join(build, "boot.img"), "rb") as file:
        data = bytearray(file.read())
    change(data)
    data[3 * WORD:5 * WORD] = sums(data)
    path = os.path.join(build, "log", f"refusal-{name}.img")
    with open(path, "wb") as file:
        file.write(data)
    return path


def contents(data, name):
    """Where the contents of a file of the archive begin."""
    at, = struct.unpack_from("<Q", data, 7 * WORD)
    while data[at:at + 6] == b"070701":
        size = int(data[at + 54:at + 62], 16)
        named = int(data[at + 94:at + 102], 16)
        begin = (at + 110 + named + 3) // 4 * 4
        if data[at + 110:at + 110 + named].split(b"\0")[0] == name.encode():
            return at, begin
        at = (begin + size + 3) // 4 * 4
    raise AssertionError(f"the boot image has no file {name}")


def rename(name):
    """A file is called something else."""
    def change(data):
        head = contents(data, name)[0]
        data[head + 110:head + 111] = b"?"
    return change


def overwrite(name, offset, value):
    """Bytes of a file are others."""
    def change(data):
        begin = contents(data, name)[1]
        data[begin + offset:begin + offset + len(value)] = value
    return change


def archive_outside(data):
    """The head says that the archive is longer than the image."""
    struct.pack_into("<Q", data, 8 * WORD, len(data))


CASES = (
    ("an image without a manifest", "none", rename("system.manifest"),
     r"^root: the boot image has no manifest \(system\.manifest\)\nroot: make the boot image "),
    ("a manifest of another version", "version", overwrite("system.manifest", 8, b"\x63"),
     r"^root: the manifest cannot be used: it is of another version\nroot: make kernel, root and"),
    ("a manifest that is cut off", "cut", overwrite("system.manifest", 16, b"\xff\xff\xff\x7f"),
     r"^root: the manifest cannot be used: it is cut off\n"),
    ("a manifest whose components are elsewhere", "components",
     overwrite("system.manifest", 28, b"\xff\xff\xff\xff"),
     r"^root: the manifest cannot be used: it is cut off\n"),
    ("an archive that lies outside the image", "archive", archive_outside,
     r"^root: the boot image's archive lies outside the image\n"),
)
# Without these components the others go on, to the prompt.
PARTIAL = (
    ("a component without its image", "image", rename("platform"),
     r"'platform' \(image 'platform'\) cannot be started: it is not in the boot image"),
    ("a component that is no program", "program", overwrite("platform", 0, b"\0\0\0\0"),
     r"'platform' \(image 'platform'\) cannot be started: it is not an x86-64 executable"),
    ("a component whose code is writable", "writable", overwrite("platform", 64 + 4, b"\7"),
     r"'platform' \(image 'platform'\) cannot be started: a segment is writable and executable"),
)


def refused(build, name, change, pattern):
    """Nothing can start: root says why."""
    with Machine(build, image=changed(build, name, change)) as machine:
        machine.expect(pattern, 60, never=r"(?i)\bpanic\b")


def partial(build, name, change, pattern):
    """All the others start: the log says why one did not."""
    with Machine(build, image=changed(build, name, change)) as machine:
        machine.expect(PROMPT, 60, never=r"(?i)\bpanic\b")
        machine.send("log\n")
        machine.expect(pattern, 60)


def main(build):
    """All cases."""
    report = Report()
    os.makedirs(os.path.join(build, "log"), exist_ok=True)
    for title, name, change, pattern in CASES:
        report.case(title, lambda n=name, c=change, p=pattern: refused(build, n, c, p))
    for title, name, change, pattern in PARTIAL:
        report.case(title, lambda n=name, c=change, p=pattern: partial(build, n, c, p))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
