# SPDX-License-Identifier: BSD-2-Clause
"""Mistakes made on purpose (mutants.yaml): a proof that goes through with one is worthless. What
was found is kept by a hash, like verdicts, of the function and the mistake."""
import functools
import hashlib
import json
import os
import re

import yaml

import source
import wp

KEPT = "tools/prove/verdicts/mutants.json"


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


def kept(tools):
    """What is known by key: whether a mistake was found beside a control that proves, and the
    seconds of processor time that took."""
    if not os.path.exists(KEPT):
        return {}
    with open(KEPT, encoding="utf-8") as file:
        known = json.load(file)
    return known["found"] if known["tools"] == tools else {}


def keys(function_key):
    """The mutants with their keys. @param function_key (file, function) -> key"""
    for mutant in read():
        about = function_key(mutant["file"], mutant["function"])
        words = about + json.dumps(mutant, sort_keys=True)
        yield hashlib.sha256(words.encode()).hexdigest()[:32], mutant


def keep(known, tools, all_keys):
    """Writes down what is known about the mutants that there are."""
    found = {key: known[key] for key in all_keys if key in known}
    with open(KEPT, "w", encoding="utf-8") as file:
        json.dump({"tools": tools, "found": found}, file, indent=1)
        file.write("\n")


def seconds(*results):
    """Processor time of some runs."""
    return round(sum(sum(result["seconds"].values()) for result in results), 1)


def control(prove, good, goals):
    """Proves the function without the mistake, in little time or in as much as proofs have.
    @return the result, and the stages: the mistake is given the same time"""
    result = prove(None, goals, wp.SHORT_STAGES)
    if good(result):
        return result, wp.SHORT_STAGES
    return prove(None, goals, wp.STAGES), wp.STAGES


def run(build, prove, good, keyed, tools, only):
    """Makes each mistake that is not known to be found. @param prove (file, functions, part, copy,
    goals, stages) -> result @param keyed keys() @param only functions that are meant; None: all
    @return what survived, or whose control failed"""
    wrong, controls, known = [], {}, kept(tools)
    chosen = [(key, mutant) for key, mutant in keyed if not only or mutant["function"] in only]
    for key, mutant in chosen:
        file, name, goals = mutant["file"], mutant["function"], mutant.get("goal")
        part = mutant.get("part", "contract")
        if known.get(key, {}).get("found"):
            continue
        place = (file, name, part, goals)
        if place not in controls:
            controls[place] = control(functools.partial(prove, file, [name], part), good, goals)
        plain, stages = controls[place]
        copy = mutate(mutant, f"{build}/prove/mutants/{key[:8]}")
        result = prove(file, [name], part, copy, goals, stages)
        proves, found, spent = good(plain), found_by(result), seconds(plain, result)
        state = "found" if found else "SURVIVED"
        print(f"{state if proves else 'NO CONTROL'}: {name} ({goals or part}): {mutant['why']} "
              f"({spent} s)", flush=True)
        known[key] = {"found": found and proves, "seconds": spent}
        keep(known, tools, [key for key, _ in keyed])
        if not found or not proves:
            wrong.append(mutant)
    print(f"mutants: {len(chosen) - len(wrong)} of {len(chosen)} found")
    return wrong
