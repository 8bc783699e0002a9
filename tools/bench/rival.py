# SPDX-License-Identifier: BSD-2-Clause
"""System calls of Linux programs, here and on Linux: the same static program (tests/linux/bench) on
both.

`./tessera bench --linux` boots Debian's kernel with that program in the same machine, twice: as it
is configured, and lean (LEAN). With --keep what it counts goes to bench/linux.json.
"""
import json
import os
import re
import sys

import counts

KEPT = "bench/linux.json"
# The strictest rival: without what makes it safer.
LEAN = "mitigations=off init_on_alloc=0 randomize_kstack_offset=off lsm=capability"


def is_program(name):
    """Whether a path is one of a Linux program."""
    return name.startswith("linux_")


def kept():
    """What Linux took: {name: {plain, lean}}."""
    with open(KEPT, encoding="utf-8") as file:
        return json.load(file)["paths"]


def total(path):
    """Median of all instructions: kernel and program, and on Tessera the component."""
    column = sorted(run[0] + run[1] for run in path.runs)
    return column[(len(column) - 1) // 2]


def row(path, figure, again):
    """Everything that the table says of one path."""
    made = {"name": path.name, "operation": path.text, "runs": len(path.runs),
            "kernel": path.median("kernel"), "user": path.median("user"), "total": total(path),
            "again": again.get("plain"), "lean": again.get("lean"), **figure}
    made["ratio"] = round(made["total"] / made["linux"], 2)
    made["lean_ratio"] = round(made["total"] / made["lean"], 2) if made["lean"] else None
    made["met"] = made["ratio"] <= made["asked"] if "asked" in made else None
    return made


def rows(paths, figures):
    """A row for each path of a program."""
    again = kept()
    return [row(path, figures[name], again.get(name, {})) for name, path in paths.items()
            if is_program(name)]


def number(value):
    """With its thousands set off, or a dash."""
    return "-" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


def over(made_rows):
    """What is above a limit of our own, as text."""
    return [f"{made['name']}: {made['total']:,} instructions" for made in made_rows
            if made["total"] > made.get("limit", made["total"])]


COLUMNS = (("kernel", 13), ("user", 11), ("total", 13), ("linux", 15), ("ratio", 7), ("asked", 7),
           ("again", 15), ("lean", 15), ("lean_ratio", 7))
HEADS = ("kernel", "user", "total", "Linux", "ratio", "asked", "same program", "lean", "ratio")
MARKS = {True: "ok", False: "OVER", None: ""}


def table(made_rows):
    """The table as text."""
    head = f"{'Linux programs':44}" + "".join(
        f"{text:>{width}}" for text, (_, width) in zip(HEADS, COLUMNS))
    lines = [head, "-" * len(head)]
    for made in made_rows:
        cells = "".join(f"{number(made.get(key)):>{width}}" for key, width in COLUMNS)
        lines.append(f"{made['operation']:44.44}{cells} {MARKS[made['met']]}".rstrip())
    met = [made["met"] for made in made_rows if made["met"] is not None]
    lines += ["", f"{sum(met)} of {len(met)} are what is asked. User: the program and the "
              "component that serves it. Ratio: ours by theirs.",
              "Linux: Debian's kernel, measured before; then with exactly this program "
              f"({KEPT}); and lean:",
              f"{LEAN}."]
    return "\n".join(lines)


def measured(asked):
    """Boots Linux twice. @return {name: {text, plain, lean}}"""
    found = {}
    for how, words in (("plain", ""), ("lean", LEAN)):
        for name, path in counts.measure_linux(asked.build, asked.linux, words).items():
            found.setdefault(name, {})[how] = total(path)
    return found


def main(asked):
    """./tessera bench --linux"""
    try:
        found = measured(asked)
    except counts.Failure as problem:
        sys.exit(f"bench: {problem}")
    texts = dict(counts.path_list())
    if asked.json:
        print(json.dumps(found, indent=1))
    else:
        print(f"{'Linux ' + release(asked.linux):44}{'as it is':>15}{'lean':>15}")
        for name, row_found in found.items():
            print(f"{texts[name]:44.44}{row_found['plain']:>15,}{row_found['lean']:>15,}")
    if asked.keep:
        keep(found, release(asked.linux))


def release(kernel):
    """What a kernel's file says of its version."""
    with open(kernel, "rb") as file:
        head = file.read(65536)
    at = int.from_bytes(head[0x20e:0x210], "little") + 0x200
    return re.match(rb"\S+", head[at:])[0].decode()


def keep(found, version):
    """Writes bench/linux.json."""
    about = ["SPDX-License-Identifier: BSD-2-Clause",
             f"Instructions, medians, a rep counted once: tests/linux/bench on Linux {version}.",
             "./tessera bench --linux --keep writes this file."]
    body = ",\n".join(f"  {json.dumps(name)}: {json.dumps(one)}" for name, one in found.items())
    with open(KEPT + ".new", "w", encoding="utf-8") as file:
        file.write(f'{{"about": {json.dumps(about, indent=1)},\n"paths": {{\n{body}\n}}}}\n')
    os.replace(KEPT + ".new", KEPT)
