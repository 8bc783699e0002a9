# SPDX-License-Identifier: BSD-2-Clause
"""A virtual machine for tests: start it, read its serial line, type into it, end it.

    with Machine(build, image="build/boot.img", memory="64M") as machine:
        machine.expect(r"tessera> ", timeout=60)
        machine.send("ps\\n")

Timeouts are seconds of wall time on a slow machine; a test only waits that long when it fails.
"""
import os
import re
import select
import subprocess
import time

OVMF = "/usr/share/ovmf/OVMF.fd"


def disk_options(path, device="", file=None):
    """QEMU's options for a disk in a file: a modern virtio one on PCI. `device` are options of the
    device; `file` is what QEMU opens in place of the path, as in "blkdebug:RULES:PATH"."""
    return ["-drive", f"if=none,id=disk0,format=raw,discard=unmap,file={file or path}",
            "-device", "virtio-blk-pci,id=disk,drive=disk0,disable-legacy=on"
                       + (f",{device}" if device else "")]


class Silence(Exception):
    """What was waited for did not come; the text says what came instead."""


class Machine:
    """One QEMU process. `boot` is pvh (the kernel itself), bios or uefi (the ISO)."""

    def __init__(self, build, image=None, boot="pvh", machine="q35", cpu="max", memory="512M",
                 extra=(), iso=None, log=None, kernel=None):
        # Tests run by emulation everywhere, so that they see the same machine everywhere.
        # Memory that is not reserved lets a small machine play one with 64 GiB, mostly untouched.
        command = ["qemu-system-x86_64", "-machine", f"{machine},accel=tcg,memory-backend=ram",
                   "-object", f"memory-backend-ram,id=ram,size={memory},reserve=off", "-cpu", cpu,
                   "-m", memory, "-display", "none", "-monitor", "none", "-serial", "stdio",
                   "-no-reboot", "-nic", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        if boot == "pvh":
            command += ["-kernel", kernel or os.path.join(build, "kernel.elf")]
            command += ["-initrd", image] if image else []
        else:
            command += ["-bios", OVMF] if boot == "uefi" else []
            command += ["-cdrom", iso or os.path.join(build, "tessera.iso"), "-boot", "d"]
        self.command = command + list(extra)
        self.text = ""        # everything the serial line has said
        self.rest = b""       # read, but not whole yet
        self.seen = 0         # up to where expect() has read
        self.log = open(log, "w", encoding="utf-8") if log else None
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def read(self, seconds):
        """Takes in what comes within `seconds`; False when the machine has ended."""
        ready, _, _ = select.select([self.process.stdout], [], [], max(seconds, 0))
        if not ready:
            return True
        data = os.read(self.process.stdout.fileno(), 65536)
        # Firmware and GRUB draw with escape sequences; nobody who reads a test wants them. The
        # beginning of one, or of a character, waits for its rest.
        whole = self.rest + data
        cut = data and re.search(rb"(\x1b(\[[0-9;?=]*)?|[\xc0-\xff][\x80-\xbf]{0,2})\Z", whole)
        self.rest = cut[0] if cut else b""
        text = whole[:len(whole) - len(self.rest)].decode("utf-8", "replace")
        text = re.sub(r"\x1b(\[[0-9;?=]*[A-Za-z]|c)", "", text)
        text = text.replace("\r", "")
        self.text += text
        if self.log:
            self.log.write(text)
            self.log.flush()
        return bool(data)

    def expect(self, pattern, timeout=60, never=r"(?!)"):
        """Waits for a pattern and returns its match; what comes before it is skipped.
        The pattern `never` raises Silence at once when it turns up first."""
        end = time.monotonic() + timeout
        alive = True
        while True:
            found = re.search(pattern, self.text[self.seen:], re.M)
            if found:
                self.seen += found.end()
                return found
            bad = re.search(never, self.text[self.seen:], re.M)
            if bad:
                raise Silence(f"waited for '{pattern}' but saw '{bad[0]}'")
            if not alive or time.monotonic() > end:
                last = " | ".join(self.text.split("\n")[-4:])
                how = "the machine ended" if not alive else f"nothing in {timeout} s"
                raise Silence(f"waited for '{pattern}': {how}; last lines: {last}")
            alive = self.read(min(1.0, end - time.monotonic()))

    def send(self, text):
        """Types text at the serial line."""
        self.send_bytes(text.encode())

    def send_bytes(self, data):
        """The same, byte for byte."""
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def wait(self, timeout=30):
        """Waits for the machine to end by itself; returns QEMU's exit status."""
        end = time.monotonic() + timeout
        while self.read(min(1.0, end - time.monotonic())):
            if time.monotonic() > end:
                raise Silence(f"the machine did not end in {timeout} s")
        return self.process.wait()

    def close(self):
        """Ends the machine."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        if self.log:
            self.log.close()


class Report:
    """The lines that a test prints: ok NAME, FAIL NAME: why, and the closing count."""

    def __init__(self):
        self.passed = self.failed = 0

    def case(self, name, check):
        """Runs check(); it fails by an exception."""
        try:
            check()
        except (Silence, AssertionError, OSError) as problem:
            self.failed += 1
            print(f"FAIL {name}: {str(problem) or 'assertion'}", flush=True)
        else:
            self.passed += 1
            print(f"ok {name}", flush=True)

    def close(self):
        """Prints the closing line; returns the exit status."""
        print(f"{self.passed} passed, {self.failed} failed", flush=True)
        return 1 if self.failed or not self.passed else 0
