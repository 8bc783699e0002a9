# SPDX-License-Identifier: BSD-2-Clause
"""Runs the suite bench/ in QEMU with the counter and reads what it counted."""
import array
import bisect
import os
import re
import struct
import subprocess
import tempfile

# 1 + path, then these: as in counter.c.
FIELDS = ("kernel", "user", "iterations", "longest", "loads", "stores")
KERNEL_HALF = 1 << 63
SECONDS = 580


class Failure(Exception):
    """The suite did not run to its end; the text says why."""


def path_list(source="bench/paths.h"):
    """[(name, text)] in the order of their numbers; the first is the boot."""
    with open(source, encoding="utf-8") as file:
        found = re.findall(r'^PATH\((\w+), "([^"]*)"\)', file.read(), re.M)
    return [("boot", "boot: kernel entry to the first user instruction")] + found


def elf_entry(path):
    """Address of a program's first instruction."""
    with open(path, "rb") as file:
        return struct.unpack_from("<Q", file.read(32), 24)[0]


def command(build, out, words, memory="512M"):
    """QEMU, one instruction a nanosecond and a tick, everything that could vary fixed."""
    kernel = os.path.join(build, "kernel.elf")
    return ["qemu-system-x86_64", "-machine", "q35,accel=tcg", "-cpu", "max", "-m", memory,
            "-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2026-01-01,clock=vm",
            "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot",
            "-nic", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
            "-plugin", f"{os.path.join(build, 'tools/bench')},out={out},"
            f"entry={elf_entry(kernel):#x}",
            "-kernel", kernel, "-initrd", os.path.join(build, "images/bench.img"),
            "-append", words]


class Path:
    """What was counted of one path: every run, and the addresses of the last."""

    def __init__(self, name, text):
        self.name, self.text = name, text
        self.runs = []
        self.code = self.data = ()

    def column(self, field):
        """One count of all runs, sorted."""
        index = FIELDS.index(field)
        return sorted(run[index] for run in self.runs)

    def median(self, field):
        """Its median (the lower one of an even number)."""
        column = self.column(field)
        return column[(len(column) - 1) // 2]


def read(file_name, names):
    """The counter's file: {name: Path} of the paths that ran."""
    words = array.array("Q")
    with open(file_name, "rb") as file:
        words.frombytes(file.read())
    paths = [Path(*name) for name in names]
    at, width = 0, 1 + len(FIELDS)
    while words[at] != 0:
        paths[words[at] - 1].runs.append(tuple(words[at + 1:at + width]))
        at += width
    at += 1
    while at < len(words):
        path, code, data = words[at:at + 3]
        at += 3
        paths[path].code = words[at:at + code]
        at += code
        paths[path].data = [(words[at + 2 * i], words[at + 2 * i + 1]) for i in range(data)]
        at += 2 * data
    return {path.name: path for path in paths if path.runs}


def measure(build, words=""):
    """Runs the suite. @return ({name: Path}, what it printed)"""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "counts")
        try:
            done = subprocess.run(command(build, out, words), stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired as late:
            said = (late.stdout or b"").decode("utf-8", "replace")
            raise Failure(f"no end in {SECONDS} s; it said:\n{said[-2000:]}") from late
        said = done.stdout.decode("utf-8", "replace").replace("\r", "")
        if "bench: done" not in said:
            raise Failure(f"it did not come to its end; it said:\n{said[-2000:]}")
        return read(out, path_list()), said


class Program:
    """Functions and mnemonics of an executable, by address."""

    def __init__(self, path):
        text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", path], capture_output=True,
                              text=True, check=True).stdout
        self.starts, self.names, self.mnemonics, self.lasts = [], [], {}, {}
        before = None
        for line in text.splitlines():
            head = re.match(r"([0-9a-f]+) <(.*)>:$", line)
            body = re.match(r"\s*([0-9a-f]+):\s+(\S.*)$", line)
            if head:
                self.starts.append(int(head[1], 16))
                self.names.append(head[2])
            elif body:
                pc = int(body[1], 16)
                self.mnemonics[pc] = body[2].strip()
                if before is not None and 0 < pc - before < 16:
                    self.lasts[before] = pc - 1
                before = pc

    def last(self, pc):
        """Address of the last byte of the instruction at an address."""
        return self.lasts.get(pc, pc)

    def function(self, pc):
        """The function in which an address is."""
        at = bisect.bisect_right(self.starts, pc) - 1
        return self.names[at] if at >= 0 else "?"
