#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""prove.py [--all] [--check] [--report] [--smoke] [--mutants] [--function NAME] BUILD [FILE...]

Runs Frama-C/WP with Z3 and CVC4 over the kernel's core, file by file: each function that has a
contract, with the functions that have none inlined where they are called. A file whose text,
headers and tools are what its verdict in tools/prove/verdicts/ is about is not proved again, unless
--all. Fails when a goal that is scheduled is not proved, or when a function is neither proved nor
listed in tools/prove/unproved. --check is for CI: it fails if a verdict is not about the sources as
they stand, and proves the quickest files again. docs/howto/proofs.md says how to work with it.
"""
import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

import fields
import mutants
import report
import source

TIMEOUT = int(os.environ.get("PROVE_TIMEOUT", "15"))
# What --check proves again takes about so long, on a machine like the one of the verdicts.
CHECK_SECONDS = 60
CHECK_FILES = 5
SCHEDULED = re.compile(r"^\[wp\] (\d+) goals? scheduled", re.M)
SMOKE = re.compile(r"Smoke Tests:\s*(\d+)\s*/\s*(\d+)")
GOAL = re.compile(r"^\[wp\] \[[^\]]*\] Goal (?P<goal>\S+)(?: : (?P<said>\w+).*)?$", re.M)
WARNING = re.compile(r"^(?:\[(?:wp|kernel)[^\]]*\] .*\bWarning:.*(?:\n  .*)*|"
                     r"\[kernel\] User Error.*)", re.M)
# What WP assumes of a pointer argument: it does not lead to the kernel's state.
HYPOTHESIS = re.compile(r"Memory model hypotheses for function '(\w+)'")
# Warnings that say nothing about the proof.
HARMLESS = ("Neither code nor", "inline assembly", "-wp-rte", "No goal generated")


def write(path, text):
    """Writes a file if that changes it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not os.path.exists(path) or open(path, encoding="utf-8").read() != text:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def prepare(build):
    """Makes the generated headers and the rooms' folders as the prover sees them."""
    gen = f"{build}/prove/gen"
    python = sys.executable
    subprocess.run([python, "tools/gen/abi.py", "abi/abi.yaml", gen], check=True)
    subprocess.run([python, "tools/gen/objects.py", "kernel/model/objects.yaml", gen], check=True)
    things = fields.read("kernel/model/objects.yaml")
    fields.check(things)
    write(f"{gen}/model/names.h", fields.names(things))
    write(f"{gen}/model/fields.h", fields.accessors(things))
    subprocess.run([python, "tools/rooms/rooms.py", "view", f"{build}/rooms/prove", gen, "prove"],
                   check=True)
    conf = f"{build}/prove/why3.conf"
    if not os.path.exists(conf) and shutil.which("why3"):
        os.makedirs(f"{build}/prove", exist_ok=True)
        subprocess.run(["why3", "config", "detect", "-C", conf], check=True, capture_output=True)
        text = open(conf, encoding="utf-8").read()
        write(conf, re.sub(r"memlimit = \d+", "memlimit = 4000", text))
    os.environ["WHY3CONFIG"] = os.path.abspath(conf)


def read_list(path):
    """A file with a name and a reason a line. @return {name: reason}"""
    with open(path, encoding="utf-8") as file:
        lines = [line.split(None, 1) for line in file if line.strip() and line[0] != "#"]
    return {name: reason.strip() for name, reason in lines}


def flags(build, path):
    """What the preprocessor is told."""
    folder = os.path.dirname(path)
    room = os.path.basename(folder)
    bits = ["-DPROVE_BITS"] if path.startswith("common/") else []
    return [f"-I{build}/rooms/prove/{room}", "-iquote", folder, "-iquote", f"{folder}/prove",
            "-iquote", f"{build}/prove/gen/{room}", *bits]


def versions():
    """What the verdicts depend on besides the text: the tools."""
    said = [subprocess.run([tool, "--version" if tool != "frama-c" else "-version"],
                           capture_output=True, text=True, check=True).stdout.split("\n")[0]
            for tool in ("frama-c", "why3", "z3", "cvc4")]
    return said


def preprocessed(build, path):
    """The text that is proved, comments and all, for the hash; and the functions in it."""
    run = subprocess.run(["gcc", "-E", "-C", *flags(build, path), path],
                         capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    # A macro of a system header comes with line markers: bool must not break a function's head.
    return re.sub(r'[ ]*\n# \d+ "[^\n]*\n\s*_Bool\s*\n# \d+ "[^\n]*\n\s*', " _Bool ", run.stdout)


def plan(build, path):
    """Which functions of a file (and of the headers of its name) are proved, which are inlined."""
    text = preprocessed(build, path)
    here = source.functions(path)
    header = path[:-2] + ".h"
    if path.endswith(".c") and os.path.exists(header):
        here = source.functions(header) + here
    contracts = {f.name for f in here if f.contract}
    trusted = read_list("tools/prove/unproved")
    proved = [f.name for f in here if f.body is not None and f.name in contracts
              and f.name not in trusted]
    known = {m["name"]: m for m in source.HEAD.finditer(text) if m["end"] == "{"}
    specified = {m["name"] for m in source.HEAD.finditer(text)
                 if source.contract(text, m.start())}
    inlined = sorted(name for name in known if name not in specified | contracts)
    return proved, inlined, text


def frama_c(build, path, proved, inlined, smoke, copy=None):
    """One run of the provers, over a copy of the file if one is given. @return the output"""
    command = ["nice", "-n", "10", "frama-c", "-machdep", "gcc_x86_64", "-c11",
               "-cpp-extra-args=" + " ".join(flags(build, path)),
               "-wp", "-wp-rte", "-wp-model", "Typed", "-wp-par", "2", "-wp-prover", "z3,cvc4",
               "-wp-timeout", str(TIMEOUT), "-wp-cache", "none", "-wp-fct", ",".join(proved)]
    if inlined:
        command += ["-inline-calls", ",".join(inlined)]
    if smoke:
        command += ["-wp-smoke-tests", "-wp-smoke-timeout", "2"]
    log = f"{build}/prove/log/{path}.log"
    write(log, "")
    with open(log, "w", encoding="utf-8") as file:
        subprocess.run(command + [copy or path], stdout=file, stderr=subprocess.STDOUT, check=False)
    with open(log, encoding="utf-8", errors="replace") as file:
        return file.read()


def verdict(output, proved):
    """What the output says: of each function its goals and those that are open; smoke tests,
    warnings."""
    scheduled, smoke = SCHEDULED.search(output), SMOKE.search(output)
    warnings = [w for w in WARNING.findall(output) if not any(h in w for h in HARMLESS)]
    apart = {name for w in warnings for name in HYPOTHESIS.findall(w)}
    warnings = [w for w in warnings if not HYPOTHESIS.search(w)]
    goals, failed = {name: 0 for name in proved}, []
    by_length = sorted(proved, key=len, reverse=True)
    for match in GOAL.finditer(output):
        name = next((n for n in by_length if match["goal"].startswith(f"typed_{n}_")), None)
        if name is None:
            continue
        goals[name] += 1
        if match["said"] not in ("Valid", "Passed"):
            failed.append((name, match["goal"]))
    return {"goals": goals, "scheduled": int(scheduled[1]) if scheduled else -1,
            "smoke": [int(smoke[1]), int(smoke[2])] if smoke else None,
            "failed": sorted(failed), "apart": sorted(apart), "warnings": warnings}


def good(result):
    """Whether all that was scheduled is proved. (WP counts termination that is trivial besides.)"""
    return (sum(result["goals"].values()) >= result["scheduled"] > 0 and not result["failed"]
            and not result["warnings"]
            and (result["smoke"] is None or result["smoke"][0] == result["smoke"][1]))


def prove_some(build, path, wanted, copy=None):
    """Proves some functions of a file, or of a copy of it; nothing is remembered."""
    proved, inlined, _ = plan(build, path)
    chosen = [name for name in proved if name in wanted]
    if not chosen:
        return None
    start = time.time()
    result = verdict(frama_c(build, path, chosen, inlined, False, copy), chosen)
    return dict(result, functions={name: {"goals": n} for name, n in result["goals"].items()},
                seconds=round(time.time() - start), fresh=len(chosen), fine=good(result))


def keys_of(text, proved):
    """What the verdict about each function is about: the text without layout and plain comments,
    without the bodies of other functions that have contracts (a call is proved from the contract),
    and without the contracts of those that it does not call."""
    text = re.sub(r"/\*(?!@).*?\*/", " ", text, flags=re.S)
    text = re.sub(r"^# \d+ .*$", "", text, flags=re.M)
    pieces, last = [], 0 # (name, its contract and head, its body), or text that all share
    for match in source.HEAD.finditer(text):
        contract = source.contract_start(text, match.start())
        if contract is None or contract < last:
            continue
        end = text.index("\n}", match.end()) if match["end"] == "{" else match.end()
        pieces += [(None, text[last:contract], ""),
                   (match["name"], text[contract:match.end()], text[match.end():end])]
        last = end
    pieces.append((None, text[last:], ""))
    shared = " ".join(head for name, head, _ in pieces if name is None)
    return {name: key_of(name, pieces, shared) for name in proved}


def key_of(name, pieces, shared):
    """The key of one function; see keys_of."""
    body = " ".join(body for owner, _, body in pieces if owner == name)
    called = set(re.findall(r"\b\w+\b(?=\s*\()", shared + body)) | {name}
    kept = [head for owner, head, _ in pieces if owner is None or owner in called]
    words = " ".join(" ".join([*kept, body]).split())
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def prove_file(build, path, again, smoke, only=None):
    """Proves of one file what is not known yet. @param only these functions @return the result, or
    None: nothing to do"""
    proved, inlined, text = plan(build, path)
    alone = path.endswith(".h") and os.path.exists(path[:-2] + ".c")
    if not proved or alone: # the functions of a header are proved with its .c file
        return None
    keys, known = keys_of(text, proved), known_verdict(path)
    if again or smoke or known["tools"] != versions():
        known = {"apart": [], "functions": {}}
    old = {name: about for name, about in known["functions"].items()
           if name in keys and about["key"] == keys[name]}
    open_now = [name for name in proved if name not in old and (only is None or name in only)]
    start = time.time()
    if open_now:
        result = verdict(frama_c(build, path, open_now, inlined, smoke), open_now)
    else:
        result = {"goals": {}, "scheduled": 1, "smoke": None, "failed": [], "apart": [],
                  "warnings": []}
    seconds = round(time.time() - start)
    return remember(path, result, old, keys, seconds, known["apart"])


def remember(path, result, old, keys, seconds, apart):
    """Writes the verdict: what is known, and of what was proved now the functions without an open
    goal. @return the result, for show()"""
    open_ones = {name for name, _ in result["failed"]}
    bad = bool(result["warnings"]) or sum(result["goals"].values()) < result["scheduled"] or (
        result["smoke"] is not None and result["smoke"][0] != result["smoke"][1])
    fresh = {} if bad and result["goals"] else {
        name: {"key": keys[name], "goals": goals} for name, goals in result["goals"].items()
        if goals and name not in open_ones}
    total = max(1, sum(result["goals"].values()))
    for name, about in fresh.items():
        about["seconds"] = round(seconds * about["goals"] / total, 1)
    functions = dict(sorted({**old, **fresh}.items()))
    write(verdict_path(path), json.dumps(
        {"tools": versions(), "apart": sorted({*apart, *result["apart"]}),
         "functions": functions}, indent=1) + "\n")
    return dict(result, functions=functions, seconds=seconds, fresh=len(fresh),
                apart=sorted({*apart, *result["apart"]}),
                fine=not result["goals"] or not (bad or open_ones))


def verdict_path(path):
    """Where the verdict about a file is kept."""
    return f"tools/prove/verdicts/{path.replace('/', '_')}.json"


def known_verdict(path):
    """The verdict about a file."""
    if not os.path.exists(verdict_path(path)):
        return {"tools": [], "apart": [], "functions": {}}
    with open(verdict_path(path), encoding="utf-8") as file:
        return json.load(file)


def check(build):
    """What CI asks: is each verdict about the sources as they stand; and do the quickest functions,
    for CHECK_SECONDS in all, prove again (where there is a prover)? @return faults"""
    cases, faults, quick = 0, 0, []
    for path in source.core_files():
        known = known_verdict(path)["functions"]
        if not known:
            continue
        proved, _, text = plan(build, path)
        keys = keys_of(text, proved)
        stale = [name for name in known if keys.get(name) != known[name]["key"]]
        cases, faults = cases + 1, faults + bool(stale)
        print(f"FAIL {path}: the verdicts about {', '.join(stale)} are about another text: "
              f"./tessera prove {path}" if stale else
              f"ok {path}: {len(known)} verdicts are about this text")
        quick += [(known[name]["seconds"], path, name) for name in known if name not in stale]
    left, again = CHECK_SECONDS, {}
    for seconds, path, name in sorted(quick) if shutil.which("frama-c") else []:
        left -= seconds + 0.5
        if left < 0:
            break
        again.setdefault(path, []).append(name)
    for path, names in list(again.items())[:CHECK_FILES]:
        result = prove_some(build, path, names)
        cases, faults = cases + 1, faults + (not good(result))
        print(f"{'ok' if good(result) else 'FAIL'} {path}: {', '.join(names)} proved again")
    print(f"{cases - faults} passed, {faults} failed")
    return faults


def show(path, result):
    """One line a file, and what is wrong below it."""
    smoke = f", smoke {result['smoke'][0]}/{result['smoke'][1]}" if result["smoke"] else ""
    goals = sum(about["goals"] for about in result["functions"].values())
    print(f"{'ok  ' if result['fine'] else 'FAIL'} {path}: {len(result['functions'])} functions, "
          f"{goals} goals{smoke} ({result['fresh']} functions now, {result['seconds']} s)",
          flush=True)
    for name, goal in result["failed"]:
        print(f"       {name}: {goal}")
    for line in result["warnings"]:
        print(f"       {line}")


def main():
    options = argparse.ArgumentParser(description=__doc__, add_help=True,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--all", action="store_true", help="also what has not changed")
    options.add_argument("--smoke", action="store_true", help="look for contradictory assumptions")
    options.add_argument("--mutants", action="store_true", help="mistakes that must be found")
    options.add_argument("--report", action="store_true",
                         help="write the pages from the verdicts, prove nothing")
    options.add_argument("--check", action="store_true", help="are the verdicts up to date?")
    options.add_argument("--function", action="append", help="only this one; may be repeated")
    options.add_argument("build")
    options.add_argument("files", nargs="*")
    given = options.parse_args()
    build = os.path.abspath(given.build)
    prepare(build)
    wrong = 0
    if given.check:
        return 1 if check(build) else 0
    if given.mutants:
        return 1 if mutants.run(build, lambda path, name, copy:
                                prove_some(build, path, [name], copy), good) else 0
    results = {}
    for path in given.files or source.core_files():
        only = [] if given.report else given.function
        result = prove_file(build, path, given.all, given.smoke, only)
        if result:
            if not given.report:
                show(path, result)
            wrong += not result["fine"]
            results[path] = result
    if not given.files and not given.function:
        wrong += report.make(results, read_list("tools/prove/unproved"), versions())
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
