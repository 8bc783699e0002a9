#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""equiv.py BUILD [FUNCTION...]

Shows of leaf functions of the kernel's core, in the kernel that boots, that the compiler's
optimisations kept their meaning: each is compiled again without any (-O0), and both are run on
symbols, path by path; an SMT solver (Z3) says whether result, memory and the registers that a
function must keep can differ. As far as that goes: docs/reference/equivalence.md lists for which
functions, and why not for the others. What is compared takes any arguments and any memory.
"""
import json
import os
import re
import shlex
import subprocess
import sys
import time

import source

OUT = "docs/reference/equivalence.md"
MAX_PATHS, MAX_STEPS, MAX_SECONDS = 48, 1500, 8
KEPT = ("rbx", "rbp", "rsp", "r12", "r13", "r14", "r15")
# The short ways are compiled to leave other registers alone: see tools/build/compile.mk.
KEPT_FAST = ("rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15")
ARGUMENTS = ("rdi", "rsi", "rdx", "rcx", "r8", "r9")


def plain_image(build, path):
    """Compiles a file without optimisation and links it beside the kernel. @return path"""
    with open(f"{build}/kernel/{path}.json", encoding="utf-8") as file:
        command = shlex.split(json.loads(file.read())["command"])
    out = f"{build}/prove/equiv/{path.replace('/', '_')}"
    os.makedirs(os.path.dirname(out), exist_ok=True)
    command[command.index("-o") + 1] = f"{out}.o"
    command = ["-O0" if word == "-O2" else word for word in command]
    subprocess.run(command + ["-Wno-error"], check=True)
    subprocess.run(["ld", "-nostdlib", "-static", "-z", "muldefs", "-z", "noexecstack", "-e", "0",
                    "-Ttext=0xffffffffa0000000", "--unresolved-symbols=ignore-all",
                    f"--just-symbols={build}/kernel.elf", "-o", f"{out}.elf", f"{out}.o"],
                   check=True)
    return f"{out}.elf"


def result_width(head):
    """Bits of what a function returns, by the words before its name."""
    if "bool" in head:
        return 8
    if "enum" in head or "int" in head.split():
        return 32
    return 0 if "void" in head.split() else 64


def heads(path):
    """The functions of a file: name, bits returned, arguments."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    bodies = {f.name for f in source.functions(path) if f.body is not None}
    return [(m["name"], result_width(m["type"]), m["args"]) for m in source.HEAD.finditer(text)
            if m["end"] == "{" and m["name"] in bodies]


def begin(args):
    """What a function may rely on by the calling convention: a bool is 0 or 1."""
    state = machine.State()
    for register, argument in zip(ARGUMENTS, args.split(",")):
        if re.match(r"\s*(const )?bool\b", argument):
            state.assumed.append(z3.ULE(z3.Extract(7, 0, state.get(register)), 1))
    return state


def differs(one, other, width, kept):
    """What is to be impossible for two paths with the same beginning."""
    place = z3.BitVec("place", 64)
    wrong = [z3.Select(one.memory, place) != z3.Select(other.memory, place)]
    wrong += [one.registers[r] != other.registers[r] for r in kept]
    if width:
        wrong.append(z3.Extract(width - 1, 0, one.get("rax")) !=
                     z3.Extract(width - 1, 0, other.get("rax")))
    return z3.Or(*wrong)


def compare(images, path, function, kept):
    """Compares the two codes of a function. @return what there is to say: paths, and whether they
    agree"""
    _, width, args = function
    kernel, plain = images
    name, mine = (image.name_of(path, function[0]) for image in images)
    if not name or not mine or not kernel.is_leaf(name):
        return None
    run = machine.Machine((plain, kernel), MAX_PATHS, MAX_STEPS, time.process_time() + MAX_SECONDS)
    pairs = 0
    for one in run.run(plain.symbols[mine][0], begin(args)):
        start = begin(args)
        start.assumed, start.values = list(one.assumed), list(one.values)
        for other in run.run(kernel.symbols[name][0], start):
            pairs += 1
            run.hurry()
            said = run.solver.check(*other.assumed, differs(one, other, width, kept))
            if said == z3.sat:
                return pairs, "DIFFERS"
            if said != z3.unsat:
                raise machine.Unknown("the solver did not answer in time")
    return pairs, "same"


def examine(build, paths, wanted):
    """Compares all functions that there are. @return rows: file, function, pairs, what was found"""
    kernel = machine.Image(f"{build}/kernel.elf")
    rows = []
    for path in paths:
        images = kernel, machine.Image(plain_image(build, path))
        kept = KEPT_FAST if path.endswith("/fast.c") else KEPT
        for function in heads(path):
            if wanted and function[0] not in wanted:
                continue
            try:
                found = compare(images, path, function, kept)
            except machine.Unknown as unknown:
                found = 0, str(unknown)
            if found:
                rows.append((path, function[0], *found))
                print(f"{found[1]:40} {function[0]} ({path}), {found[0]} pairs of paths",
                      flush=True)
    return rows


def report(rows):
    """Writes the page."""
    same = [row for row in rows if row[3] == "same"]
    text = ["<!-- Made by ./tessera prove --equivalence. -->",
            "# Compiled code that was shown to mean what the source says\n",
            f"Of {len(rows)} functions of the kernel's core that are leaves of the kernel that "
            f"boots (they call nothing), {len(same)} were shown, path by path, to give the "
            "same result, memory and kept registers as their code without optimisation: for any "
            "arguments and any memory whose words lie at multiples of 8, as long as no pointer "
            "into the kernel's state leads to its stack.\n",
            "## The same\n",
            *(f"- `{name}` ({path}): {pairs} pairs of paths" for path, name, pairs, _ in same),
            "\n## Not decided\n",
            *(f"- `{name}` ({path}): {said}" for path, name, _, said in rows if said != "same")]
    with open(OUT, "w", encoding="utf-8") as file:
        file.write("\n".join(text) + "\n")
    print(f"{len(same)} of {len(rows)} functions: the compiled code means the same")


def main():
    build, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    paths = [path for path in source.core_files()
             if path.endswith(".c") and os.path.exists(f"{build}/kernel/{path}.json")]
    if wanted:
        paths = [path for path in paths if {head[0] for head in heads(path)} & set(wanted)]
    rows = examine(build, paths, wanted)
    if not wanted:
        report(rows)
    return 1 if any(row[3] == "DIFFERS" for row in rows) else 0


if __name__ == "__main__":
    try:
        import machine
        import z3
    except ImportError as missing:
        sys.exit(f"{missing}: Debian's packages python3-z3, python3-capstone, python3-pyelftools")
    sys.exit(main())
