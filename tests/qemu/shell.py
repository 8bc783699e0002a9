#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The default system, used as a person uses it: the prompt, its commands, line editing, every
example, and killing the services under it. What an example must print is in its expected.txt.
"""
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report  # noqa: E402  (the path must be set first)

PROMPT = r"tessera> \Z"
PANIC = r"(?i)\bpanic\b"
# Lines that the console shows between those of programs: the log's, and what is being typed.
OTHER_LINE = re.compile(r"^\[ *\d+\.\d{6}\] |^tessera> ")
LEFT, RIGHT, UP, HOME, DELETE = "\033[D", "\033[C", "\033[A", "\033[H", "\033[3~"


class Session:
    """A machine at its prompt."""

    def __init__(self, machine):
        self.machine = machine
        machine.expect(PROMPT, 120, never=PANIC)

    def type(self, keys, timeout=60):
        """Types keys and Enter; returns what is shown up to the next prompt, but the typed line."""
        start = len(self.machine.text)
        self.machine.seen = start
        self.machine.send(keys + "\r")
        self.machine.expect(r"\n(.*\n)*?" + PROMPT, timeout, never=PANIC)
        lines = self.machine.text[start:].split("\n")[1:-1]
        return [line for line in lines if not OTHER_LINE.match(line)]

    def state(self, name):
        """The columns of `ps NAME`."""
        return self.type(f"ps {name}")[-1].split()


def equal(got, wanted):
    """Both are lists of lines."""
    assert got == wanted, f"got {got}, not {wanted}"[:400]


def contains(lines, pattern):
    """One of the lines matches."""
    found = any(re.search(pattern, line) for line in lines)
    assert found, f"no line like '{pattern}' in {lines}"[:400]


# Commands: what is typed, and a line that must come of it.
COMMANDS = (
    ("help lists the commands", "help", r"^  ps "),
    ("an unknown command is named", "frobnicate", "no command `frobnicate`"),
    ("an unknown component is named", "kill nobody", "no component `nobody`"),
    ("a missing word gets the usage", "kill", "^usage: kill NAME"),
    ("ps shows a component", "ps", r"^uart +running +\d+K of +\d+K"),
    ("mem adds up", "mem", r"^all components +[\d.]+[KM] of +[\d.]+[KM]"),
    ("uptime", "uptime", r"^0:0\d:\d\d$"),
    ("devices are listed", "devices", r"^pci 00:00.0 +8086:"),
    ("log has lines with time and name", "log", r"^ +\d+ +\d+\.\d{6} .* root: "),
    ("why without a name lists the last ends", "why", "^nothing has ended yet"),
    ("caps shows what a component has", "caps uart", r"^ +8  Endpoint +r-- +uart"),
    ("reach says through whom", "reach shell uart",
     r"^shell -> console \(Endpoint\) -> uart \(Endpoint\)"),
    ("reach says that there is no way", "reach uart shell", "^uart cannot reach shell"),
    ("upgrade to nothing is refused", "upgrade log nothing", "no image `nothing`"),
    ("starting what runs is refused", "start uart", "not in a state for this"),
)

# Keys that change the line, and what must come of it. Each depends on nothing but the one before.
EDITING = (
    ("a character is inserted", "echo ac" + LEFT + "b", "abc"),
    ("a character is deleted", "echo abxc" + LEFT + "\x7f", "abc"),
    ("the start of the line", "cho abc" + HOME + "e", "abc"),
    ("the key Delete", "xecho abc" + HOME + DELETE, "abc"),
    ("a word is deleted", "echo abc def\x17ghi", "abc ghi"),
    ("the line is deleted", "kill uart\x15echo safe", "safe"),
    ("the rest is deleted", "echo abc def\x01" + RIGHT * 8 + "\x0b", "abc"),
    ("a line is recalled", UP, "abc"),
    ("letters beyond ASCII", "echo äöx" + LEFT + LEFT + "\x7fü", "üöx"),
)


def commands(session, report):
    """Each command once, what is said when something is wrong, and each key."""
    for name, line, pattern in COMMANDS:
        report.case(name, lambda line=line, pattern=pattern: contains(session.type(line), pattern))
    for name, keys, line in EDITING:
        report.case(name, lambda keys=keys, line=line: equal(session.type(keys), [line]))
    report.case("Ctrl-C drops the line", lambda: interrupted(session))
    report.case("a long line",
                lambda: equal(session.type("echo " + "x" * 300)[-1:], ["x" * 300]))


def interrupted(session):
    """Ctrl-C in the middle of a line."""
    session.machine.send("kill uart\x03")
    session.machine.expect(r"kill uart\^C\n" + PROMPT, never=PANIC)
    equal(session.type("echo kept"), ["kept"])


def pasted(session):
    """More than all queues hold, at once: nothing may be lost."""
    count = 60
    start = len(session.machine.text)
    session.machine.send("".join(f"echo {n} {'y' * 300}\r" for n in range(count)))
    session.machine.send("echo the end\r")
    session.machine.expect(r"^the end\n" + PROMPT, 300, never=PANIC)
    lines = session.machine.text[start:].split("\n")
    got = [line for line in lines if re.match(r"^\d+ y+$", line)]
    equal(got, [f"{n} {'y' * 300}" for n in range(count)])


def example(session, name):
    """Runs an example and compares what it prints."""
    with open(os.path.join(ROOT, "examples", name, "expected.txt"), encoding="utf-8") as file:
        equal(session.type(f"run {name}", 120), file.read().splitlines())


def survives(session, name):
    """Kills a component at the prompt; it must be back, and everything must work."""
    restarts = int(session.state(name)[-1])
    start = len(session.machine.text)
    session.machine.send(f"kill {name}\r")
    session.machine.expect(rf"kill {name}\n(.*\n)*?" + PROMPT, 60, never=PANIC)
    if name == "log":  # its new incarnation says so, with the prompt once more below
        session.machine.seen = start
        session.machine.expect(r"log: warning: started again.*\n(.*\n)*?" + PROMPT, 60, never=PANIC)
    equal(session.type("echo alive"), ["alive"])
    state = session.state(name)
    assert state[1] == "running" and int(state[-1]) == restarts + 1, f"{state}"


def hangs(session):
    """What the prompt itself needs computes without end: noticed, and nothing is lost."""
    session.type("hang uart")
    equal(session.type("echo alive"), ["alive"])
    contains(session.type("why uart"), "hangs: it computes without end")
    contains(session.type("why uart"), r"rt_hang\+0x0")


def main(build):
    """One boot for all of it."""
    report = Report()
    log = os.path.join(build, "log", "shell.txt")
    os.makedirs(os.path.dirname(log), exist_ok=True)
    with Machine(build, image=os.path.join(build, "boot.img"), log=log) as machine:
        session = Session(machine)
        commands(session, report)
        report.case("a paste loses nothing", lambda: pasted(session))
        for path in sorted(glob.glob(os.path.join(ROOT, "examples", "*", "expected.txt"))):
            name = os.path.basename(os.path.dirname(path))
            report.case(f"example {name}", lambda name=name: example(session, name))
        report.case("hang uart", lambda: hangs(session))
        report.case("why shows where it crashed",
                    lambda: contains(session.type("why crash"), r"write_to_nowhere\+0x"))
        for name in ("uart", "console", "log", "shell"):
            report.case(f"kill {name}", lambda name=name: survives(session, name))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
