#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Files on a disk of which a part fails, or which goes away: from the client, which is
tests/guest/disk_files, through ext4, partition and virtio_blk to QEMU's blkdebug. The client gets
typed errors, a commit that fails aborts the journal and is marked on the disk as Linux marks it,
and e2fsck finds nothing that it would not find after a loss of power.

The memory of driver and file system with a disk of 1 GiB is here too: that is another boot with a
disk of its own.
"""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from disk import CASE, CLOSE, PANIC, fail, stall  # noqa: E402  (the path must be set first)
from ext4 import debugfs  # noqa: E402
from qemu import Machine, Report, Silence, disk_options  # noqa: E402

TIMEOUT = 120
BLOCK, BAD = 4096, 5
MOUNTED = 3  # flushes until a file system is in use


def make_disk(folder, what, megabytes):
    """An image with the files that the guest wants."""
    tree, path = os.path.join(folder, "tree"), os.path.join(folder, "disk.img")
    os.makedirs(os.path.join(tree, "shut"), exist_ok=True)
    for name, data in (("test", what), ("from-host", "x" * 12 * BLOCK), ("shut/inside", "x")):
        with open(os.path.join(tree, name), "w", encoding="ascii") as file:
            file.write(data)
    if os.path.exists(path):
        os.unlink(path)
    subprocess.run(["truncate", "-s", f"{megabytes}M", path], check=True)
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-b", str(BLOCK), "-d", tree, path], check=True)
    return path


def block_of(path, name, number):
    """Where block `number` of a file is on the disk."""
    return int(debugfs(path, f"bmap {name} {number}").split()[-1])


def rule(kind, block):
    """A rule for blkdebug: requests of a kind fail that touch a block."""
    lines = ["[inject-error]", 'event = "none"', f'iotype = "{kind}"', 'errno = "5"']
    lines += [f'sector = "{block * BLOCK // 512}"']
    return "\n".join(lines) + "\n"


def flush_options(path, monitor):
    """QEMU's options for a disk, beside which stands one whose flushes fail."""
    return ["-blockdev", f"driver=file,node-name=image,filename={path}",
            "-blockdev", "driver=raw,node-name=disk0,file=image",
            "-blockdev", "driver=blkdebug,node-name=bad,image=image,inject-error.0.event=none,"
                         "inject-error.0.iotype=flush,inject-error.0.errno=5",
            "-device", "virtio-blk-pci,drive=disk0,disable-legacy=on",
            "-qmp", f"unix:{monitor},server=on,wait=off"]


def fail_flushes(machine, monitor):
    """Puts that one in its place."""
    machine.expect("take the disk away", TIMEOUT, never=PANIC)
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(monitor)
        stream = control.makefile("rw")
        for command in ({"execute": "qmp_capabilities"},
                        {"execute": "blockdev-reopen", "arguments": {"options": [
                            {"driver": "raw", "node-name": "disk0", "file": "bad"}]}}):
            stream.write(json.dumps(command) + "\n")
            stream.flush()
            answer = {}
            while "return" not in answer:
                answer = json.loads(stream.readline())
                assert "error" not in answer, answer
        machine.expect(CLOSE, TIMEOUT, never=PANIC)
        machine.seen = 0


# The first letter says it to the guest; what fails, and whether the journal is aborted by it.
CASES = {
    "read": (lambda path: rule("read", block_of(path, "/from-host", BAD)), False),
    "directory": (lambda path: rule("read", block_of(path, "/shut", 0)), False),
    "write": (lambda path: rule("write", block_of(path, "/from-host", BAD)), False),
    "journal": (lambda path: "".join(rule("write", block_of(path, "<8>", i)) for i in range(1, 6)),
                True),
}


def run(build, report, name, options, during=None):
    """Boots the guest and takes over what it reports."""
    log = os.path.join(build, "log", f"ext4-errors-{name.replace(' ', '-')}.txt")
    with Machine(build, image=os.path.join(build, "tests/qemu/ext4_errors.img"), extra=options,
                 log=log) as machine:
        try:
            if during:
                during(machine)
            machine.expect(CLOSE, TIMEOUT, never=PANIC)
        except Silence as problem:
            report.case(name, lambda: fail(str(problem)))
        for verdict, text in CASE.findall(machine.text):
            report.case(f"{name}: {text}", lambda v=verdict, t=text: v == "ok" or fail(t))
        return machine.text


def whole(path, aborted):
    """What e2fsck says of the disk, after it works again."""
    head = subprocess.run(["/sbin/dumpe2fs", "-h", path], capture_output=True, text=True,
                          check=True).stdout
    marked = "with errors" in head and re.search(r"Journal errno: *-5", head) is not None
    assert marked == aborted, "marked as aborted" if marked else "not marked as aborted"
    for option in ("-fy" if aborted else "-p", "-fn"):
        done = subprocess.run(["/sbin/e2fsck", option, path], capture_output=True, text=True,
                              check=False)
        assert done.returncode in ((0,) if option == "-fn" else (0, 1)), done.stdout


def main(build):
    """All boots."""
    report = Report()
    os.makedirs(os.path.join(build, "log"), exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        rules, monitor = os.path.join(folder, "rules"), os.path.join(folder, "monitor")
        for name, (fails, aborted) in CASES.items():
            path = make_disk(folder, name, 48)
            with open(rules, "w", encoding="ascii") as file:
                file.write(fails(path))
            run(build, report, name, disk_options(path, file=f"blkdebug:{rules}:{path}"))
            report.case(f"{name}: what is on the disk is whole",
                        lambda p=path, a=aborted: whole(p, a))
        path = make_disk(folder, "every flush", 48)
        run(build, report, "flush", flush_options(path, monitor),
            lambda machine: fail_flushes(machine, monitor))
        report.case("flush: what is on the disk is whole", lambda: whole(path, True))
        os.unlink(monitor)
        path = make_disk(folder, "gone", 48)
        run(build, report, "gone",
            disk_options(path) + ["-monitor", f"unix:{monitor},server=on,wait=off"],
            lambda machine: stall(machine, monitor))
        report.case("gone: what is on the disk is whole", lambda: whole(path, False))
        path = make_disk(folder, "memory", 1024)
        said = run(build, report, "memory", disk_options(path))
        print("#", " ".join(re.findall(r"(\S+: \d+ KiB)\n", said)[-5:]))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
