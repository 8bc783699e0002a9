#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Two sandboxes side by side: one is bounded to a fifth of the processor and takes all that it can
get of everything, then is killed as a whole; the other must not notice. A third has hardly any
memory. Time is counted in
instructions, so that the shares do not depend on the machine that tests."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Machine, Report  # noqa: E402  (the path must be set first)

SHARE = 20        # of rude, in its manifest
COUNTED = ("-icount", "shift=2,sleep=off")
NEVER = r"(?i)\bpanic\b|'(quiet|small)' (failed|ended)"
EMPTY_KIB = 4096  # at most, of a sandbox beside its programs


def said(text, pattern):
    """The first match."""
    found = re.search(pattern, text, re.M)
    assert found, f"nobody said '{pattern}'"
    return found


def rude_share(text):
    """No more than the manifest says, and a good part of it."""
    share = int(said(text, r"^rude: \d+ spinners have (\d+) %")[1])
    assert SHARE // 2 <= share <= SHARE + 2, f"{share} % of the processor, not {SHARE}"


def quiet_share(text):
    """What is left is quiet's, in each round."""
    shares = [int(n) for n in re.findall(r"^quiet: (\d+) %", text, re.M)]
    assert len(shares) == 32, f"{len(shares)} rounds"
    # One tick of the rude one's account is 10 ms of a round of 250, its budget at the start 20.
    low = [n for n in shares if n < 100 - SHARE - 16]
    assert not low, f"only {low} % for the quiet one"


def well(text):
    """Every round found what it wanted."""
    said_so = re.findall(r"^quiet: \d+ %, (.*)$", text, re.M)
    bad = [line for line in said_so if line != "all is well"]
    assert not bad, f"failed: {bad}"


def small(text):
    """What a sandbox with a shell takes of its quota, without the pages of the programs' file."""
    cached = int(said(text, r"^small: cached (\d+) kB$")[1])
    used = said(text, r"^small +running +([\d.]+)([KM]) of +4\.0M")
    kib = round(float(used[1]) * (1024 if used[2] == "M" else 1)) - cached
    assert 256 < kib <= EMPTY_KIB, f"{kib} KiB"
    print(f"# a sandbox with a shell: {kib} KiB beside its programs")


def programs_after(text):
    """A hog, a full disk and a fork bomb leave nothing behind that a program would lack."""
    after = said(text, r"^rude end\n((.*\n)*?)rude programs$")[1]
    assert not re.search(r"^rude: |out of memory", after, re.M), f"failed: {after}"


def both_end(machine):
    """The quiet one after its two halves, the rude one when it has come again."""
    machine.expect(r"^quiet end\n(.*\n)*quiet end$", 240, never=NEVER)
    if machine.text.count("\nrude programs\n") < 2:
        machine.expect(r"^rude programs$", 120, never=NEVER)
    if "\nsmall: dd" not in machine.text:
        machine.expect(r"^small: dd", 120, never=NEVER)
    if not re.search(r"^small +running", machine.text, re.M):
        machine.expect(r"^small +running.*$", 120, never=NEVER)


def main(build):
    """One boot."""
    report = Report()
    log = os.path.join(build, "log", "sandboxes-guest.txt")
    os.makedirs(os.path.dirname(log), exist_ok=True)
    with Machine(build, image=os.path.join(build, "tests/qemu/sandboxes.img"), memory="256M",
                 extra=COUNTED, log=log) as machine:
        report.case("both come to their end", lambda: both_end(machine))
        text = machine.text
    report.case("a sandbox has the share of its manifest", lambda: rude_share(text))
    report.case("its neighbour has the rest", lambda: quiet_share(text))
    report.case("its neighbour lacks nothing", lambda: well(text))
    report.case("a fork bomb", lambda: said(text, r"^rude: many children, then EAGAIN$"))
    report.case("a memory hog", lambda: said(text, r"^rude: the memory hog is killed by 9$"))
    report.case("programs run after all that", lambda: programs_after(text))
    report.case("memory of an empty sandbox", lambda: small(text))
    report.case("what is too large for it is killed",
                lambda: said(text, r"^small: last 99$(\n.*)*^small: dd 137$"))
    report.case("a full disk", lambda: said(text, r"^rude: a full disk: ENOSPC, afterwards room$"))
    report.case("neither sees the other's processes",
                lambda: said(text, r"^quiet: at most 2 processes$"))
    report.case("a sandbox that is killed comes again", lambda: said(
        text, r"^rude: \d+ spinners (.*\n)*rude: killed\n(.*\n)*rude: \d+ spinners "))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "build"))
