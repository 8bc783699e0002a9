# SPDX-License-Identifier: BSD-2-Clause
"""Runs the suite bench/ in QEMU with the counter and reads what it counted.

Paths through several components are measured in whole systems: those of tests/qemu/*.yaml that
have lines `#: bench OPTIONS OF QEMU`; {ext4} there is a new disk image with that file system,
{debian} the image of `./tessera run`, if this machine has one. One of their components marks the
paths, and says `bench: done`. With a line `#: boots NAME` the way from power-on to the first mark
is a path of that name.
"""
import array
import bisect
import glob
import os
import re
import struct
import subprocess
import tempfile
import threading

# 1 + path, then these: as in counter.c.
FIELDS = ("kernel", "user", "iterations", "longest", "loads", "stores")
# One instruction a nanosecond and a tick, everything that could vary fixed.
MACHINE = ("qemu-system-x86_64", "-machine", "q35,accel=tcg", "-cpu", "max",
           "-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2026-01-01,clock=vm",
           "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot", "-nic", "none")
RESET_VECTOR = 0xfffffff0
KERNEL_HALF = 1 << 63
SECONDS = 580
DONE = "bench: done"


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


def command(build, out, words, image="images/bench.img", extra=(), memory="512M", entry=None):
    """QEMU with our kernel. @param entry where the boot begins, if not at the kernel's entry"""
    kernel = os.path.join(build, "kernel.elf")
    return [*MACHINE, "-m", memory, "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
            "-plugin", f"{os.path.join(build, 'tools/bench')},out={out},"
            f"entry={entry or elf_entry(kernel):#x}",
            "-kernel", kernel, "-initrd", os.path.join(build, image),
            "-append", words, *extra]


def systems():
    """{name: QEMU's options} of the systems that are measured too."""
    found = {}
    for path in sorted(glob.glob("tests/qemu/*.yaml")):
        with open(path, encoding="utf-8") as file:
            lines = re.findall(r"^#: bench (.*)$", file.read(), re.M)
        if lines:
            found[os.path.basename(path)[:-len(".yaml")]] = " ".join(lines).split()
    return found


def boot_name(name):
    """The path that a system's boot is, or None."""
    with open(f"tests/qemu/{name}.yaml", encoding="utf-8") as file:
        found = re.search(r"^#: boots (\w+)$", file.read(), re.M)
    return found and found[1]


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


def run(arguments, ends):
    """Runs a machine until it ends, or until it has said that it is done. Returns what it said."""
    said = ""
    with subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace") as machine:
        late = threading.Timer(SECONDS, machine.kill)
        late.start()
        for line in machine.stdout:
            said += line.replace("\r", "")
            if ends and DONE in line:
                machine.terminate()  # the counter writes its file then
        machine.wait()
        late.cancel()
    if DONE not in said:
        raise Failure(f"it did not come to its end; it said:\n{said[-2000:]}")
    return said


def measure_linux(build, kernel, words):
    """The same program on Linux. @return {name: Path}; the boot is from power-on"""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "counts")
        plugin = f"{os.path.join(build, 'tools/bench')},out={out},entry={RESET_VECTOR:#x}"
        run([*MACHINE, "-m", "512M", "-plugin", plugin, "-kernel", kernel, "-initrd",
             os.path.join(build, "linux/rival.cpio"), "-append", f"console=ttyS0 {words}"],
            ends=False)
        paths = read(out, path_list())
    paths["linux_boot"] = paths.pop("boot")
    return {name: path for name, path in paths.items() if name.startswith("linux_")}


def make_ext4(path):
    """A disk image that is the same each time."""
    with open(path, "wb") as file:
        file.truncate(1 << 30)
    uuid = "01234567-89ab-cdef-0123-456789abcdef"
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-U", uuid, "-E", f"hash_seed={uuid}", path],
                   check=True, env={**os.environ, "E2FSPROGS_FAKE_TIME": "1700000000"})
    return path


def debian_disk():
    """The image of `./tessera run`, or None."""
    path = subprocess.run(["tools/rootfs/rootfs.sh", "path", "base"], capture_output=True,
                          text=True, check=True).stdout.strip()
    return path if os.path.exists(path) else None


def fill_in(extra, folder):
    """QEMU's options with the disks that they name; None: there is no such disk."""
    text = "\0".join(extra)
    if "{ext4}" in text:
        text = text.replace("{ext4}", make_ext4(os.path.join(folder, "ext4.img")))
    if "{debian}" in text:
        disk = debian_disk()
        if disk is None:
            return None
        text = text.replace("{debian}", disk)
    return text.split("\0")


def measure_system(build, name, words=""):
    """Runs one of the systems. @return {name: Path}; none without the disk that it needs"""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "counts")
        extra = fill_in(systems()[name], folder)
        if extra is None:
            return {}
        run(command(build, out, words, f"tests/qemu/{name}.img", extra, entry=RESET_VECTOR),
            ends=True)
        paths = read(out, path_list())
    boot = paths.pop("boot")
    if boot_name(name):
        boot.name = boot_name(name)
        boot.text = dict(path_list())[boot.name]
        paths[boot.name] = boot
    return paths


def measure(build, words=""):
    """Runs the suite and the systems. @return ({name: Path}, what the suite printed)"""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "counts")
        said = run(command(build, out, words), ends=False)
        paths = read(out, path_list())
    for name in systems():
        more = measure_system(build, name, words)
        paths.update({key: path for key, path in more.items() if key not in paths})
    return paths, said


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
