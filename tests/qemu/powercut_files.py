#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The power goes at any moment while files are written: from shell to disk nothing that was said to
be safe may be missing.

  powercut_files.py BUILD [STATES]

A run of tests/guest/safe_files on ext4, partition and virtio_blk is recorded (powercut.py). In each
state that the recording allows, e2fsck must replay the journal and then find nothing, and every
file of the last round that was safe must be there with its contents; what came after may be there
or not, but a file that is there under its last name is whole.
"""
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from disk import PANIC  # noqa: E402  (the path must be set first)
from powercut import Recording, entries_so_far, record_options  # noqa: E402
from qemu import Machine, Report  # noqa: E402

STATES = 200
ROUNDS, KEPT, TIMEOUT = 48, 6, 240


def contents(number):
    """A round's file, as the guest makes it."""
    size = 1 + number * 7919 % 90000
    return bytes((i * 7 + (i >> 8) * 13 + number * 31) & 255 for i in range(size))


def make_disk(path):
    """An empty file system."""
    subprocess.run(["truncate", "-s", "32M", path], check=True)
    subprocess.run(["/sbin/mkfs.ext4", "-q", path], check=True)


def record(build, folder):
    """Runs the guest. Returns the recording and {round: entries of the log when it was safe}."""
    disk, before, log = (os.path.join(folder, name) for name in ("disk", "before", "log"))
    make_disk(before)
    subprocess.run(["cp", "--sparse=always", before, disk], check=True)
    safe = {0: 0}
    with Machine(build, image=os.path.join(build, "tests/qemu/powercut_files.img"),
                 extra=record_options(disk, log),
                 log=os.path.join(build, "log", "powercut_files-guest.txt")) as machine:
        while True:
            found = machine.expect(r"safe_files: (safe (\d+)|recorded)\n", TIMEOUT, never=PANIC)
            if found[2] is None:
                break
            safe[int(found[2])] = entries_so_far(log)
    return Recording(before, log), safe


def check_clean(path):
    """e2fsck replays the journal, mends nothing else, and finds nothing afterwards."""
    first = subprocess.run(["/sbin/e2fsck", "-p", path], capture_output=True, text=True,
                           check=False)
    assert first.returncode in (0, 1), f"e2fsck -p: {first.stdout}"
    second = subprocess.run(["/sbin/e2fsck", "-fn", path], capture_output=True, text=True,
                            check=False)
    assert second.returncode == 0, f"e2fsck -fn: {second.stdout}"


def names(path):
    """Names and sizes in the root directory."""
    lines = subprocess.run(["/sbin/debugfs", "-R", "ls -p /", path], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    rows = [line.split("/") for line in lines if line.count("/") >= 6]
    return {row[5]: int(row[6] or 0) for row in rows}


def check_files(path, folder, last):
    """Everything of round `last`; and of later rounds no file that is not whole."""
    found = names(path)
    wanted = range(max(1, last - KEPT + 2), last + 1)
    missing = [number for number in wanted if f"file-{number}" not in found]
    assert not missing, f"after round {last} there is no file {missing}"
    present = [number for number in range(1, ROUNDS + 1) if f"file-{number}" in found]
    script = os.path.join(folder, "script")
    with open(script, "w", encoding="ascii") as file:
        for number in present:
            file.write(f"dump /file-{number} {folder}/{number}\n")
    subprocess.run(["/sbin/debugfs", "-f", script, path], capture_output=True, check=True)
    for number in present:
        with open(os.path.join(folder, str(number)), "rb") as file:
            data = file.read()
        # A name made only to be taken over may be there, with nothing in it.
        empty = number % 2 == 0 and number > last and not data
        assert data == contents(number) or empty, \
            f"file {number} has {len(data)} bytes that are not right, after round {last}"


def check_state(recording, cut, safe, folder):
    """One state."""
    last = max(number for number, entries in safe.items() if entries <= recording.logged(cut))
    with recording.image(cut) as path:
        check_clean(path)
        check_files(path, folder, last)


def main(build, count):
    """Records once, then tries the states."""
    report, wrong = Report(), []
    os.makedirs(os.path.join(build, "log"), exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        recording, safe = record(build, folder)

        def rich():
            assert recording.writes() >= 200 and len(safe) == ROUNDS + 1, \
                f"{recording.writes()} writes, {len(recording.flushes)} flushes, {len(safe)} rounds"

        report.case("a run is recorded", rich)
        for cut in recording.cuts(count, seed=7):
            try:
                check_state(recording, cut, safe, folder)
            except AssertionError as problem:
                wrong.append(f"write {cut.end} of {len(recording.entries)}: {problem}")

        def right():
            assert not wrong, f"{len(wrong)} states: " + re.sub(r"\s+", " ", wrong[0])[:400]

        report.case(f"in {count} states e2fsck finds nothing and all that was safe is there", right)
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else STATES))
