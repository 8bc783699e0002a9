# SPDX-License-Identifier: BSD-2-Clause
"""Mistakes made on purpose (mutants.yaml): a proof that goes through with one is worthless."""
import os
import re

import yaml

import source


def body_of(text, name):
    """Where a function, with its contract, begins and ends."""
    head = next((m for m in source.HEAD.finditer(text) if m["name"] == name and m["end"] == "{"),
                None)
    if not head:
        raise SystemExit(f"mutants.yaml: no function {name}")
    start = source.contract_start(text, head.start())
    return head.start() if start is None else start, text.index("\n}", head.end())


def mutate(mutant, out):
    """Writes the file with the mistake below `out`. @return its path"""
    with open(mutant["file"], encoding="utf-8") as file:
        text = file.read()
    start, end = body_of(text, mutant["function"])
    if text.count(mutant["old"], start, end) != 1:
        raise SystemExit(f"mutants.yaml: {mutant['file']}: '{mutant['old']}' is not once in "
                         f"{mutant['function']}")
    body = text[start:end].replace(mutant["old"], mutant["new"])
    path = f"{out}/{os.path.basename(mutant['file'])}"
    os.makedirs(out, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text[:start] + body + text[end:])
    return path


def read(path="tools/prove/mutants.yaml"):
    """All mutants."""
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def found_by(result):
    """Whether a goal is open. (A run that does not get as far as goals has found nothing.)"""
    return result["said"] >= result["scheduled"] > 0 and bool(result["failed"])


def run(build, prove, good, only):
    """Makes each mistake. @param prove (file, functions, part, copy, goals) -> result @param only
    functions that are meant; None: all @return what survived, or whose control failed"""
    wrong, controls = [], {}
    chosen = [mutant for mutant in read() if not only or mutant["function"] in only]
    for number, mutant in enumerate(chosen):
        file, name, goals = mutant["file"], mutant["function"], mutant.get("goal")
        part = mutant.get("part", "contract")
        place = (file, name, part, goals)
        if place not in controls:
            controls[place] = good(prove(file, [name], part, None, goals))
        copy = mutate(mutant, f"{build}/prove/mutants/{number}")
        found = found_by(prove(file, [name], part, copy, goals))
        state = "found" if found else "SURVIVED"
        shown = state if controls[place] else "NO CONTROL"
        print(f"{shown}: {name} ({goals or part}): {mutant['why']}", flush=True)
        if not found or not controls[place]:
            wrong.append(mutant)
    print(f"mutants: {len(chosen) - len(wrong)} of {len(chosen)} found")
    return wrong
