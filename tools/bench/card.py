# SPDX-License-Identifier: BSD-2-Clause
"""The cost card of a path: what one run of it touches, from the addresses of its last run."""
import os
import re
import subprocess
from collections import Counter

from counts import KERNEL_HALF, Program

LINE, PAGE = 6, 12
# Slow or serialising, by the beginning of what objdump prints.
SLOW = re.compile(r"(syscall|sysret\w*|iret\w*|swapgs|wrmsr|rdmsr|rdtscp?|cpuid|invlpg|invpcid|"
                  r"xsave\w*|xrstor\w*|fx\w+|rdfsbase|rdgsbase|wrfsbase|wrgsbase|lgdt|lldt|ltr|"
                  r"wbinvd|hlt|sti|cli|popf\w*|pushf\w*|i?div\w*|lfence|mfence|sfence|verw|clac|"
                  r"stac|lock|xchg|in|out|rep\w*)\b")
CONTROL = re.compile(r"mov\s+(\S+),\s*(%cr\d)$")
CONTROL_READ = re.compile(r"mov\s+(%cr\d),")
SEGMENT = re.compile(r"mov\s+\S+,\s*(%[defgs]s)$")


def slow_name(text):
    """The name under which an instruction is listed, or None."""
    for pattern, name in ((CONTROL, "write {1}"), (CONTROL_READ, "read {0}"),
                          (SEGMENT, "load {0}")):
        found = pattern.match(text)
        if found:
            return name.format(*found.groups())
    found = SLOW.match(text)
    if not found or (found[1] == "xchg" and "(" not in text):
        return None
    return " ".join(text.split()[:2]) if found[1] in ("rep", "lock") else found[1]


# Files of accessors: what they do belongs to the step that uses them.
ACCESSORS = ("fields.h", "k.h", "granule.h", "x86.h")


def steps(elf, program, code):
    """Counter of instructions by the function of the source, inlined or not, that they are of."""
    addresses = sorted(set(code))
    lines = subprocess.run(["addr2line", "-a", "-f", "-i", "-e", elf, *map(hex, addresses)],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    owner, address = {}, None
    for line, following in zip(lines, lines[1:] + [""]):
        if re.match(r"0x[0-9a-f]+$", line):
            address = int(line, 16)
        elif (re.match(r"[\w.]+$", line) and address not in owner
              and os.path.basename(following.split(":")[0]) not in ACCESSORS):
            owner[address] = line if ".S:" not in following else None
    return Counter(owner.get(pc) or program.function(pc) for pc in code)


class Cards:
    """Cards of paths; knows the functions of the kernel and of the suite."""

    def __init__(self, build):
        self.elf = os.path.join(build, "kernel.elf")
        self.kernel = Program(self.elf)
        self.user = Program(os.path.join(build, "bin/bench"))

    def slow(self, code):
        """Counter of slow instructions, by name."""
        found = Counter()
        for pc in code:
            program = self.kernel if pc in self.kernel.mnemonics else self.user
            name = slow_name(program.mnemonics.get(pc, ""))
            if name:
                found[name] += 1
        return found

    def make(self, path):
        """The card of a path."""
        kernel = [pc for pc in path.code if pc >= KERNEL_HALF or path.name == "boot"]
        code = set(kernel) | {self.kernel.last(pc) for pc in kernel}
        user = Counter(self.user.function(pc) for pc in path.code if pc not in code)
        data = {address for address, _ in path.data}
        return {"name": path.name, "operation": path.text, "kernel": path.runs[-1][0],
                "user": path.runs[-1][1], "loads": path.runs[-1][4], "stores": path.runs[-1][5],
                "code_lines": len({pc >> LINE for pc in code}),
                "code_pages": len({pc >> PAGE for pc in code}),
                "data_lines": len({address >> LINE for address in data}),
                "data_pages": len({address >> PAGE for address in data}),
                "slow": dict(self.slow(path.code).most_common()),
                "functions": dict(Counter(self.kernel.function(pc)
                                          for pc in kernel).most_common()),
                "steps": dict(steps(self.elf, self.kernel, kernel)) if path.name != "boot" else {},
                "user_functions": dict(user.most_common())}


def text(card):
    """A card as text."""
    slow = ", ".join(f"{count} {name}" for name, count in card["slow"].items()) or "none"
    lines = [f"{card['operation']}  ({card['name']})",
             f"  {card['kernel']:,} kernel and {card['user']:,} user instructions; "
             f"{card['loads']:,} loads, {card['stores']:,} stores by the kernel",
             f"  cache lines: {card['code_lines']} of code, {card['data_lines']} of data; "
             f"pages: {card['code_pages']} of code, {card['data_pages']} of data",
             f"  serialising or slow: {slow}"]
    lines += [f"  {count:8,}  {name}" for name, count in card["functions"].items()]
    lines += ["  by the functions of the source, in the order in which they come: "
              + ", ".join(f"{name} {count}" for name, count in card["steps"].items())]
    lines += [f"  {count:8,}  {name} (user)" for name, count in card["user_functions"].items()]
    return "\n".join(lines) + "\n"
