#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The small system, used as a person uses it: Debian's busybox at its prompt, with pipes,
redirection, here-documents, jobs, and the keys that interrupt and stop."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report  # noqa: E402  (the path must be set first)
from debian import make_job  # noqa: E402

PROMPT = r"^/ # \Z"
BAD = r"(?i)\bpanic\b|'linux' (failed|ended)"
LOG = re.compile(r"^\[ *\d+\.\d{6}\] ")

# What is typed, and what must be shown, line by line.
COMMANDS = (
    ("echo", "echo hello", ["hello"]),
    ("arithmetic", "echo $((6 * 7))", ["42"]),
    ("a pipe", "seq 1 100 | wc -l", ["100"]),
    ("a long pipe", "seq 1 1000 | sort -rn | head -n 3 | tr '\\n' ' '; echo", ["1000 999 998 "]),
    ("redirection", "echo one >/tmp/a; echo two >>/tmp/a; cat </tmp/a", ["one", "two"]),
    ("standard error", "ls /none 2>&1 | sed s/.*:// ", [" No such file or directory"]),
    ("an exit status", "sh -c 'exit 7'; echo $?", ["7"]),
    ("a subshell", "(cd /tmp && pwd); pwd", ["/tmp", "/"]),
    ("command substitution", "echo $(echo inner | tr a-z A-Z)", ["INNER"]),
    ("a loop", "for i in 1 2 3; do echo $i; done", ["1", "2", "3"]),
    ("a function", "f() { echo got $1; }; f it", ["got it"]),
    ("the root", "ls / | tr '\\n' ' '; echo",
     ["bin dev etc home linuxrc mnt proc root run sbin sys tmp usr var "]),
    ("links", "ln -s /tmp/a /tmp/b; readlink /tmp/b; cat /tmp/b", ["/tmp/a", "one", "two"]),
    ("directories", "mkdir -p /tmp/x/y/z; find /tmp/x | sort; rm -r /tmp/x; ls /tmp/x 2>/dev/null",
     ["/tmp/x", "/tmp/x/y", "/tmp/x/y/z"]),
    ("grep, sed and awk", "printf 'a 1\\nb 2\\n' | grep b | sed s/b/c/ | awk '{print $2, $1}'",
     ["2 c"]),
    ("a pipe whose reader ends first", "yes | head -n 5 | wc -l", ["5"]),
    ("much through a pipe", "dd if=/dev/zero bs=4k count=500 2>/dev/null | md5sum",
     ["a48266248c04b2ba733238a480690a1c  -"]),
    ("tar and gzip", "tar -czf /tmp/t.gz -C /tmp a; tar -tzf /tmp/t.gz", ["a"]),
    ("a signal's handler", "trap 'echo caught' USR1; kill -USR1 $$; trap - USR1", ["caught"]),
    ("the default of a signal", "sh -c 'kill -TERM $$'; echo $?", ["Terminated", "143"]),
    ("a background job", "sleep 0.1 & wait $!; echo $?",
     ["0", "[1]+  Done                       sleep 0.1"]),
    ("tsr lists components", "tsr ps uart | tail -n 1 | awk '{print $1, $2}'", ["uart running"]),
    ("tsr kills what it stands on", "tsr kill uart; echo alive", ["uart: killed", "alive"]),
    ("tsr says why", "tsr why uart | head -n 1", ["'uart' was killed"]),
    ("tsr knows who reaches whom", "tsr reach linux uart; tsr reach uart linux",
     ["linux -> console (Endpoint) -> uart (Endpoint)", "uart cannot reach linux"]),
    ("a trace of a command", "/dev/trace.sh echo hi 2>&1 >/dev/null | sed -n 's/.*] wr/wr/p'",
     ['write(1, "hi\\n", 3) = 3']),
    ("a trace of a process", "(sleep 0.3; exit 3) & /dev/trace.sh $! 2>&1 | tail -n 2 | cut -c 9-",
     ["exit_group(3) = ?", "+++ exited with 3 +++",
      "[1]+  Done(3)                    (sleep 0.3; exit 3)"]),
    ("a trace of nobody", "/dev/trace.sh 31999", ["sh: write error: No such process"]),
    ("ps", "ps -o pid,comm | sed -n 2p", ["    1 sh"]),
    ("uname", "uname -sm", ["Linux x86_64"]),
    ("devices", "head -c 3 /dev/zero | od -An -tx1; echo x >/dev/null; echo y >/dev/full",
     [" 00 00 00", "sh: write error: No space left on device"]),
)


class Session:
    """A machine at its prompt."""

    def __init__(self, machine):
        self.machine = machine
        machine.expect(PROMPT, 120, never=BAD)

    def type(self, keys, timeout=30):
        """Types keys and Enter; what is shown up to the next prompt, but the typed line."""
        start = len(self.machine.text)
        self.machine.seen = start
        self.machine.send(keys + "\r")
        self.machine.expect(r"\n(.*\n)*?/ # \Z", timeout, never=BAD)
        lines = self.machine.text[start:].split("\n")[1:-1]
        return [line for line in lines if not LOG.match(line)]

    def keys(self, keys, pattern, timeout=30):
        """Types keys and waits for what they lead to."""
        self.machine.seen = len(self.machine.text)
        self.machine.send(keys)
        return self.machine.expect(pattern, timeout, never=BAD)


def equal(got, wanted):
    """Both are lists of lines."""
    assert got == wanted, f"got {got}, not {wanted}"[:400]


def here_document(session):
    """Typed over three lines."""
    session.keys("cat <<END\r", r"^> \Z")
    session.keys("six times seven: $((6*7))\r", r"^> \Z")
    session.keys("END\r", r"^six times seven: 42\n/ # \Z")


def interrupt(session):
    """Ctrl-C ends what runs, not the shell."""
    session.keys("sh -c 'echo runs; sleep 1000'\r", r"^runs\n")
    session.keys("\x03", PROMPT)
    equal(session.type("echo $?"), ["130"])


def stop_and_continue(session):
    """Ctrl-Z, jobs, bg, fg, kill."""
    make_job(session)
    session.keys("sh job\r", r"^in front\n")
    session.keys("\x1a", r"Stopped +sh job\n/ # \Z")
    assert any("Stopped" in line for line in session.type("jobs"))
    session.type("bg")
    assert any("Running" in line for line in session.type("jobs"))
    session.keys("fg\r", r"^in front\n")
    session.keys("\x03", PROMPT)
    equal(session.type("jobs"), [])


def end_of_file(session):
    """Ctrl-D ends the input of cat."""
    session.keys("sh -c 'echo runs; cat >/tmp/typed'\r", r"^runs\n")
    session.keys("typed text\r", r"typed text\n")
    session.keys("\x04", PROMPT)
    equal(session.type("cat /tmp/typed"), ["typed text"])


def editing(session):
    """The shell edits its line."""
    equal(session.type("echo acx\x7f\x1b[Db"), ["abc"])
    equal(session.type("\x1b[A"), ["abc"])


def vi(session):
    """vi draws, takes keys, writes."""
    session.machine.send("vi /tmp/v\r")
    session.keys("itext of vi\x1b", r"text of vi")
    session.keys(":wq\r", r"/ # \Z")
    equal(session.type("cat /tmp/v"), ["text of vi"])


def window(session):
    """Whoever runs the machine tells the size of its window, at any time; keys are as before."""
    equal(session.type("stty size"), ["24 80"])
    session.machine.send_bytes(b"\x9b8;50;132t")
    equal(session.type("stty size"), ["50 132"])
    session.keys("sh -c 'trap \"stty size; exit\" WINCH; echo runs; while :; do sleep 1; done'\r",
                 r"^runs\n")
    session.machine.send_bytes(b"\x9b8;24;80t")
    session.keys("", r"^24 80\n/ # \Z")
    session.machine.send_bytes(b"echo '\xc3\x9b8;1;1t' | od -An -tx1; echo \x9bx\r")
    session.keys("", r" c3 9b 38 3b 31 3b 31 74 0a\nx\n/ # \Z")
    equal(session.type("stty size"), ["24 80"])


def main(build):
    """All cases."""
    report = Report()
    image = os.path.join(build, "images/small.img")
    with Machine(build, image=image, memory="256M",
                 log=os.path.join(build, "log/small.txt")) as machine:
        found = []
        report.case("a prompt", lambda: found.append(Session(machine)))
        if found:
            session = found[0]
            for name, keys, wanted in COMMANDS:
                report.case(name, lambda k=keys, w=wanted: equal(session.type(k), w))
            for name, check in (("a here-document", here_document), ("Ctrl-C", interrupt),
                                ("Ctrl-Z", stop_and_continue), ("Ctrl-D", end_of_file),
                                ("line editing", editing), ("vi", vi),
                                ("the size of the window", window)):
                report.case(name, lambda c=check: c(session))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
