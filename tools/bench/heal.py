# SPDX-License-Identifier: BSD-2-Clause
"""What it costs to be healable, with nothing failing: `./tessera bench --heal`.

Of the last run of each path through several components all addresses are known. They are given to
the programs that they are of, and by the debug information to the functions and lines of the
source. What of that is only there so that components can be healed says bench/healing.yaml; its
instructions, by all the others of the path, are the cost.
"""
import bisect
import json
import os
import re
import subprocess
import sys

import yaml

import counts

HEALING = "bench/healing.yaml"
SYSCALL_BYTES = 2
INSTRUCTION = re.compile(r"\s*([0-9a-f]+):\s+(\S.*)$")
EXPLAINED = """
Instructions of the last run of each path, of kernel, servers and program. Healing: those that
bench/healing.yaml names, which are there for nothing else. With looks: healing by all the others,
and the share of the processor that root's looks take at most."""
# Systems, and how the names of their paths begin.
SYSTEMS = {"file_bench": "file_", "ext4_bench": "ext4_", "block_bench": "block_",
           "linux_bench": "linux_"}
BOOTS = ("linux_boot", "linux_prompt", "linux_prompt_disk")


def components(path):
    """Names of the images of a system, with those that it includes."""
    with open(path, encoding="utf-8") as file:
        system = yaml.safe_load(file)
    found = set()
    for part in system.get("include", []):
        found |= components(os.path.join(os.path.dirname(path), part))
    return found | {one.get("image", name) for name, one in system["components"].items()}


class Source:
    """A program: where its instructions are, and of which functions and lines they are."""

    def __init__(self, elf):
        self.elf = elf
        text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", elf], capture_output=True,
                              text=True, check=True).stdout
        self.starts = sorted(int(m[1], 16) for m in map(INSTRUCTION.match, text.splitlines()) if m)
        self.known = {}

    def has(self, pc):
        """Does an instruction begin there?"""
        at = bisect.bisect_left(self.starts, pc)
        return at < len(self.starts) and self.starts[at] == pc

    def look_up(self, addresses):
        """Learns the functions and lines of addresses: {pc: [(function, file, line)]}, the
        innermost first."""
        lines = subprocess.run(["addr2line", "-a", "-f", "-i", "-e", self.elf],
                               input="".join(f"{pc:#x}\n" for pc in sorted(addresses)),
                               capture_output=True, text=True, check=True).stdout.splitlines()
        at = function = None
        for line in lines:
            if re.match(r"0x[0-9a-f]+$", line):
                at, function = int(line, 16), None
                self.known[at] = []
            elif function is None:
                function = line
            else:
                where = line.split(" ")[0].rsplit(":", 1)
                self.known[at].append((function, where[0], where[1]))
                function = None


class Rules:
    """bench/healing.yaml."""

    def __init__(self):
        with open(HEALING, encoding="utf-8") as file:
            self.all = yaml.safe_load(file)
        self.lines, self.matched = {}, {}

    def text(self, name):
        """Lines of a file of the source."""
        if name not in self.lines:
            with open(name, encoding="utf-8") as file:
                self.lines[name] = file.read().splitlines()
        return self.lines[name]

    def match(self, source, pc):
        """Which rule says that an instruction is for healing, as text, or None."""
        key = source.elf, pc
        if key not in self.matched:
            self.matched[key] = self.find(source.known.get(pc, []))
        return self.matched[key]

    def find(self, frames):
        """The same, by its functions and lines."""
        for function, where, line in frames:
            name = os.path.relpath(os.path.realpath(where))
            rule = self.all["files"].get(name)
            if rule is None:
                continue
            if rule.get("functions") == "all" or function in rule.get("functions", []):
                return f"{os.path.basename(name)}: {function}"
            if "lines" in rule and line.isdigit() and re.search(
                    rule["lines"], self.text(name)[int(line) - 1]):
                return f"{os.path.basename(name)}: {function} (line)"
        return None


def stretches(code):
    """The user's instructions of a path, cut where the kernel ran."""
    part = []
    for pc in code:
        if pc >= counts.KERNEL_HALF:
            if part:
                yield part
            part = []
        else:
            part.append(pc)
    if part:
        yield part


def owners(code, sources):
    """(program, instructions) of each stretch. All programs begin at the same address: whose it is
    is known by where it goes on after its last call, and by where instructions begin."""
    left = {}
    for part in stretches(code):
        going_on = [s for s in sources if left.get(s) == part[0]]
        able = [s for s in going_on or sources if all(map(s.has, set(part)))]
        if able:
            left[able[0]] = part[-1] + SYSCALL_BYTES
            yield able[0], part


def row(path, parts, rules):
    """What the table says of a path. @param parts whose its instructions are, by owners()"""
    healing, by = 0, {}
    for source, part in parts:
        for why in filter(None, (rules.match(source, pc) for pc in part)):
            healing += 1
            by[why] = by.get(why, 0) + 1
    without = len(path.code) - healing
    percent = 100 * healing / max(1, without) + rules.all["looks_percent"]
    return {"name": path.name, "operation": path.text, "without": without, "healing": healing,
            "percent": round(percent, 2), "of": by}


def rows(build, paths):
    """[row] of all paths through components; a way from power-on is none."""
    rules = Rules()
    found = []
    for name, prefix in SYSTEMS.items():
        sources = [Source(os.path.join(build, "bin", one))
                   for one in sorted(components(f"tests/qemu/{name}.yaml"))
                   if os.path.exists(os.path.join(build, "bin", one))]
        parts = {path: list(owners(path.code, sources)) for path in paths.values()
                 if path.name.startswith(prefix) and path.name not in BOOTS}
        for source in sources:
            source.look_up({pc for some in parts.values() for one, part in some
                            if one is source for pc in part})
        found += [row(path, some, rules) for path, some in parts.items()]
    return found


def measure(build):
    """The same, of a run."""
    paths = {}
    for name in SYSTEMS:
        paths.update(counts.measure_system(build, name))
    return rows(build, paths)


def stale():
    """What bench/healing.yaml names and the source does not have, as text."""
    found = []
    rules = Rules()
    for name, rule in rules.all["files"].items():
        text = rules.text(name)
        functions = rule.get("functions", [])
        words = [rf"\b{one}\(" for one in functions if functions != "all"]
        found += [f"{name}: {word}" for word in words + [rule.get("lines", "")]
                  if not any(re.search(word, line) for line in text)]
    return found


def over(made):
    """What is above the limit, as text."""
    limit = Rules().all["limit_percent"]
    return [f"{one['name']}: {one['percent']} %" for one in made if one["percent"] > limit]


def table(made, details):
    """The table as text."""
    head = f"{'operation':52}{'not healable':>13}{'healing':>9}{'with looks':>12}"
    lines = [head, "-" * len(head)]
    for one in made:
        lines.append(f"{one['operation']:52.52}{one['without']:>13,}{one['healing']:>9,}"
                     f"{one['percent']:>10.2f} %")
        for why, count in sorted(one["of"].items(), key=lambda item: -item[1]) if details else []:
            lines.append(f"    {count:>8,}  {why}")
    return "\n".join(lines)


def main(asked):
    """./tessera bench --heal: the table, and whether the limit holds."""
    try:
        made = measure(asked.build)
    except counts.Failure as problem:
        sys.exit(f"bench: {problem}")
    if asked.json:
        print(json.dumps(made, indent=1))
    else:
        print(table(made, asked.card is not None))
        print(EXPLAINED)
    found = over(made) + stale()
    if found:
        print("OVER, or not there: " + ", ".join(found), file=sys.stderr)
    return 1 if found else 0
