#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""bounds.py BUILD [--measure]: the longest path through each entry of the kernel, in instructions.

Takes the control-flow graphs from BUILD/kernel.elf, how often loops go round from the annotations
that the proofs use (loops.py), and finds the longest path of each function by integer programming
(glpsol), with the longest of what it calls added where it calls. The kernel is left at each
preemption point and never interrupted in between, so the longest entry is the longest time without
interrupts. What no path can do but the graph allows is counted too: these are upper bounds.

With --measure the kernel's tests, which do their worst, run in QEMU under a plugin that finds the
longest stay in the kernel by each door: none may be longer than the bound of that door.
"""
import os
import re
import subprocess
import sys
import tempfile

import binary
import loops

LIMIT = 20000
# Ways in from user mode: name, where its code begins, which function its path begins with.
DOORS = (("system call", "door_syscall", "door_syscall"),
         ("exception", "door_exceptions", "trap"),
         ("interrupt", "door_events", "trap_event"))
DOORS_END = "doors_end"
SECONDS = 560


class Longest:
    """Longest paths of functions, each worked out once."""

    def __init__(self, code, known, repeats):
        self.code, self.known, self.repeats = code, known, repeats
        self.done, self.doing, self.used = {}, set(), {}

    def of(self, name):
        """Instructions on the longest path through a function."""
        if name not in self.done:
            if name in self.doing or name not in self.code.symbols:
                raise SystemExit(f"bounds: {name}: recursion, or no such function")
            self.doing.add(name)
            flow = binary.Flow(self.code, name)
            self.done[name] = self.solve(flow)
            self.doing.discard(name)
        return self.done[name]

    def cost(self, flow, block):
        """Instructions of one block and of what it calls."""
        total = 0
        for at in block:
            step = flow.instructions[at]
            total += sum(self.of(name) for name in flow.calls.get(at, ())
                         if name not in binary.PANICS)
            total += self.times(step) if step.mnemonic.startswith("rep") else 1
        return total

    def times(self, step):
        """Rounds of a string instruction."""
        place = self.code.line(step.address)
        if place not in self.repeats:
            raise SystemExit(f"bounds: {step.mnemonic} at {place[0]}:{place[1]} has no limit")
        return self.repeats[place]

    def solve(self, flow):
        """The integer program of one function."""
        edges = sorted(flow.edges, key=str)
        variable = {edge: f"x{n}" for n, edge in enumerate(edges)}
        cost = {head: self.cost(flow, block) for head, block in flow.blocks.items()}
        rows = []
        for head in flow.blocks:
            out = [variable[e] for e in edges if e[0] == head and e[1] != head]
            come = [variable[e] for e in edges if e[1] == head and e[0] != head]
            rows.append((out, come, 1 if head == flow.first else 0))
        objective = " + ".join(f"{cost[e[0]]} {variable[e]}" for e in edges)
        text = ["Maximize", f" obj: {objective}", "Subject To"]
        text += [" " + " + ".join(out) + "".join(f" - {x}" for x in come) + f" = {value}"
                 for out, come, value in rows if out or come]
        text += self.loop_rows(flow, edges, variable)
        text += ["Generals", " " + " ".join(variable.values()), "End"]
        return glpsol(flow.name, "\n".join(text) + "\n")

    def loop_rows(self, flow, edges, variable):
        """At most so many rounds for each time a loop is come to."""
        claimed = set()
        for head, body, back in sorted(natural_loops(flow, edges), key=lambda loop: len(loop[1])):
            times = self.rounds(flow, head, body, claimed)
            enter = [variable[e] for e in edges if e[1] == head and e[0] not in body]
            rounds = " + ".join(variable[e] for e in back)
            if enter:
                yield f" {rounds}" + "".join(f" - {times} {x}" for x in enter) + " <= 0"
            else:
                yield f" {rounds} <= {times}"

    def rounds(self, flow, head, body, claimed):
        """The bound of a loop: the annotated line that is in it and in no loop inside it."""
        places = {self.code.line(at) for block in body for at in flow.blocks[block]}
        mine = {place for place in places if place in self.known} - claimed
        if not mine: # the compiler has moved the loop's head away: any loop that it can be
            mine = {place for place, (_, last) in self.known.items() if place not in claimed and
                    any(place[0] == file and place[1] <= line <= last for file, line in places)}
        if not mine:
            place = self.code.line(head)
            raise SystemExit(f"bounds: {flow.name}: the loop at {place[0]}:{place[1]} "
                             f"({head:#x}) has no annotated bound; its lines: {sorted(places)}")
        claimed |= mine
        self.used.update({place: self.known[place][0] for place in mine})
        return max(self.known[place][0] for place in mine)


def natural_loops(flow, edges):
    """(head, body, back edges) of each loop."""
    follow, before = {}, {}
    for a, b in edges:
        follow.setdefault(a, []).append(b)
        before.setdefault(b, []).append(a)
    back = back_edges(flow.first, follow)
    found = []
    for head in sorted({b for _, b in back}):
        mine = [e for e in back if e[1] == head]
        body, pending = {head}, [a for a, _ in mine]
        while pending:
            at = pending.pop()
            if at not in body:
                body.add(at)
                pending += before.get(at, [])
        found.append((head, body, mine))
    return found


def back_edges(first, follow):
    """Edges to a block that the search is still inside of."""
    back, state, stack = set(), {first: 1}, [(first, iter(follow.get(first, ())))]
    while stack:
        at, rest = stack[-1]
        for target in rest:
            if state.get(target) == 1:
                back.add((at, target))
            elif target not in state and target != "end":
                state[target] = 1
                stack.append((target, iter(follow.get(target, ()))))
                break
        else:
            state[at] = 2
            stack.pop()
    return back


def glpsol(name, text):
    """Solves a program. @return its value"""
    with tempfile.TemporaryDirectory() as folder:
        problem, answer = os.path.join(folder, "lp"), os.path.join(folder, "out")
        with open(problem, "w", encoding="utf-8") as file:
            file.write(text)
        run = subprocess.run(["glpsol", "--lp", problem, "-o", answer], capture_output=True,
                             text=True, check=False)
        said = open(answer, encoding="utf-8").read() if os.path.exists(answer) else run.stdout
    if "INTEGER OPTIMAL" not in said:
        raise SystemExit(f"bounds: {name}: no longest path\n{run.stdout[-600:]}")
    return int(float(re.search(r"obj = (\S+)", said)[1]))


def flags(build, folder):
    """What the preprocessor is told for a file of this folder."""
    folder = folder.removesuffix("/x86_64")
    room = os.path.basename(folder)
    return [f"-I{build}/rooms/x86_64/{room}", "-iquote", folder, "-iquote", f"{folder}/x86_64",
            "-iquote", f"{build}/gen/{room}"]


def measured(build, code):
    """[(longest stay, how often come in by)] of the doors while the kernel's tests run."""
    places = [code.symbols[at][0] for _, at, _ in DOORS] + [code.symbols[DOORS_END][0]]
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "stays")
        plugin = f"{build}/tools/bounds,out={out},doors={'/'.join(hex(p) for p in places)}"
        run = subprocess.run(
            ["qemu-system-x86_64", "-machine", "q35,accel=tcg", "-cpu", "max", "-m", "512M",
             "-nographic", "-no-reboot", "-nic", "none", "-icount", "shift=0,sleep=off",
             "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-plugin", plugin,
             "-kernel", f"{build}/kernel.elf", "-initrd", f"{build}/images/kernel.img"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=SECONDS, check=False)
        if not re.search(r"\b[1-9]\d* passed, 0 failed", run.stdout):
            raise SystemExit(f"bounds: the kernel's tests do not pass:\n{run.stdout[-1000:]}")
        with open(out, encoding="utf-8") as file:
            return [tuple(int(word) for word in line.split()) for line in file]


def compare(longest, stays):
    """Prints bound and measurement of each door. @return whether every bound holds"""
    good = True
    for (name, _, path), (stay, times) in zip(DOORS, stays):
        bound = longest.of(path)
        good = good and stay <= bound and times > 0
        print(f"{name}: at most {bound}; longest of {times:,} in the kernel's tests: {stay}, "
              f"{'MORE THAN THE BOUND' if stay > bound else f'{bound - stay} below it'}")
    return good


def main():
    build = os.path.abspath(sys.argv[1])
    code = binary.Code(f"{build}/kernel.elf")
    known, bare = loops.bounds(lambda path: flags(build, os.path.dirname(path)))
    for place in bare:
        print(f"{place}: a loop without a bound in its annotation")
    longest = Longest(code, known, loops.repeats())
    worst = 0
    names = [path for _, _, path in DOORS]
    names += sorted(n for n in code.symbols if n.startswith("op_"))
    for name in names:
        count = longest.of(name)
        worst = max(worst, count)
        print(f"{count:8} {name}{'   more than ' + str(LIMIT) if count > LIMIT else ''}")
    print(f"bounds: longest stretch without interrupts: {worst} instructions; limit {LIMIT}; "
          f"{len(longest.used)} loops bounded by annotations")
    good = compare(longest, measured(build, code)) if "--measure" in sys.argv else True
    return 0 if worst <= LIMIT and not bare and good else 1


if __name__ == "__main__":
    sys.exit(main())
