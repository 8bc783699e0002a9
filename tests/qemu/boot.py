#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Boots on every kind of machine that is promised, and with what must be refused clearly.

By PVH, and by GRUB from BIOS and UEFI; on q35 and pc; with 64 MiB to 64 GiB; on the richest and the
plainest processor that QEMU has. Without a boot image, with a damaged one and with too little
memory, the console must name the thing and the fix.
"""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report  # noqa: E402  (the path must be set first)

# What the console says when it is ready for a command.
PROMPT = r"^tessera> "
PANIC = r"(?i)\bpanic\b|^Tessera cannot start: .*"
MACHINES = (
    # boot, machine, cpu, memory, seconds
    ("pvh", "q35", "max", "512M", 60),
    ("pvh", "pc", "max", "512M", 60),
    ("pvh", "q35", "qemu64", "64M", 60),
    ("pvh", "pc", "qemu64", "64M", 60),
    ("pvh", "q35", "max", "64G", 90),
    ("bios", "q35", "max", "512M", 120),
    ("bios", "pc", "qemu64", "128M", 120),
    ("uefi", "q35", "max", "512M", 240),
    ("uefi", "q35", "qemu64", "64G", 240),
)


def boots(build, row):
    """Boots one machine to the prompt."""
    boot, machine, cpu, memory, seconds = row
    log = os.path.join(build, "log", f"boot-{boot}-{machine}-{cpu}-{memory}.txt")
    with Machine(build, image=os.path.join(build, "boot.img"), boot=boot, machine=machine, cpu=cpu,
                 memory=memory, log=log) as started:
        started.expect(PROMPT, seconds, never=PANIC)


def isolated(build):
    """The kernel that was built with page-table isolation."""
    with Machine(build, image=os.path.join(build, "boot.img"),
                 kernel=os.path.join(build, "pti/kernel.elf")) as started:
        started.expect(PROMPT, 60, never=PANIC)


def refuses(build, image, memory, pattern):
    """Boots what cannot work; the console must say so."""
    with Machine(build, image=image, memory=memory) as started:
        started.expect(pattern, 60)


def damaged(build):
    """A boot image with one byte in the middle changed, and one that is cut short."""
    with open(os.path.join(build, "boot.img"), "rb") as file:
        data = bytearray(file.read())
    cut = os.path.join(build, "log", "cut.img")
    with open(cut, "wb") as file:
        file.write(data[:len(data) // 2])
    data[:8] = b"\0" * 8
    wrong = os.path.join(build, "log", "wrong.img")
    with open(wrong, "wb") as file:
        file.write(data)
    return wrong, cut


def main(build):
    """Every machine, then every refusal."""
    os.makedirs(os.path.join(build, "log"), exist_ok=True)
    report = Report()
    if not os.path.exists(os.path.join(build, "boot.img")):
        print("FAIL there is a boot image: system/default.yaml was not packed\n0 passed, 1 failed")
        return 1
    for row in MACHINES:
        report.case(" ".join(row[:4]), lambda row=row: boots(build, row))
    report.case("with page-table isolation", lambda: isolated(build))
    good = os.path.join(build, "boot.img")
    wrong, cut = damaged(build)
    report.case("says that there is no boot image",
                lambda: refuses(build, None, "512M", r"(?i)no boot image"))
    report.case("says that the boot image is none",
                lambda: refuses(build, wrong, "512M", r"(?i)boot image.*(corrupt|damaged|not)"))
    report.case("says that the boot image is cut short",
                lambda: refuses(build, cut, "512M", r"(?i)boot image.*cut off"))
    report.case("says that there is too little memory",
                lambda: refuses(build, good, "16M", r"(?i)(too little memory|not enough memory)"))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
