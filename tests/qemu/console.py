#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The console among several clients, and while what is under it dies: tests/guest/typist reads
bytes, reads lines in front of the shell, waits, and prints while the driver is killed.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report  # noqa: E402  (the path must be set first)

PROMPT = r"tessera> \Z"
PANIC = r"(?i)\bpanic\b"
LINES = 400
COMPONENT = """
  {name}:
    image: typist
    args: [do={name}]
    uses: {{console: console}}
    memory: 256K
    restart: never
    start: manual
"""


def image(build):
    """The default system with one component for each thing that the typist does."""
    folder = os.path.join(build, "log")
    os.makedirs(folder, exist_ok=True)
    manifest, packed = os.path.join(folder, "console.yaml"), os.path.join(folder, "console.img")
    with open(manifest, "w", encoding="utf-8") as file:
        file.write(f"include: [{ROOT}/system/default.yaml]\ncomponents:")
        file.write("".join(COMPONENT.format(name=name) for name in ("raw", "line", "talk", "wait")))
    subprocess.run([os.path.join(build, "tools/manifest"), "--images", os.path.join(build, "bin"),
                    "--output", packed, manifest], check=True)
    return packed


def ended(machine, name):
    """Look until a component that has said its last word is gone: only then can it be started."""
    while True:
        machine.send("ps\r")
        state = machine.expect(rf"^{name} +(\w+) ", never=PANIC)
        machine.expect(PROMPT, never=PANIC)
        if state[1] != "running":
            return


def raw_bytes(machine):
    """Bytes as they are typed: no echo, no editing."""
    machine.send("run raw\r")
    machine.expect(r"^raw\n", never=PANIC)
    machine.send("a\x03\x1b[AQ")
    machine.expect(r"^61\n03\n1b\n5b\n41\n51\n" + PROMPT, never=PANIC)


def in_front(machine):
    """Whoever reads last is in front; then the one behind it has its line again."""
    machine.send("start line\r")
    machine.expect(r"front> \Z", never=PANIC)
    machine.send("for the one in front\r")
    machine.expect('error 0, line "for the one in front"', never=PANIC)
    ended(machine, "line")
    machine.send("echo back\r")
    machine.expect(r"^back\n" + PROMPT, never=PANIC)


def interrupted(machine):
    """Ctrl-C and Ctrl-D reach the one in front."""
    for key, error in (("\x03", 2), ("\x04", 3)):
        machine.send("start line\r")
        machine.expect(r"front> \Z", never=PANIC)
        machine.send(key)
        machine.expect(f'error {error}, line ""', never=PANIC)
        ended(machine, "line")
    machine.send("echo back\r")
    machine.expect(r"^back\n" + PROMPT, never=PANIC)


def gone(machine):
    """One that dies while it waits in front does not keep the line from the others."""
    for _ in range(12):  # more often than there is room for readers
        machine.send("start wait\r")
        machine.expect(r"front> \Z", never=PANIC)
        machine.send("\r")
        machine.expect(r'error 0, line ""', never=PANIC)
        ended(machine, "wait")
        machine.send("echo still here\r")
        machine.expect(r"^still here\n" + PROMPT, never=PANIC)


def talks_on(machine, victim):
    """What is printed while a server dies appears, all of it, at least once."""
    start = len(machine.text)
    machine.send("start talk\r")
    for _ in range(10):
        machine.send(f"kill {victim}\r")
        machine.expect(f"{victim}: killed", never=PANIC)
    machine.send("echo all done\r")
    machine.expect(r"^all done", 120, never=PANIC)
    machine.seen = start
    machine.expect(f"line {LINES} of those that must all appear", never=PANIC)
    said = re.findall(r"line (\d+) of those that must all appear", machine.text[start:])
    seen = {int(n) for n in said}
    missing = sorted(set(range(1, LINES + 1)) - seen)
    assert not missing, f"lines that did not appear: {missing}"


def main(build):
    """One boot for all of it."""
    report = Report()
    log = os.path.join(build, "log", "console.txt")
    with Machine(build, image=image(build), log=log) as machine:
        machine.expect(PROMPT, 120, never=PANIC)
        report.case("bytes as they are typed", lambda: raw_bytes(machine))
        report.case("the newest reader is in front", lambda: in_front(machine))
        report.case("Ctrl-C and Ctrl-D", lambda: interrupted(machine))
        report.case("readers come and go", lambda: gone(machine))
        report.case("nothing is lost when the driver dies", lambda: talks_on(machine, "uart"))
        report.case("nor when the console dies", lambda: talks_on(machine, "console"))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
