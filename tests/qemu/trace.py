#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The system calls of a sandbox in the log, as its manifest asks for: names, arguments, results,
signals, ends."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report, Silence  # noqa: E402  (the path must be set first)

BEFORE = r"^\[ *\d+\.\d{6}\] linux: warning: \[ *\d+\] "
LINES = (
    ("flags by name", r'openat\(AT_FDCWD, "/tmp/a", O_WRONLY\|O_CREAT\|O_TRUNC, 0666\) = 3$'),
    ("data written", r'write\(1, "one\\n", 4\) = 4$'),
    ("errors by name", r'openat\(AT_FDCWD, "/none", O_RDONLY\) = -1 ENOENT$'),
    ("a structure that the call wrote",
     r'newfstatat\(AT_FDCWD, "/", {st_mode=S_IFDIR\|0755, st_size=\d+}, 0\) = 0$'),
    ("a handler", r"rt_sigaction\(SIGCHLD, {sa_handler=0x[0-9a-f]+, sa_mask=~\[32 33\], "),
    ("a new process", r"clone\(CLONE_CHILD_CLEARTID\|CLONE_CHILD_SETTID\|SIGCHLD, .*\) = \d+$"),
    ("strings of exec",
     r'execve\("[^"]*", \["sleep", "0.01"\], 0x[0-9a-f]+ /\* \d+ vars \*/\) = 0$'),
    ("a call that waits",
     r"clock_nanosleep\(CLOCK_REALTIME, 0, {tv_sec=0, tv_nsec=\d+}, .* \.\.\.$"),
    ("what became of it",
     r"clock_nanosleep\(CLOCK_REALTIME, 0, {tv_sec=0, tv_nsec=\d+}, .*\) = 0$"),
    ("a signal", r"--- SIGTERM, code 0 ---$"),
    ("an end by a signal", r"\+\+\+ killed by 15 \+\+\+$"),
    ("how a child ended", r"wait4\(-1, \[killed by 15\], 0, NULL\) = \d+$"),
)


def said(text, pattern):
    """One line of the log."""
    assert re.search(BEFORE + pattern, text, re.M), f"no line '{pattern}'"


def main(build):
    """One boot."""
    report = Report()
    log = os.path.join(build, "log", "trace-guest.txt")
    os.makedirs(os.path.dirname(log), exist_ok=True)
    with Machine(build, image=os.path.join(build, "tests/qemu/trace.img"), memory="256M",
                 log=log) as machine:
        try:
            machine.expect(r'execve\(.*"1000"\]', 60, never=r"(?i)\bpanic\b|'linux' (failed|ended)")
        except Silence as problem:
            print(problem, file=sys.stderr)
        for name, pattern in LINES:
            report.case(name, lambda p=pattern: said(machine.text, p))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "build"))
