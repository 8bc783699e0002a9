#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Builds and runs every test, or those named, and ends with the line `N passed, N failed`.

  test.py BUILD [-v] [NAME...]

tests/README.md says what a test is and where to put one. Each suite (a host program, a boot of
QEMU, a script, the check of the code) prints `ok NAME` and `FAIL NAME: why` and closes with a
count; this program adds them up, and counts as failed a suite whose lines, count or exit do not
agree.
"""
import glob
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from qemu import Machine, Silence

# Components write through the log, which puts a time stamp and a name before the line.
BEFORE = r"^(?:\[[^\]\n]*\]\s*)?(?:[\w.\-]+(?:\[\d+\])?:\s+)?"
CASE = re.compile(BEFORE + r"(ok|FAIL) (\S.*)$", re.M)
CLOSE = re.compile(BEFORE + r"(\d+) passed, (\d+) failed\s*$", re.M)
PANIC = r"(?i)^.*\bpanic\b.*$"
HOST_SECONDS = 600
QEMU_SECONDS = 120


class Suite:
    """One thing to run. `run` returns (output, exit status or None when it does not count)."""

    def __init__(self, name, run):
        self.name, self.run = name, run


class Result:
    """What a suite said."""

    def __init__(self, name, output, status, seconds):
        self.name, self.output, self.seconds = name, output, seconds
        cases = CASE.findall(output)
        self.passed = sum(verdict == "ok" for verdict, _ in cases)
        self.faults = [text for verdict, text in cases if verdict == "FAIL"]
        closing = CLOSE.findall(output)
        if not closing:
            self.faults.append("the suite did not come to its closing line")
        elif [int(count) for count in closing[-1]] != [self.passed, len(self.faults)]:
            self.faults.append(f"its closing line says {closing[-1]}, "
                               f"its lines {self.passed} and {len(self.faults)}")
        elif not self.passed and not self.faults:
            self.faults.append("the suite ran no case")
        if status and not self.faults:
            self.faults.append(f"exit status {status} though no case failed")


def run_program(command, seconds):
    """Runs a program; returns its output and exit status."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=seconds, stdin=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired as late:
        text = (late.stdout or b"").decode("utf-8", "replace")
        return text + f"\nFAIL {command[-1]}: no end in {seconds} s\n", 1
    except OSError as problem:
        return f"FAIL {command[0]}: {problem}\n", 1
    return done.stdout.decode("utf-8", "replace"), done.returncode


def program_suite(name, command, seconds=HOST_SECONDS):
    """A suite that is a program of this machine."""
    return Suite(name, lambda: run_program(command, seconds))


def options(path):
    """The lines `#: key value` of a test's manifest or LINK."""
    with open(path, encoding="utf-8") as file:
        return dict(re.findall(r"^#: (\w+) (.*)$", file.read(), re.M))


def boot(build, name, path, image, kernel):
    """Boots a test's image; returns what the machine said up to its closing line."""
    said = options(path)
    with Machine(build, image=image, kernel=os.path.join(build, kernel),
                 machine=said.get("machine", "q35"), cpu=said.get("cpu", "max"),
                 memory=said.get("memory", "512M"), extra=said.get("qemu", "").split()) as machine:
        try:
            machine.expect(CLOSE.pattern, float(said.get("timeout", QEMU_SECONDS)), never=PANIC)
        except Silence as problem:
            return f"{machine.text}\nFAIL {name}: {problem}\n", 1
        return machine.text, 0


def boot_suites(build, name, path, folder):
    """The suite that is a boot, with each kernel that it asks for; `path` says how."""
    image = os.path.join(build, folder, name + ".img")
    yield Suite(f"qemu/{name}", lambda: boot(build, name, path, image, "kernel.elf"))
    if options(path).get("pti") == "too":
        yield Suite(f"qemu/{name}_pti", lambda: boot(build, name, path, image, "pti/kernel.elf"))


def suites(build):
    """Every suite, in the order in which they run."""
    found = [program_suite("check", ["/usr/bin/python3", "tools/check/check.py", build], 900)]
    for path in sorted(glob.glob("tests/host/*/")):
        name = os.path.basename(path.rstrip("/"))
        script = os.path.join(path, "run")
        binary = os.path.join(build, "tests/host", name)
        if os.path.exists(script):
            found.append(program_suite(f"host/{name}", [script, build]))
        elif os.path.exists(binary):
            found.append(program_suite(f"host/{name}", [binary]))
    for path in sorted(glob.glob("tests/qemu/*.yaml")):
        if "for" in options(path):  # a program boots it, in its own way
            continue
        found += boot_suites(build, os.path.basename(path)[:-len(".yaml")], path, "tests/qemu")
    for path in sorted(glob.glob("tests/guest/*/LINK")):
        name = os.path.basename(os.path.dirname(path))
        if os.path.exists(os.path.join(build, "images", name + ".img")):
            found += boot_suites(build, name, path, "images")
    for path in sorted(glob.glob("tests/qemu/*.py")):
        name = os.path.basename(path)[:-3]
        found.append(program_suite(f"qemu/{name}", ["/usr/bin/python3", path, build], 900))
    return found


def run_suite(build, suite):
    """Runs one suite and keeps what it said in build/log."""
    start = time.monotonic()
    output, status = suite.run()
    result = Result(suite.name, output, status, time.monotonic() - start)
    path = os.path.join(build, "log", suite.name.replace("/", "-") + ".txt")
    with open(path, "w", encoding="utf-8") as log:
        log.write(output)
    return result, path


def show(result, path, verbose):
    """Prints what became of a suite."""
    if verbose:
        print(result.output.rstrip())
    verdict = "FAIL" if result.faults else "ok  "
    print(f"{verdict} {result.name:24} {result.passed:5} passed, {len(result.faults)} failed   "
          f"({result.seconds:.1f} s)", flush=True)
    for fault in result.faults[:20]:
        print(f"       {fault}")
    if result.faults:
        print(f"       its output: {path}", flush=True)


def prepare(build):
    """Builds what the tests need; make's own output says what went wrong."""
    return subprocess.run(["make", "--no-print-directory", "-k", f"-j{os.cpu_count()}",
                           f"BUILD={build}", "all", "host-tests", "test-images", "iso",
                           "pti-kernel"],
                          check=False).returncode == 0


def main(arguments):
    """Runs what was asked for."""
    build, names = arguments[0], [name for name in arguments[1:] if name != "-v"]
    os.environ["BUILD"] = build
    sys.stdout.reconfigure(line_buffering=True)
    passed = failed = 0
    if not prepare(build):
        # The rest is tested all the same: it says how far the trouble goes.
        failed = 1
        print("FAIL build: see above; what follows is what could be built")
    os.makedirs(os.path.join(build, "log"), exist_ok=True)
    chosen = [suite for suite in suites(build)
              if not names or any(name in (suite.name, suite.name.split("/")[-1],
                                           suite.name.split("/")[0]) for name in names)]
    # Two at a time: a virtual machine keeps one processor busy.
    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        for result, path in pool.map(lambda suite: run_suite(build, suite), chosen):
            show(result, path, "-v" in arguments)
            passed += result.passed
            failed += len(result.faults)
    if not chosen:
        print(f"no test is called {' or '.join(names)}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
