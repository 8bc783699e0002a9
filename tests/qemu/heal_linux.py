#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Linux programs on an ext4 disk while its driver, the partitions, the file system and the console
under them are killed, one after the other, by a program among them: they notice nothing.
"""
import hashlib
import os
import random
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from disk import CASE, CLOSE, PANIC, fail  # noqa: E402  (the path must be set first)
from qemu import Machine, Report, Silence, disk_options  # noqa: E402

TIMEOUT = 240
BIG = 8 << 20
FILES = 20

# What runs in the sandbox, in Debian's busybox.
WORK = f"""
passed=0; failed=0
check() {{
    if [ "$2" = "$3" ]; then echo "ok $1"; passed=$((passed + 1))
    else echo "FAIL $1: $2, not $3"; failed=$((failed + 1)); fi
}}
work() {{ # HOW VICTIM
    md5sum /big | cut -d ' ' -f 1 >/sum &
    i=0
    while [ $i -lt {FILES} ]; do
        echo "$1 $2 $i" >/new.$i
        [ $i = 3 ] && /dev/tsr.sh $1 $2 >/dev/null
        mv /new.$i /old.$i
        [ $i = 9 ] && sync
        i=$((i + 1))
    done
    wait
    check "$1 $2: a large file is read" "$(cat /sum)" "$(cat /big.md5)"
    i=0; good=0
    while [ $i -lt {FILES} ]; do
        [ "$(cat /old.$i)" = "$1 $2 $i" ] && good=$((good + 1))
        i=$((i + 1))
    done
    check "$1 $2: files are written and renamed" $good {FILES}
    check "$1 $2: a pipe" "$(seq 1 1000 | sort -rn | head -n 1)" 1000
}}
for victim in virtio_blk partition ext4 uart console log; do work kill $victim; done
work hang virtio_blk; work hang partition
check "the report of the last hang" "$(/dev/tsr.sh why partition | head -n 1)" \\
    "'partition' hangs: it computes without end"
sync
echo "$passed passed, $failed failed"
"""


def make_disk(folder):
    """An ext4 disk with busybox, the work, and a large file of random bytes."""
    tree, path = os.path.join(folder, "tree"), os.path.join(folder, "disk.img")
    busybox = subprocess.run(["tools/debian/busybox.sh", "path"], capture_output=True, text=True,
                             check=True, cwd=ROOT).stdout.strip()
    for name in ("bin", "dev", "proc", "tmp"):
        os.makedirs(os.path.join(tree, name))
    subprocess.run(["cp", busybox, os.path.join(tree, "bin/busybox")], check=True)
    for name in ("sh", "md5sum", "cut", "mv", "sync", "cat", "seq", "sort", "head"):
        os.symlink("busybox", os.path.join(tree, "bin", name))
    big = random.Random(1).randbytes(BIG)
    for name, data in (("work.sh", WORK.encode()), ("big", big),
                       ("big.md5", hashlib.md5(big).hexdigest().encode() + b"\n")):
        with open(os.path.join(tree, name), "wb") as file:
            file.write(data)
    subprocess.run(["truncate", "-s", "64M", path], check=True)
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-d", tree, path], check=True)
    return path


def clean(path):
    """The journal is replayed, then nothing is wrong."""
    subprocess.run(["/sbin/e2fsck", "-p", path], capture_output=True, check=False)
    check = subprocess.run(["/sbin/e2fsck", "-fn", path], capture_output=True, text=True,
                           check=False)
    assert check.returncode == 0, check.stdout


def main(build):
    """One boot."""
    report = Report()
    image = os.path.join(build, "tests/qemu/heal_linux.img")
    log = os.path.join(build, "log", "heal_linux.txt")
    os.makedirs(os.path.dirname(log), exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = make_disk(folder)
        with Machine(build, image=image, extra=disk_options(path), log=log) as machine:
            try:
                machine.expect(CLOSE, TIMEOUT, never=PANIC)
            except Silence as problem:
                report.case("it ends", lambda: fail(str(problem)))
            for verdict, text in CASE.findall(machine.text):
                report.case(text, lambda v=verdict, t=text: v == "ok" or fail(t))
        report.case("the disk is clean", lambda: clean(path))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
