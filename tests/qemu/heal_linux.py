#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Linux programs on an ext4 disk and on files in memory, while the drivers and servers under them
are killed, one after the other, by a program among them, hung, and replaced by a program from a
file: they notice nothing.
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
BIG = 4 << 20
FILES = 12

# What runs in the sandbox, in Debian's busybox.
WORK = f"""
passed=0; failed=0; upgrades=0
check() {{
    if [ "$2" = "$3" ]; then echo "ok $1"; passed=$((passed + 1))
    else echo "FAIL $1: $2, not $3"; failed=$((failed + 1)); fi
}}
work() {{ # HOW VICTIM [WITH]; files are in $dir
    md5sum /big | cut -d ' ' -f 1 >/sum &
    i=0
    while [ $i -lt {FILES} ]; do
        echo "$1 $2 $i" >$dir/new.$i
        [ $i = 3 ] && /dev/tsr.sh $1 $2 $3 >/said
        mv $dir/new.$i $dir/old.$i
        [ $i = 6 ] && sync
        [ $i -gt 8 ] && dd if=/said of=$dir/synced bs=64 conv=fsync,notrunc seek=$i 2>/dev/null
        i=$((i + 1))
    done
    wait
    check "$1 $2: a large file is read" "$(cat /sum)" "$(cat /big.md5)"
    i=0; good=0
    while [ $i -lt {FILES} ]; do
        [ "$(cat $dir/old.$i)" = "$1 $2 $i" ] && good=$((good + 1))
        i=$((i + 1))
    done
    check "$1 $2: files are written and renamed" $good {FILES}
    check "$1 $2: a pipe" "$(seq 1 1000 | sort -rn | head -n 1)" 1000
}}
dir=
for victim in virtio_blk partition ext4 uart console log rtc; do work kill $victim; done
work hang virtio_blk; work hang partition; work hang ext4
dir=/ram
work kill ramfs; work hang ramfs
dir=
check "the report of the last hang" "$(/dev/tsr.sh why partition | head -n 1)" \\
    "'partition' hangs: it computes without end"
for image in partition ext4; do
    work upgrade $image /$image
    check "upgrade $image FILE: it runs it" "$(/dev/tsr.sh why $image | head -n 1)" \\
        "'$image' is replaced: image '$image+$((++upgrades))' for '$image'"
done
dir=/ram
work upgrade ramfs /ramfs
dir=
check "a file that is no program is refused" "$(/dev/tsr.sh upgrade ext4 /sum)" \\
    "the image \`ext4+4\` is damaged: \`ext4\` goes on with the one that it had"
work kill ext4
check "the report of an image from a file has the names of its functions" \\
    "$(/dev/tsr.sh why ext4 | /bin/busybox grep -c ' main+0x')" 1
sync
# Without its disk, from the shell alone: programs get errors at once, and there is a way back.
exec 5<>/dev/tsr
say() {{ echo "$*" >&5; while read line <&5; do last=$line; done; }}
works() {{ # does the shell, without a file of the disk?
    read up rest </proc/uptime && [ -n "$up" ] && echo x >/dev/shm/x &&
        read back </dev/shm/x && [ $back = x ]
}}
for victim in ext4 virtio_blk; do
    say stop $victim
    result=error
    dd if=/big.md5 of=/$victim.new conv=fsync 2>/dev/null && result=written
    if works; then result="$result, works"; fi
    check "$victim is stopped: errors at once, the sandbox goes on" "$result" "error, works"
    say ps ext4
    set -- $last
    result=$2
    say start $victim
    [ $victim = ext4 ] || say restart ext4
    check "$victim is started by hand: files are there again" \\
        "$result $(md5sum /big | cut -d ' ' -f 1)" \\
        "$([ $victim = ext4 ] && echo stopped || echo degraded) $(cat /big.md5)"
done
check "the report says it" "$(/dev/tsr.sh why ext4 | head -n 1)" "'ext4' was restarted"
check "the report of the driver says who did it" \\
    "$(/dev/tsr.sh why virtio_blk | busybox grep -c 'started by hand after')" 1
check "platform, which cleared the cache for a new ext4 meanwhile, was not taken to hang" \\
    "$(/dev/tsr.sh why platform)" "platform has not ended yet"
sync
echo "$passed passed, $failed failed"
"""


def make_disk(build, folder):
    """An ext4 disk: busybox, the work, programs to upgrade to, a large file of random bytes."""
    tree, path = os.path.join(folder, "tree"), os.path.join(folder, "disk.img")
    busybox = subprocess.run(["tools/debian/busybox.sh", "path"], capture_output=True, text=True,
                             check=True, cwd=ROOT).stdout.strip()
    for name in ("bin", "dev", "proc", "tmp", "ram"):
        os.makedirs(os.path.join(tree, name))
    subprocess.run(["cp", busybox, os.path.join(tree, "bin/busybox")], check=True)
    for name in ("sh", "md5sum", "cut", "mv", "sync", "cat", "seq", "sort", "head", "wc", "dd"):
        os.symlink("busybox", os.path.join(tree, "bin", name))
    big = random.Random(1).randbytes(BIG)
    for name, data in (("work.sh", WORK.encode()), ("big", big),
                       ("big.md5", hashlib.md5(big).hexdigest().encode() + b"\n")):
        with open(os.path.join(tree, name), "wb") as file:
            file.write(data)
    for name in ("partition", "ext4", "ramfs"):
        subprocess.run(["cp", os.path.join(build, "bin", name), tree], check=True)
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
        path = make_disk(build, folder)
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
