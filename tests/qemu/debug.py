#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The macros of ./tessera debug on a running system: they must name what is there."""
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report  # noqa: E402  (the path must be set first)

PROMPT = r"^tessera> "


def gdb(build, socket, *commands):
    """What GDB prints for some commands on the stopped machine."""
    command = ["gdb", "-q", "-batch", "-iex", "set pagination off", "-ex",
               f"target remote {socket}", "-x", "tools/debug/tessera.py"]
    for each in commands:
        command += ["-ex", each]
    done = subprocess.run(command + [os.path.join(build, "kernel.elf")], capture_output=True,
                          text=True, timeout=60, check=False, env={**os.environ, "BUILD": build})
    return done.stdout + done.stderr


def finds(text, *patterns):
    """Every pattern must be in the text."""
    for pattern in patterns:
        assert re.search(pattern, text, re.M), f"no '{pattern}' in: {text[-500:]}"


def main(build):
    """One boot to the prompt, then each macro."""
    report = Report()
    socket = os.path.join(tempfile.mkdtemp(), "gdb")
    extra = ("-chardev", f"socket,id=gdb,path={socket},server=on,wait=off", "-gdb", "chardev:gdb")
    with Machine(build, image=os.path.join(build, "boot.img"), extra=extra) as machine:
        report.case("the system starts", lambda: machine.expect(PROMPT, 60))
        threads = gdb(build, socket, "tessera threads")
        report.case("threads are listed by component, with state and place", lambda: finds(
            threads, r" root +", r" console +\w+", r"(receiving|reply|signal)", r"ip 0x4\w+"))
        some = re.search(r"0x\w+(?=  root)", threads)
        ref = some[0] if some else "0"
        report.case("a thread shows its fields and capabilities", lambda: finds(
            gdb(build, socket, f"tessera show {ref}"), r"^thread 0x", r"^  rip +0x",
            r"^  cspace +CNode 0x", r"^  space +AddressSpace 0x"))
        report.case("the derivation tree is drawn", lambda: finds(
            gdb(build, socket, "tessera caps"), r"^Untyped 0x\w+ \d+ KiB", r"^ +Endpoint 0x",
            r"^ +Thread 0x"))
        report.case("queues say who waits at an endpoint", lambda: finds(
            gdb(build, socket, "tessera queues"), r"endpoint 0x\w+ receivers: 0x\w+  \w+"))
        report.case("address spaces are listed by component", lambda: finds(
            gdb(build, socket, "tessera spaces"), r" root +\d+ ranges, \d+ KiB"))
        report.case("a wrong reference is refused, by name", lambda: finds(
            gdb(build, socket, "tessera show 1"), r"no such object"))
        report.case("a wrong component is refused, with the right ones", lambda: finds(
            gdb(build, socket, "tessera component nobody"), r"no component 'nobody'.*root"))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
