#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Damaged images in the whole system: ext4_hostile.py BUILD [IMAGES [FIRST]].

Each image is a boot of its own: a client walks through the files and changes some, beside it
another one has files in ramfs (tests/guest/hostile_disk). It must come to an end, nobody but ext4
may be restarted, and where ext4 crashed, it must have been in libext2fs: root says where. An image
that ext4 refuses ends it too; that is no crash. More images are tried without the rest of the
system in tests/host/ext4, with sanitizers.
"""
import os
import random
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tools/tessera"), os.path.join(ROOT, "tools/bench")]
from counts import Program  # noqa: E402  (the path must be set first)
from disk import CASE, CLOSE, PANIC  # noqa: E402
from qemu import Machine, Report, Silence, disk_options  # noqa: E402

IMAGES, TIMEOUT = 12, 120
KIB = 1024
WORDS = (0, 1, 0xffffffff, 0x7fffffff, 0x80000000, 0xffff, 2, 8)
VARIANTS = (("-b", "1024"), ("-b", "1024", "-O", "^metadata_csum"),
            ("-b", "4096", "-O", "^metadata_csum,^64bit"))


def make_base(build, folder, options):
    """An image with something of everything, and a journal that must be replayed."""
    tree, path = os.path.join(folder, "tree"), os.path.join(folder, "base.img")
    for number in range(120):
        where = os.path.join(tree, f"d{number % 7}", f"e{number % 3}")
        os.makedirs(where, exist_ok=True)
        with open(os.path.join(where, f"file-{number}"), "wb") as file:
            file.write(bytes([number]) * (number * number * 3))
    if not os.path.islink(os.path.join(tree, "link")):
        os.symlink("d1/e1", os.path.join(tree, "link"))
    with open(path, "wb") as file:
        file.truncate(10 << 20)
    subprocess.run(["/sbin/mkfs.ext4", "-q", *options, "-d", tree, path], check=True)
    boot(build, path)
    with open(path, "rb") as file:
        return file.read()


def damage(data, chance):
    """Does some damage, most of it where metadata are."""
    used = [at for at in range(0, len(data), KIB) if any(data[at:at + KIB])]

    def place():
        within = chance.randrange(KIB)
        return chance.choice((KIB + within, 2 * KIB + within % 512,
                              chance.choice(used[:24]) + within, chance.choice(used[:24]) + within,
                              chance.choice(used[:200]) + within, chance.choice(used) + within))

    for _ in range(chance.randint(1, 6)):
        at, how = place(), chance.randrange(4)
        if how == 0:
            data[at] ^= 1 << chance.randrange(8)
        elif how == 1:
            data[at] = chance.randrange(256)
        elif how == 2:
            data[at & ~3:(at & ~3) + 4] = chance.choice(WORDS).to_bytes(4, "little")
        else:
            start = place() & ~(KIB - 1)
            data[at & ~(KIB - 1):(at & ~(KIB - 1)) + KIB] = data[start:start + KIB]


def boot(build, path):
    """Boots the system with an image. Returns what it said."""
    with Machine(build, image=os.path.join(build, "tests/qemu/ext4_hostile.img"),
                 extra=disk_options(path),
                 log=os.path.join(build, "log", "ext4_hostile-guest.txt")) as machine:
        machine.expect(CLOSE, TIMEOUT, never=PANIC)
        return machine.text


def crashes(text, program):
    """Functions in which ext4 crashed. Where it says itself that it cannot go on, it did not."""
    found = []
    for number in sorted(set(re.findall(r"witness: end (\d+): ", text))):
        lines = "\n".join(re.findall(rf"witness: end {number}: (.*)", text))
        at = re.search(r"\bip ([0-9a-f]{16})", lines)
        where = program.function(int(at[1], 16)) if at else "?"
        if where != "rt_fail":
            found.append(f"{where}: {lines.splitlines()[0]}")
    return found


def main(build, count, first):
    """All images."""
    report, wrong, library, ends = Report(), [], [], {}
    os.makedirs(os.path.join(build, "log"), exist_ok=True)
    program = Program(os.path.join(build, "bin/ext4"))
    with tempfile.TemporaryDirectory() as folder:
        bases = [make_base(build, folder, options) for options in VARIANTS]
        path = os.path.join(folder, "disk.img")
        for seed in range(first, first + count):
            data = bytearray(bases[seed % len(bases)])
            damage(data, random.Random(seed))
            with open(path, "wb") as file:
                file.write(data)
            try:
                text = boot(build, path)
            except Silence as problem:
                wrong.append(f"image {seed}: {problem}")
                continue
            wrong += [f"image {seed}: {case}" for verdict, case in CASE.findall(text)
                      if verdict != "ok"]
            end = re.search(r"ext4 was (given up|there to the end)", text)
            ends[end[1] if end else "?"] = ends.get(end[1] if end else "?", 0) + 1
            for where in crashes(text, program):
                (library if where.startswith(("ext2fs", "ext2_")) else wrong).append(
                    f"image {seed}: in {where}")
        print("#", ", ".join(f"{number} {end}" for end, number in ends.items()),
              *library[:5], sep="\n# ")

        def right():
            assert not wrong, f"{len(wrong)}: " + "; ".join(wrong[:3])

        report.case(f"{count} damaged images disturb nobody but ext4"
                    f" ({len(library)} crashes in libext2fs)", right)
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else IMAGES,
                  int(sys.argv[3]) if len(sys.argv) > 3 else 1))
