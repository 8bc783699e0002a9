#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The readers of the code: what STYLE asks for and a program can see.

  check.py BUILD [NAME...]     all of them, or those named

Each prints its faults with file and line, then `ok NAME` or `FAIL NAME: how many`; the last line
counts, in the way of every test.
"""
import ast
import glob
import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import figures

FUNCTION_MAX, FILE_MAX = 70, 800
COLUMNS = 100
EXCEPTIONS = "tools/check/exceptions"
CODE = (".c", ".h", ".S", ".py", ".sh", ".mk", ".lds", ".idl", ".yaml", ".l", ".y", "Makefile")
# Words that have no place here: machines, mirrors, unfinished work. (Bracketed, so that this list
# does not find itself.)
WORDS = re.compile(r"/w[o]rk/|/t[m]p/brief|\.\./shar[e]d\b|d[e]b\.debian\.org|\bT[O]DO\b|"
                   r"\bF[I]XME\b|\bX[X]X\b|\bc[l]aude\b|\ba[n]thropic\b|\bl[a]nguage model\b", re.I)


def files():
    """Every file of the project, as git lists it."""
    run = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True,
                         text=True, check=True)
    return [path for path in run.stdout.splitlines() if os.path.isfile(path)]


def read(path):
    """A text file."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def run(command, **options):
    """Faults of a program: its output's lines if it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    return (done.stdout.splitlines() or [f"{command[0]} failed"]) if done.returncode else []


def rooms(build):
    """Includes, externs and files in no room; then symbols."""
    return (run(["/usr/bin/python3", "tools/rooms/rooms.py", "check"])
            + run(["make", "-s", f"BUILD={build}", "kernel", "user-link"]))


def functions_c(text):
    """(name, first line, lines) of each function; a body opens and closes in the first column."""
    lines = text.splitlines()
    for end, line in enumerate(lines):
        if line != "}":
            continue
        start = next((n for n in range(end, -1, -1) if lines[n] == "{"), None)
        if start is None:
            continue
        head = start - 1
        while head > 0 and lines[head - 1] and lines[head - 1][-1] not in ";}/>\\":
            head -= 1
        name = re.search(r"(\w+)\s*\(", " ".join(lines[head:start]))
        yield name[1] if name else "?", head + 1, end - head + 1


def functions_python(text):
    """The same for Python."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def exceptions():
    """Those that may be longer, but only shrink: {'path:function' or 'path': lines}."""
    rows = [line.split() for line in read(EXCEPTIONS).splitlines() if line and line[0] != "#"]
    return {row[0]: int(row[1]) for row in rows}


def length_fault(key, place, lines, limit, listed):
    """What is wrong with one length, or nothing."""
    allowed = listed.pop(key, None)
    if allowed is None:
        return [f"{place}: {lines} lines; {limit} at most"] if lines > limit else []
    if lines > allowed:
        return [f"{place}: grew to {lines} lines; {EXCEPTIONS} allows {allowed}"]
    if lines < allowed:
        return [f"{place}: shrank to {lines} lines: write that into {EXCEPTIONS}"]
    return []


def lengths(_):
    """Functions and files that are too long."""
    listed, faults = exceptions(), []
    for path in files():
        text = read(path)
        if path.endswith((".c", ".h")):
            found = functions_c(text)
        elif path.endswith(".py"):
            found = functions_python(text)
        else:
            found = ()
        for name, line, lines in found:
            faults += length_fault(f"{path}:{name}", f"{path}:{line}: {name}", lines,
                                   FUNCTION_MAX, listed)
        if path.endswith(CODE):
            faults += length_fault(path, path, text.count("\n"), FILE_MAX, listed)
    return faults + [f"{EXCEPTIONS}: {key} is gone: remove its line" for key in listed]


def format_faults(path, text):
    """Faults of one file's form."""
    if not re.search(r"SPDX-License-Identifier: BSD-2-Clause", "\n".join(text.split("\n")[:3])):
        yield f"{path}:1: no SPDX line at its head"
    if text and not text.endswith("\n"):
        yield f"{path}: no line end at its end"
    tabs = path.endswith((".mk", "Makefile"))
    for number, line in enumerate(text.split("\n"), 1):
        if line != line.rstrip():
            yield f"{path}:{number}: blanks at the end"
        if "\t" in line and not tabs:
            yield f"{path}:{number}: a tab"
        if len(line) > COLUMNS and path.endswith((".c", ".h", ".S", ".py", ".idl")):
            yield (f"{path}:{number}: {len(line)} columns; {COLUMNS} at most "
                   "(tools/check/wrap.py breaks them)")


def form(_):
    """Tabs, line lengths, trailing blanks, SPDX lines."""
    code = [path for path in files()
            if path.endswith(CODE) or path in ("tessera", ".ci/run") or path.endswith("/run")]
    return [fault for path in code for fault in format_faults(path, read(path))]


def words(_):
    """Words that must not appear."""
    faults = []
    for path in files():
        for number, line in enumerate(read(path).split("\n"), 1):
            found = WORDS.search(line)
            if found:
                faults.append(f"{path}:{number}: '{found[0]}' has no place here")
    return faults


def scripts(_):
    """Shell and Python that would not even be read."""
    faults = []
    for path in files():
        if path.endswith(".sh") or (not path.endswith(CODE)
                                    and read(path).startswith("#!/bin/bash")):
            faults += run(["bash", "-n", path])
    return faults


def clang(build):
    """The whole of the kernel and the components under the second compiler."""
    if not os.path.exists(os.path.join(build, "kernel.elf")):
        return ["the build with gcc has to pass first"]
    said = run(["make", "-s", "-k", f"-j{os.cpu_count()}", f"BUILD={build}/clang", "CC=clang",
                "kernel", "components"])
    # Only what is wrong, not what is being built.
    return [line for line in said if not re.match(r"  [a-z]+( +\S+)?$", line)]


def compilations(build, world):
    """The recorded compilations of the C files of a world."""
    for path in sorted(glob.glob(f"{build}/{world}/**/*.json", recursive=True)):
        entry = json.loads(read(path))
        if entry["file"].endswith(".c") and os.path.exists(entry["file"]):
            yield entry


def analyze(entry):
    """One file under GCC's analyzer."""
    command = shlex.split(entry["command"])
    cut = command.index("-o")
    # The analyzer knows memory as objects; ours is one array (STYLE: granules), indexed by what
    # other granules hold, so it can say little about bounds and must not guess.
    return run(command[:cut] + ["-o", "/dev/null", "-fanalyzer", "-MF", "/dev/null"])


def analyzer(build):
    """GCC's static analyzer on the kernel."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        found = pool.map(analyze, list(compilations(build, "kernel")))
        return [fault for faults in found for fault in faults]


def cppcheck(build):
    """cppcheck on the kernel and the libraries."""
    project = os.path.join(build, "cppcheck.json")
    entries = list(compilations(build, "kernel")) + [
        entry for entry in compilations(build, "user") if entry["file"].startswith("lib/")]
    with open(project, "w", encoding="utf-8") as file:
        json.dump(entries, file)
    # comparePointers: symbols of the linker script are marks in one image, not objects apart;
    # constStatement: the operands of inline assembly, in the doors of abi/call.h.
    quiet = ["comparePointers", "constStatement", "missingIncludeSystem",
             "preprocessorErrorDirective"]
    return run(["cppcheck", "--quiet", "--std=c11", "--enable=warning,portability,performance",
                "--template={file}:{line}: {message} [{id}]", "--template-location=",
                "--inline-suppr", "--library=tools/check/cppcheck.cfg", "--error-exitcode=1",
                "-j", str(os.cpu_count()), *[f"--suppress={name}" for name in quiet],
                f"--project={project}"])


def numbers(build):
    """Sizes that have a limit."""
    return [f"{name}: {value}, {limit} at most" for name, value, limit in figures.numbers(build)
            if limit and value > limit]


CHECKS = {"rooms": rooms, "lengths": lengths, "form": form, "words": words, "scripts": scripts,
          "numbers": numbers, "clang": clang, "cppcheck": cppcheck, "analyzer": analyzer}


def main(arguments):
    """Runs them and counts."""
    build, names = arguments[0], arguments[1:] or list(CHECKS)
    unknown = [name for name in names if name not in CHECKS]
    if unknown:
        sys.exit(f"check: there is no check '{unknown[0]}'; there are: {' '.join(CHECKS)}")
    subprocess.run(["make", "--no-print-directory", f"BUILD={build}", f"-j{os.cpu_count()}"],
                   stdout=subprocess.DEVNULL, check=False)
    failed = 0
    for name in names:
        faults = CHECKS[name](build)
        for fault in faults:
            print(f"  {fault}")
        failed += bool(faults)
        print(f"FAIL {name}: {len(faults)} faults" if faults else f"ok {name}", flush=True)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
