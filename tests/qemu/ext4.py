#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""servers/ext4 with disks made by Debian's mkfs.ext4: the guest (tests/guest/disk_files) reads what
the host wrote, and the host sees with e2fsck and debugfs what the guest wrote.
"""
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from disk import CASE, CLOSE, PANIC, fail  # noqa: E402  (the path must be set first)
from qemu import Machine, Report, Silence, disk_options  # noqa: E402

MIB = 1 << 20
TIMEOUT = 120


def pattern(size):
    """Bytes that depend on their place, as the guest knows them."""
    return bytes((i * 7 + (i >> 8) * 13) & 255 for i in range(size))


def make_disk(folder, what, megabytes, *options):
    """An image with the files that the guest wants."""
    tree, path = os.path.join(folder, "tree"), os.path.join(folder, "disk.img")
    os.makedirs(tree, exist_ok=True)
    with open(os.path.join(tree, "test"), "w", encoding="ascii") as file:
        file.write(what)
    with open(os.path.join(tree, "from-host"), "wb") as file:
        file.write(pattern(MIB + 12345 if megabytes > 40 else 100))
    if os.path.exists(path):
        os.unlink(path)
    subprocess.run(["truncate", "-s", f"{megabytes}M", path], check=True)
    subprocess.run(["/sbin/mkfs.ext4", "-q", *options, "-d", tree, path], check=True)
    return path


def run(build, report, name, options, image="ext4"):
    """Boots the guest and takes over what it reports."""
    image = os.path.join(build, f"tests/qemu/{image}.img")
    log = os.path.join(build, "log", f"ext4-{name.replace(' ', '-')}.txt")
    with Machine(build, image=image, extra=options, log=log) as machine:
        try:
            machine.expect(CLOSE, TIMEOUT, never=PANIC)
        except Silence as problem:
            report.case(name, lambda: fail(str(problem)))
        for verdict, text in CASE.findall(machine.text):
            report.case(f"{name}: {text}", lambda v=verdict, t=text: v == "ok" or fail(t))


def clean(path):
    """The journal is replayed, then nothing is wrong."""
    for option, good in (("-p", (0, 1)), ("-fn", (0,))):
        done = subprocess.run(["/sbin/e2fsck", option, path], capture_output=True, text=True,
                              check=False)
        assert done.returncode in good, done.stdout


def debugfs(path, command):
    """What debugfs prints."""
    return subprocess.run(["/sbin/debugfs", "-R", command, path], capture_output=True,
                          check=True).stdout


def host_sees(path):
    """What the guest made."""
    assert debugfs(path, "cat /made/big") == pattern(3 * MIB), "/made/big is something else"
    lines = debugfs(path, "ls -p /made").decode().splitlines()
    names = sum("name-" in line and not line.startswith("/0/") for line in lines)
    assert names == 249, f"{names} names in /made"
    assert b"../moved" in debugfs(path, "stat /made/link"), "the symbolic link"


def main(build):
    """All boots."""
    report = Report()
    os.makedirs(os.path.join(build, "log"), exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for size, options in (("1024", ["-b", "1024"]), ("4096", ["-b", "4096"])):
            path = make_disk(folder, "all", 64, *options)
            run(build, report, f"blocks of {size}", disk_options(path))
            report.case(f"blocks of {size}: e2fsck finds nothing", lambda p=path: clean(p))
            report.case(f"blocks of {size}: the host sees it all", lambda p=path: host_sees(p))
        path = make_disk(folder, "full", 24)
        run(build, report, "full disk", disk_options(path))
        report.case("full disk: e2fsck finds nothing", lambda: clean(path))
        path = make_disk(folder, "-", 48, "-b", "4096")
        run(build, report, "two clients", disk_options(path), "ext4_files")
        report.case("two clients: e2fsck finds nothing", lambda: clean(path))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
