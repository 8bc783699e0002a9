# SPDX-License-Identifier: BSD-2-Clause
"""How often the kernel's loops go round, from the annotations that the proofs use.

A loop's annotation names its variable in `loop variant` and that variable's range in
`loop invariant LOW <= v <= HIGH`: it goes round at most HIGH - LOW times.
"""
import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "prove"))
import source  # noqa: E402

LOOP = re.compile(r"/\*@(?P<text>(?:(?!\*/).)*?loop variant(?P<variant>[^;]*);\s*)\*/\s*"
                  r"(?P<loop>for|while)\b", re.S)
ANY = re.compile(r"^\s+(?:for|while) \(", re.M)


def value(expression, macros):
    """The value of a constant expression of the C sources."""
    for _ in range(8):
        expression = re.sub(r"\b[A-Z][A-Z0-9_]+\b", lambda m: f"({macros.get(m[0], m[0])})",
                            expression)
    expression = re.sub(r"\b(0x[0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", expression.replace("/", "//"))
    if re.search(r"[A-Za-z_]", re.sub(r"0x[0-9a-fA-F]+", "", expression)):
        raise ValueError(expression)
    return eval(expression)  # pylint: disable=eval-used


def macros_of(path, flags):
    """All macros at the end of a file."""
    run = subprocess.run(["gcc", "-E", "-dM", *flags, path], capture_output=True, text=True,
                         check=True)
    return dict(m.groups() for m in re.finditer(r"^#define (\w+) (.+)$", run.stdout, re.M))


def extent(text, line):
    """The last line of the loop whose head is on this one."""
    rows = text.split("\n")
    indent = re.match(" *", rows[line - 1])[0]
    if not rows[line - 1].rstrip().endswith("{"):
        return line + 1
    return next(n for n in range(line, len(rows)) if rows[n].startswith(indent + "}")) + 1


def bounds(flags_of):
    """{(file, line): (times, last line)} of every annotated loop; and where one has none."""
    known, bare = {}, []
    core = source.core_files()
    for path in core + sorted(glob.glob("kernel/arch/x86_64/*.c")):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        lines = {}
        macros = macros_of(path, flags_of(path)) if LOOP.search(text) else {}
        for match in LOOP.finditer(text):
            variables = set(re.findall(r"\b[a-z]\w*\b", match["variant"]))
            at = text.count("\n", 0, match.start("loop")) + 1
            for name in variables:
                limits = re.search(rf"([\w /]+?) <= {name} <= ([\w /*+-]+?)(?=[;&])", match["text"])
                if limits:
                    low = limits[1].replace("loop invariant", "")
                    lines[at] = value(limits[2], macros) - value(low, macros)
        known.update({(path, at): (n, extent(text, at))
                      for at, n in lines.items()})
        bare += [f"{path}:{n}" for n in (text.count("\n", 0, m.end()) + 1
                                         for m in ANY.finditer(text)
                                         if not source.inside_annotation(text, m.start()))
                 if n not in lines and path in core]
    return known, bare


def repeats():
    """{(file, line): times} of string instructions. The assumed contracts of arch_zero and
    arch_copy say how much they are given at most; x86_zero and x86_copy do it for them."""
    with open("kernel/arch/prove/arch_inline.h", encoding="utf-8") as file:
        limits = dict(re.findall(r"requires limit: (\w+) <= (\d+);", file.read()))
    most = {"zero": int(limits["count"]) * 8, "copy": int(limits["words"])}
    found = {}
    for path in glob.glob("kernel/arch/x86_64/*.[ch]"):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for head in re.finditer(r"\bx86_(zero|copy)\([^;{]*\)\s*\{", text):
            first = text.count("\n", 0, head.start()) + 1
            last = text.count("\n", 0, text.index("\n}", head.end())) + 2
            found.update({(path, n): most[head[1]]
                          for n in range(first, last + 1)})
    return found
