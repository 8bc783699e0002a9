#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The cases of tests/linux in a sandbox: each must say what it said on Linux (expected.txt). Then a
storm of random system calls, which the sandbox must survive."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report, Silence  # noqa: E402  (the path must be set first)

NEVER = r"(?i)\bpanic\b|'linux' (failed|ended)"
# Time goes with the instructions, as when Linux was recorded (tests/linux/record.py).
COUNTED = ("-icount", "shift=2,sleep=off")
OTHER = re.compile(r"^\[ *\d+\.\d{6}\] |^#")


def cases(text):
    """Lines of each case, by name."""
    found, name = {}, None
    for line in text.split("\n"):
        if line.startswith("== "):
            name = line[3:]
            found[name] = []
        elif name and line and not OTHER.match(line):
            found[name].append(line)
    return found


def run_cases(machine):
    """What the cases say."""
    try:
        machine.expect(r"^cases end: \d+$", 240, never=NEVER)
    except Silence as problem:
        print(problem, file=sys.stderr)
    return cases(machine.text.split("cases end:")[0])


def storm(machine, expected):
    """Random calls, then one case as before."""
    machine.expect(r"^storm: 60 of 60 children ended\n(.*\n)*"
                   r"storm: 60 of 60 .*\nstorm end: 0$", 240,
                   never=NEVER)
    machine.expect(r"^cases again: 0$", 60, never=NEVER)
    said = cases(machine.text.split("storm end:")[1].split("cases again:")[0])
    compare("process_fork_memory", expected["process_fork_memory"], said["process_fork_memory"])


def compare(name, wanted, got):
    """Both are lists of lines."""
    assert got is not None, f"{name} was not reached"
    for number, line in enumerate(wanted):
        other = got[number] if number < len(got) else "nothing"
        assert other == line, f"says '{other}', not '{line}'"
    assert len(got) == len(wanted), f"says '{got[len(wanted)]}' too"


def main(build):
    """All cases."""
    report = Report()
    os.makedirs(os.path.join(build, "log"), exist_ok=True)
    with open(os.path.join(ROOT, "tests/linux/expected.txt"), encoding="utf-8") as file:
        expected = cases(file.read())
    image = os.path.join(build, "tests/qemu/linux.img")
    with Machine(build, image=image, memory="256M", extra=COUNTED,
                 log=os.path.join(build, "log/linux-guest.txt")) as machine:
        said = run_cases(machine)
        for name, lines in expected.items():
            report.case(name, lambda n=name, l=lines: compare(n, l, said.get(n)))
        report.case("a storm of random calls", lambda: storm(machine, expected))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "build"))
