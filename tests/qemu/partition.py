#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Partitions: tables that sfdisk makes are understood, and each client gets its part of the disk
and nothing else, also when the driver and partition are killed.
"""
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from disk import CASE, PANIC, fail, make_disk  # noqa: E402
from qemu import Machine, Report, Silence, disk_options  # noqa: E402

CLIENTS = 7
TIMEOUT = 120
SFDISK = "/sbin/sfdisk"

GPT = """label: gpt
start=2048, size=8192, type=linux, name=first
start=10240, size=4096, type=linux, name=second
start=16384, size=1000, type=uefi, name=third
"""
MBR = """label: dos
start=2048, size=8192, type=83
start=20480, size=40960, type=5
start=22528, size=2048, type=83
start=26624, size=2048, type=82
start=65536, size=2048, type=0c
"""


def partition(path, script):
    """Writes a partition table."""
    subprocess.run([SFDISK, "-q", "--no-reread", "--no-tell-kernel", path], input=script, text=True,
                   check=True, stdout=subprocess.DEVNULL)


def theirs(path):
    """What sfdisk finds: {number: (first, blocks)}, without the extended partition."""
    dump = subprocess.run([SFDISK, "-d", path], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"(\d+) : start= *(\d+), size= *(\d+), type=([\w-]+)", dump)
    return {int(n): (int(first), int(size)) for n, first, size, kind in found if kind != "5"}


def ours(build, path):
    """What the parser finds."""
    run = subprocess.run([os.path.join(build, "tests/host/partition"), path], capture_output=True,
                         text=True, check=True)
    kind, *lines = run.stdout.splitlines()
    rows = [line.split(" ") for line in lines]
    return kind, {int(row[0]): (int(row[1]), int(row[2])) for row in rows}


def same(build, path, wanted_kind, count):
    """Both find the same."""
    kind, found = ours(build, path)
    assert kind == wanted_kind, f"it finds {kind}"
    assert len(found) == count and found == theirs(path), f"{found} is not {theirs(path)}"


def spoil(path, block):
    """Damages a block."""
    with open(path, "r+b") as disk:
        disk.seek(block * 512 + 40)
        disk.write(b"spoilt")


def tables(build, report, path):
    """Tables of sfdisk's."""
    make_disk(path, "\0")
    partition(path, MBR)
    report.case("an MBR of sfdisk's", lambda: same(build, path, "MBR", 4))
    make_disk(path, "\0")
    partition(path, GPT)
    report.case("a GPT of sfdisk's", lambda: same(build, path, "GPT", 3))
    spoil(path, 1)
    report.case("its backup", lambda: same(build, path, "backup of the GPT", 3))


def boot(build, report, path):
    """The clients of partition.yaml."""
    image = os.path.join(build, "tests/qemu/partition.img")
    log = os.path.join(build, "log", "partition-guest.txt")
    with Machine(build, image=image, extra=disk_options(path), log=log) as machine:
        try:
            for _ in range(CLIENTS):
                machine.expect(r": done$", TIMEOUT, never=PANIC)
        except Silence as problem:
            report.case("all clients end", lambda: fail(str(problem)))
        for verdict, text in CASE.findall(machine.text):
            report.case(text, lambda v=verdict, t=text: v == "ok" or fail(t))


def main(build):
    """Tables, then a boot."""
    report = Report()
    os.makedirs(os.path.join(build, "log"), exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "disk.img")
        tables(build, report, path)
        boot(build, report, path)
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
