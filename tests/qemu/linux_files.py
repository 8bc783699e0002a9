#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A Linux shell that works in a file system of a server (ramfs), mounted at /mnt: the same commands
must leave the same as in the file system that the sandbox keeps itself, also when the server is
killed in between."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report  # noqa: E402  (the path must be set first)

PROMPT = r"^/ # \Z"
BAD = r"(?i)\bpanic\b|'linux' (failed|ended)"
LOG = re.compile(r"^\[ *\d+\.\d{6}\] ")

# Each is run in a directory of the one and of the other file system.
COMMANDS = (
    ("files", "echo one >a; echo two >>a; cat a; wc -c <a; >a; wc -c <a"),
    ("directories", "mkdir -p d/e/f; touch d/e/g; ls -R d; rmdir d/e 2>&1; rm -r d; ls -a"),
    ("links", "echo x >t; ln -s t s; ln t h; cat s h; readlink s; ls -l t | awk '{print $2}'; "
     "rm t; cat h; cat s 2>&1; rm h s"),
    ("renaming", "echo 1 >p; echo 2 >q; mv p q; cat q; mkdir m; mv q m; ls m; mv m n; cat n/q; "
     "rm -r n"),
    ("attributes", "touch w; chmod 4751 w; stat -c '%a %s %F' w; touch -d '2001-02-03 04:05:06' w; "
     "stat -c %y w; chown 7:8 w; stat -c '%u %g' w; rm w"),
    ("large files", "seq 1 100000 >l; md5sum <l; cp l k; cmp k l && echo same; "
     "tail -c 20 l; truncate -s 1000 l; tail -c 5 l; truncate -s 5000 l; md5sum <l; rm k l"),
    ("many files", "for i in $(seq 1 150); do echo $i >f$i; done; cat f* | sort -n | md5sum; "
     "ls | wc -l; rm f*; ls | wc -l"),
    ("a program from it", "cp /bin/busybox echo; ./echo works; rm echo"),
    ("an open file without a name", "exec 3<>u; echo kept >&3; rm u; ls; cat /proc/self/fd/3; "
     "exec 3>&-"),
    ("tar", "mkdir t; seq 1 999 >t/a; ln -s a t/b; tar -cf t.tar t; rm -r t; tar -xf t.tar; "
     "md5sum <t/b; rm -r t t.tar"),
)


class Session:
    """A machine at its prompt."""

    def __init__(self, machine):
        self.machine = machine
        machine.expect(PROMPT, 120, never=BAD)

    def type(self, keys, timeout=60):
        """Types keys and Enter; what is shown up to the next prompt, but the typed line."""
        self.machine.seen = start = len(self.machine.text)
        self.machine.send(keys + "\r")
        self.machine.expect(r"\n(.*\n)*?/ # \Z", timeout, never=BAD)
        lines = self.machine.text[start:].split("\n")
        return [line for line in lines if not LOG.match(line)]

    def within(self, folder, command):
        """What a command says in a folder: it is in a file, so that long lines do not matter."""
        self.type(f"cat >/tmp/script <<'END'\rcd {folder}\r{command}\rEND")
        lines = self.type("sh /tmp/script; echo status $?")
        end = [i for i, line in enumerate(lines) if line.startswith("status ")]
        assert end, f"no end: {lines}"
        return lines[1:end[0] + 1]


def same(session, command):
    """The two file systems show the same."""
    ours = session.within("/tmp/here", command)
    theirs = session.within("/mnt", command)
    assert ours == theirs, f"the sandbox's own: {ours}; the server's: {theirs}"[:600]
    assert ours[-1] == "status 0", f"{ours}"[:300]


def main(build):
    """All cases."""
    report = Report()
    image = os.path.join(build, "tests/qemu/linux_files.img")
    os.makedirs(os.path.join(build, "log"), exist_ok=True)
    with Machine(build, image=image, memory="256M",
                 log=os.path.join(build, "log/linux_files.txt")) as machine:
        found = []
        report.case("a prompt", lambda: found.append(Session(machine)))
        if found:
            session = found[0]
            session.type("mkdir /tmp/here")
            for name, command in COMMANDS:
                report.case(name, lambda c=command: same(session, c))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
