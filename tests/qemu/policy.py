#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What of its files a sandbox may reach. A manifest with rules is held to; and a run that learns
gives a manifest under which the same program does the same, and another finds nothing."""
import os
import re
import subprocess
import sys

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report  # noqa: E402  (the path must be set first)

NEVER = r"(?i)\bpanic\b|'linux' failed"

# What is typed under the rules of policy.yaml, and what is shown.
TRIED = (
    ("the root is listed as far as it is there", "echo $(ls /)", ["bin dev home proc sys tmp"]),
    ("a directory too", "echo $(ls /bin)", ["busybox sh"]),
    ("what is not named is not there", "cat /bin/storm",
     ["cat: can't open '/bin/storm': No such file or directory"]),
    ("nor by another way", "cat /home/../proc/self/root/bin/storm",
     ["cat: can't open '/home/../proc/self/root/bin/storm': No such file or directory"]),
    ("nor by a link", "ln -s /bin/storm /tmp/l; cat /tmp/l",
     ["cat: can't open '/tmp/l': No such file or directory"]),
    ("what may be changed", "echo yes >/tmp/a; cat /tmp/a", ["yes"]),
    ("what may not be made", "echo no >/home/b",
     ["sh: can't create /home/b: Read-only file system"]),
    ("nor under a name that is hidden", "echo no >/bin/storm",
     ["sh: can't create /bin/storm: Read-only file system"]),
    ("nor removed", "rm -f /bin/busybox",
     ["rm: can't remove '/bin/busybox': Read-only file system"]),
    ("nor its mode", "chmod 0 /bin/busybox", ["chmod: /bin/busybox: Read-only file system"]),
    ("a directory that is only seen", "(cd /home && pwd && ls)", ["/home"]),
)
LEARNT = ("cp /bin/sh /tmp/copy; ls /tmp; cmp /bin/busybox /tmp/copy && echo same; "
          "ls -d /var/log")
OTHER = "cat /bin/storm 2>&1; ls -d /usr 2>&1"


PROMPT = r"^/ # \Z"


def pack(build, path):
    """Makes the boot image of a manifest."""
    image = path.replace(".yaml", ".img")
    subprocess.run([os.path.join(build, "tools/manifest"), "--images", os.path.join(build, "bin"),
                    "--output", image, path], check=True)
    return image


def typed(machine, command, wanted):
    """A command at the prompt."""
    start = machine.seen = len(machine.text)
    machine.send(command + "\r")
    machine.expect(r"\n(.*\n)*?/ # \Z", 30, never=NEVER)
    got = machine.text[start:].split("\n")[1:-1]
    assert got == wanted, f"says {got}, not {wanted}"


def rules(build, report):
    """A shell under rules."""
    with Machine(build, image=os.path.join(build, "tests/qemu/policy.img"),
                 memory="256M") as machine:
        machine.expect(PROMPT, 60, never=NEVER)
        for name, command, wanted in TRIED:
            report.case(name, lambda c=command, w=wanted: typed(machine, c, w))


def changed(build, name, args):
    """The manifest with other arguments."""
    folder = os.path.join(build, "tests/qemu/policy")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(ROOT, "tests/qemu/policy.yaml"), encoding="utf-8") as file:
        system = yaml.safe_load(file)
    system["include"] = [os.path.join(ROOT, "system/services.yaml")]
    system["components"]["linux"]["args"] = args
    path = os.path.join(folder, name + ".yaml")
    with open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump(system, file, width=1000)
    return path


def run(build, path, last):
    """Boots a manifest up to a last line; returns all that was said."""
    with Machine(build, image=pack(build, path), memory="256M",
                 log=path.replace(".yaml", ".txt")) as machine:
        machine.expect(last, 60, never=NEVER)
        return machine.text


def lines(text):
    """What the program says."""
    said = re.search(r"^begin$\n((?:.*\n)*?)end$", text, re.M)[1]
    return [line for line in said.split("\n") if line and not line.startswith("[")]


def script(text):
    """The arguments for a shell with a script."""
    return ["init=/bin/busybox", "arg=sh", "arg=-c", f"arg=echo begin; {text}; echo end"]


def learn(build):
    """With all open, then under what was learnt: the same is said, in a manifest with less."""
    path = changed(build, "wide", script(LEARNT) + ["learn=yes"])
    wide = run(build, path, r"learn: memory \d+ \d+\n")
    learnt = path.replace("wide", "learnt")
    subprocess.run([os.path.join(ROOT, "tools/tessera/learn.py"), path.replace(".yaml", ".txt"),
                    path, learnt], check=True)
    assert lines(wide) == ["copy", "same", "/var/log"], f"says {lines(wide)}"
    narrow = run(build, learnt, r"^end$")
    assert lines(narrow) == lines(wide), f"says {lines(narrow)}, not {lines(wide)}"
    return learnt


def narrow(learnt):
    """What was learnt is what was used."""
    with open(learnt, encoding="utf-8") as file:
        linux = yaml.safe_load(file)["components"]["linux"]
    assert linux["args"][4:] == ["change=/tmp", "look=/bin/busybox:/bin/sh", "see=/var/log"], \
        f"{linux['args'][4:]}"
    assert int(linux["memory"][:-1]) < 32, linux["memory"]


def another(build, learnt):
    """Another program under the same rules."""
    with open(learnt, encoding="utf-8") as file:
        args = yaml.safe_load(file)["components"]["linux"]["args"]
    said = lines(run(build, changed(build, "other", script(OTHER) + args[4:]), r"^end$"))
    assert said == ["cat: can't open '/bin/storm': No such file or directory",
                    "ls: /usr: No such file or directory"], f"says {said}"


def main(build):
    """All of it."""
    report = Report()
    learnt = os.path.join(build, "tests/qemu/policy/learnt.yaml")
    rules(build, report)
    report.case("what was learnt suffices", lambda: learn(build))
    report.case("and is no more than was used", lambda: narrow(learnt))
    report.case("another program finds nothing else", lambda: another(build, learnt))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "build"))
