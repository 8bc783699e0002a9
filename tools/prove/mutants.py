# SPDX-License-Identifier: BSD-2-Clause
"""Mistakes made on purpose (mutants.yaml): a proof that goes through with one is worthless."""
import os
import re

import yaml


def body_of(text, name):
    """Where the definition of a function begins and ends."""
    head = re.search(rf"^[\w ]*[ *]{name}\([^;{{}}]*\)\s*\{{", text, re.M)
    if not head:
        raise SystemExit(f"mutants.yaml: no function {name}")
    return head.start(), text.index("\n}", head.end())


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


def run(build, prove, good, open_ones):
    """Makes each mistake. @param prove (file, functions, part, copy) -> result @param open_ones
    whose contract is not proved: there, mistakes are looked for with the other goals @return what
    survived, or whose control failed"""
    wrong, controls, all_mutants = [], {}, read()
    for number, mutant in enumerate(all_mutants):
        place = (mutant["file"], mutant["function"])
        part = "errors" if mutant["function"] in open_ones else None
        if place not in controls:
            controls[place] = good(prove(place[0], [place[1]], part))
        copy = mutate(mutant, f"{build}/prove/mutants/{number}")
        found = not good(prove(place[0], [place[1]], part, copy))
        state = "found" if found else "SURVIVED"
        shown = state if controls[place] else "NO CONTROL"
        print(f"{shown}: {place[1]}: {mutant['why']}", flush=True)
        if not found or not controls[place]:
            wrong.append(mutant)
    print(f"mutants: {len(all_mutants) - len(wrong)} of {len(all_mutants)} found")
    return wrong
