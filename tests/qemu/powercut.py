#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Power cuts: what may be on a disk when the power goes at any moment of a recorded run.

QEMU's filter blklogwrites records each write, flush and discard that the guest's disk carries out.
A disk with a cache may lose, when the power goes, any of the writes since the last flush, so

    recording = Recording(disk_before, log)
    for cut in recording.cuts(200, seed=1):
        with recording.image(cut) as path:
            ...                                  # e2fsck, mount, compare

gives images of states that are allowed: everything up to a flush, and of what was written after
it, up to the moment of the cut, a part. Parts are tried in three ways: all of it in order (a disk
without a cache), a random part of the writes, and a random part of pieces of writes (`unit` bytes
are never torn). What was discarded reads as before or as zeroes.

What a workload was told that it is safe it can say in the recording itself, by writing marks into a
block that nobody else uses: `mark` finds the last one before a cut. Or it says so on the serial
line: whoever reads that asks `entries_so_far`, and a cut whose `logged` is not less must have it.

Flushes are logged when they are done and writes too, so what was written while a flush was under
way may be taken as covered by it: fewer states are tried then, never forbidden ones.

As a test (powercut.py BUILD) it records tests/guest/disk, which writes blocks, flushes, and writes
a mark; with and without that flush. All states must be right with it, and some wrong without.
"""
import os
import random
import struct
import subprocess
import sys
import tempfile
from collections import namedtuple
from contextlib import contextmanager

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report  # noqa: E402

SECTOR = 512
# The log, as Linux's dm-log-writes has it (Documentation/admin-guide/device-mapper/log-writes.rst).
MAGIC, VERSION = 0x6A736677736872, 1
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

# One thing the disk did. kind: write, flush or discard; position and length in bytes; number: of
# the log's entry, from 1 on.
Entry = namedtuple("Entry", "kind position length data number")
# A state: everything before entry `base`, and of those up to `end` the pieces listed.
Cut = namedtuple("Cut", "base end pieces")


def record_options(disk, log, device=""):
    """QEMU's options for a disk whose writes are recorded. `log` is made anew."""
    with open(log, "wb"):
        pass
    return ["-blockdev", f"driver=file,node-name=diskfile,filename={disk},discard=unmap",
            "-blockdev", f"driver=file,node-name=logfile,filename={log}",
            "-blockdev", "driver=blklogwrites,node-name=disk0,file=diskfile,log=logfile,"
                         "discard=unmap,log-super-update-interval=1",
            "-device", "virtio-blk-pci,id=disk,drive=disk0,disable-legacy=on"
                       + (f",{device}" if device else "")]


def copy(path, to):
    """Copies an image; holes stay holes."""
    subprocess.run(["cp", "--sparse=always", path, to], check=True)


def read_log(path):
    """The entries of a log."""
    with open(path, "rb") as log:
        magic, version, count, sector = struct.unpack("<QQQI", log.read(28))
        assert magic == MAGIC and version == VERSION, "this is no log of writes"
        at = sector
        for number in range(1, count + 1):
            log.seek(at)
            start, sectors, flags, length = struct.unpack("<QQQQ", log.read(32))
            at += sector
            if flags & DISCARD:
                yield Entry("discard", start * sector, sectors * sector, None, number)
            elif sectors > 0:
                log.seek(at)
                yield Entry("write", start * sector, sectors * sector, log.read(sectors * sector),
                            number)
                at += sectors * sector
            if flags & (FLUSH | FUA):
                yield Entry("flush", 0, 0, None, number)


def entries_so_far(path):
    """How many entries a log has while it is written."""
    with open(path, "rb") as log:
        head = log.read(28)
    return struct.unpack("<QQQI", head)[2] if len(head) == 28 else 0


class Recording:
    """A run, and the states that it allows. `before` is the disk as it was when the run began."""

    def __init__(self, before, log, unit=4096):
        self.before, self.unit = before, unit
        self.folder = self.disk = None  # of base()
        self.at = 0
        self.entries = list(read_log(log))
        # Where each epoch begins: behind a flush.
        self.flushes = [-1] + [i for i, e in enumerate(self.entries) if e.kind == "flush"]

    def writes(self):
        """How many writes and discards there are."""
        return sum(entry.kind != "flush" for entry in self.entries)

    def pieces(self, first, end, chance, torn):
        """Of the entries [first, end) each with that chance, or each piece of them."""
        taken = []
        for index in range(first, end):
            entry = self.entries[index]
            size = self.unit if torn and entry.kind == "write" else entry.length
            for offset in range(0, entry.length, size or 1):
                if chance.random() < 0.5:
                    taken.append((index, offset, min(size, entry.length - offset)))
        return tuple(taken)

    def cuts(self, count, seed=0):
        """`count` states in the order of time, spread over the writes; the same ones for a seed."""
        chance = random.Random(seed)
        moments = [i + 1 for i, entry in enumerate(self.entries) if entry.kind != "flush"]
        if not moments:
            return
        for number in range(count):
            end = moments[number * len(moments) // count]
            base = max(flush for flush in self.flushes if flush < end - 1) + 1
            way = number % 3
            if way == 0:
                pieces = tuple((i, 0, self.entries[i].length) for i in range(base, end))
            else:
                pieces = self.pieces(base, end, chance, torn=way == 2)
            yield Cut(base, end, pieces)

    def apply(self, disk, index, offset=0, length=None, chance=None):
        """Carries out one entry, or a piece of it."""
        entry = self.entries[index]
        if entry.kind == "write":
            length = entry.length if length is None else length
            disk.seek(entry.position + offset)
            disk.write(entry.data[offset:offset + length])
        elif entry.kind == "discard" and (chance is None or chance.random() < 0.5):
            disk.seek(entry.position)
            disk.write(bytes(entry.length))

    @contextmanager
    def image(self, cut):
        """A file with that state, for as long as the block lasts."""
        with tempfile.TemporaryDirectory(dir=FAST) as folder:
            path = os.path.join(folder, "disk.img")
            copy(self.base(cut), path)
            chance = random.Random(cut.end)
            with open(path, "r+b") as disk:
                for index, offset, length in cut.pieces:
                    self.apply(disk, index, offset, length, chance)
            yield path

    def base(self, cut):
        """The disk with everything before the cut's last flush: moved forward as cuts go on."""
        if self.folder is None or cut.base < self.at:
            self.folder = tempfile.TemporaryDirectory(dir=FAST)
            self.disk, self.at = os.path.join(self.folder.name, "base.img"), 0
            copy(self.before, self.disk)
        with open(self.disk, "r+b") as disk:
            while self.at < cut.base:
                self.apply(disk, self.at)
                self.at += 1
        return self.disk

    def logged(self, cut):
        """How many entries of the log are before a cut; to compare with entries_so_far()."""
        return self.entries[cut.end - 1].number if cut.end else 0

    def mark(self, cut, position):
        """The last number (8 bytes, little-endian) written at a position before a cut; 0: none."""
        for entry in reversed(self.entries[:cut.end]):
            if entry.kind == "write" and entry.position <= position < entry.position + entry.length:
                return struct.unpack_from("<Q", entry.data, position - entry.position)[0]
        return 0


# --- The test --------------------------------------------------------------------------------

MIB = 1 << 20
PLACES, MARKS, ROUND_BLOCKS = 16 * MIB, 12 * MIB, 4


def right(path):
    """Is all there of the rounds up to the one that the mark on the disk names?"""
    with open(path, "rb") as disk:
        disk.seek(MARKS)
        rounds = struct.unpack("<Q", disk.read(8))[0]
        if rounds > 1000:
            return True  # no mark yet: that is the pattern of the disk as it was made
        for number in range(1, rounds + 1):
            for i in range(ROUND_BLOCKS):
                disk.seek(PLACES + (number * ROUND_BLOCKS + i) * 4096)
                words = struct.unpack("<512Q", disk.read(4096))
                if any(word != number << 32 | i for word in words):
                    return False
    return True


def run(build, folder, what):
    """Records a run of the guest. Returns the recording."""
    from disk import CLOSE, PANIC, TIMEOUT, make_disk  # which is a test too
    disk, before, log = (os.path.join(folder, name) for name in ("disk", "before", "log"))
    make_disk(before, what)
    make_disk(disk, what)
    with Machine(build, image=os.path.join(build, "tests/qemu/disk.img"),
                 extra=record_options(disk, log)) as machine:
        machine.expect(CLOSE, TIMEOUT, never=PANIC)
    return Recording(before, log)


def judge(recording, count):
    """How many of so many states are right."""
    good = 0
    for cut in recording.cuts(count):
        with recording.image(cut) as path:
            good += right(path)
    return good


def must(condition, why):
    """Fails a case."""
    assert condition, why


def main(build):
    """Both recordings."""
    report, states = Report(), 60
    with tempfile.TemporaryDirectory() as folder:
        recording = run(build, folder, "record")
        report.case("writes and flushes are recorded", lambda: must(
            recording.writes() >= 80 and len(recording.flushes) > 20,
            f"{recording.writes()} writes, {len(recording.flushes)} flushes"))
        last = Cut(len(recording.entries), len(recording.entries), ())
        report.case("marks are found", lambda: must(recording.mark(last, MARKS) == 40,
                                                    str(recording.mark(last, MARKS))))
        good = judge(recording, states)
        report.case("whenever the power goes, what was flushed is there", lambda: must(
            good == states, f"{states - good} states of {states} are wrong"))
        unsafe = run(build, folder, "record-unsafe")
        bad = states - judge(unsafe, states)
        report.case("what was not flushed may be lost, and that is found", lambda: must(
            bad >= 3, f"{bad} states of {states}"))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
