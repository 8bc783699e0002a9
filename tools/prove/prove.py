#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""prove.py [--all] [--check] [--report] [--smoke] [--mutants] [--function NAME] BUILD [FILE...]

Runs Frama-C/WP with Z3 and CVC4 over the kernel's core, file by file: each function that has a
contract, with the functions that have none inlined where they are called. Two parts: that there
are no run-time errors (with what callees require, and loops keep), and the rest of the contract;
tools/prove/unproved says of which functions one or both are not asked. What a verdict in
tools/prove/verdicts/ is about, by a hash of text, headers and tools, is not proved again, unless
--all. Fails when a goal that is scheduled is not proved, or when a function is neither proved nor
listed in tools/prove/unproved. --check is for CI: it fails if a verdict is not about the sources as
they stand, and proves the quickest files again. docs/howto/proofs.md says how to work with it.
"""
import argparse
import functools
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
import verdicts

UNPROVED = "tools/prove/unproved"
TIMEOUT = int(os.environ.get("PROVE_TIMEOUT", "15"))
# What --check proves again takes about so long, on a machine like the one of the verdicts.
CHECK_SECONDS = 60
CHECK_FILES = 5
# What a run can be about: run-time errors, with what callees and loops ask for; or the rest of the
# contract.
PARTS = {"errors": "-@ensures", "contract": "@ensures,@assigns"}
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
    promise(f"{gen}/object/operations.h")
    subprocess.run([python, "tools/rooms/rooms.py", "view", f"{build}/rooms/prove", gen, "prove"],
                   check=True)
    conf = f"{build}/prove/why3.conf"
    if not os.path.exists(conf) and shutil.which("why3"):
        os.makedirs(f"{build}/prove", exist_ok=True)
        subprocess.run(["why3", "config", "detect", "-C", conf], check=True, capture_output=True)
        text = open(conf, encoding="utf-8").read()
        write(conf, re.sub(r"memlimit = \d+", "memlimit = 4000", text))
    os.environ["WHY3CONFIG"] = os.path.abspath(conf)


def promise(path):
    """Gives the declarations of operations, for those who call them, the contracts that stand with
    the definitions."""
    text = open(path, encoding="utf-8").read()
    for file in source.core_files():
        for f in source.functions(file) if file.startswith("kernel/object/") else []:
            head = f"enum error {f.name}(ref_t thread, ref_t slot);\n"
            if f.contract and f.body is not None:
                text = text.replace(
                    head, f"#ifdef PROVE_CALLS\n/*@ {f.contract} */\n#endif\n{head}")
    for name, contract in source.GENERATED.items():
        head = re.search(rf"^static inline .*\b{name}\(", text, re.M).start()
        text = text[:head] + f"#ifdef PROVE_CALLS\n/*@ {contract} */\n#endif\n" + text[head:]
    text = text.replace("#include <model/k.h>", "#include <model/fields.h>")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def read_list(path):
    """tools/prove/unproved: name, part and reason a line. @return {name: (part, reason)}"""
    with open(path, encoding="utf-8") as file:
        lines = [line.split(None, 2) for line in file if line.strip() and line[0] != "#"]
    return {name: (part, reason.strip()) for name, part, reason in lines}


def flags(build, path):
    """What the preprocessor is told."""
    folder = os.path.dirname(path)
    room = os.path.basename(folder)
    bits = ["-DPROVE_BITS"] if path.startswith("common/") else []
    bits += ["-DPROVE_CALLS"] if room == "entry" else []
    return [f"-I{build}/rooms/prove/{room}", "-iquote", folder, "-iquote", f"{folder}/prove",
            "-iquote", f"{build}/prove/gen/{room}", *bits]


def versions():
    """What the verdicts depend on besides the text: the tools."""
    said = [subprocess.run([tool, "--version" if tool != "frama-c" else "-version"],
                           capture_output=True, text=True, check=True).stdout.split("\n")[0]
            for tool in ("frama-c", "why3", "z3", "cvc4")]
    return said


def preprocessed(build, path):
    """The text that is proved, comments, macros of ours and all, for the hash; and the functions in
    it."""
    run = subprocess.run(["gcc", "-E", "-C", "-dD", *flags(build, path), path],
                         capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    lines, ours = [], False
    for line in run.stdout.split("\n"):
        marker = re.match(r'# \d+ "([^"]*)"', line)
        if marker:
            ours = not marker[1].startswith(("<", "/usr/"))
        elif not ours and line.startswith(("#define", "#undef")):
            continue
        lines.append(line)
    # A macro of a system header comes with line markers: bool must not break a function's head.
    text = re.sub(r'[ ]*\n# \d+ "[^\n]*\n\s*_Bool\s*\n# \d+ "[^\n]*\n\s*', " _Bool ",
                  "\n".join(lines))
    return re.sub(r"(^|\*/|[;}])[ \n]*_Bool (?=\w+\()", r"\1\n_Bool ", text, flags=re.M)


def plan(build, path):
    """What is scheduled of a file (and of the header of its name). @return {part: functions}, the
    functions that are inlined, the text"""
    text = preprocessed(build, path)
    here = source.functions(path)
    header = path[:-2] + ".h"
    if path.endswith(".c") and os.path.exists(header):
        here = source.functions(header) + here
    open_ones = read_list(UNPROVED)
    known = {m["name"] for m in source.HEAD.finditer(text) if m["end"] == "{"}
    specified = {m["name"] for m in source.HEAD.finditer(text)
                 if source.contract(text, m.start())}
    mine = [f.name for f in here if f.body is not None and f.name in specified
            and open_ones.get(f.name, ("contract", ""))[0] != "all"]
    mine += source.GENERATED if path == source.GENERATED_FOR else []
    inlined = sorted(known - specified)
    return {"errors": mine, "contract": [n for n in mine if n not in open_ones]}, inlined, text


def frama_c(build, path, proved, inlined, smoke, copy=None, part=None):
    """One run of the provers, over a copy of the file if one is given. @param part the goals of
    PARTS that are meant; None: all @return the output"""
    polite = ["nice", "-n", "10"] if os.nice(0) == 0 else []
    command = [*polite, "frama-c", "-machdep", "gcc_x86_64", "-c11",
               "-cpp-extra-args=" + " ".join(flags(build, path)),
               "-wp", "-wp-rte", "-wp-model", "Typed", "-wp-par", "2", "-wp-prover", "z3,cvc4",
               "-wp-timeout", str(TIMEOUT), "-wp-cache", "none", "-wp-fct", ",".join(proved)]
    if inlined:
        command += ["-inline-calls", ",".join(inlined)]
    if part:
        command += ["-wp-prop=" + PARTS[part]]
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


def prove_some(build, path, wanted, part, copy=None):
    """Proves some functions of a file, or of a copy of it; nothing is remembered."""
    _, inlined, _ = plan(build, path)
    return run(build, path, wanted, inlined, False, part, copy)


def prove_file(build, path, given):
    """Proves of one file what is scheduled and not known yet. @return the result, or None: nothing
    to do"""
    parts, inlined, text = plan(build, path)
    alone = path.endswith(".h") and os.path.exists(path[:-2] + ".c")
    if not parts["errors"] or alone: # the functions of a header are proved with its .c file
        return None
    keys, known = verdicts.keys_of(text, parts["errors"]), verdicts.read(path, versions())
    functions = {name: about for name, about in known["functions"].items()
                 if about["key"] == keys.get(name) and not given.all}
    total = {"functions": functions, "apart": set(known["apart"]), "failed": [], "warnings": [],
             "smoke": [0, 0], "seconds": 0, "fresh": 0, "short": 0}
    for part, names in parts.items():
        now = [name for name in names if part not in functions.get(name, {}) or given.smoke]
        if given.errors and part != "errors":
            continue
        if given.function or given.report:
            now = [name for name in now if name in (given.function or [])]
        if now:
            add(total, run(build, path, now, inlined, given.smoke, part), keys, part)
    if not given.smoke:
        verdicts.write(path, versions(), sorted(total["apart"]), functions)
    return dict(total, fine=not (total["failed"] or total["warnings"] or total["short"]))


def run(build, path, names, inlined, smoke, part, copy=None):
    """Runs the provers and takes the time. @return as verdict()"""
    start = time.time()
    result = verdict(frama_c(build, path, names, inlined, smoke, copy, part), names)
    return dict(result, seconds=time.time() - start)


def add(total, result, keys, part):
    """Puts the result of one run to what is known of a file."""
    open_ones = {name for name, goal in result["failed"] if counts(name, goal, part)}
    short = max(0, result["scheduled"] - sum(result["goals"].values()))
    count = max(1, sum(result["goals"].values()))
    total["failed"] += [pair for pair in result["failed"] if counts(*pair, part)]
    total["warnings"] += result["warnings"]
    total["short"] += short + (result["scheduled"] < 0)
    total["seconds"] += round(result["seconds"])
    total["apart"] |= set(result["apart"])
    total["smoke"] = [a + b for a, b in zip(total["smoke"], result["smoke"] or (0, 0))]
    if result["warnings"] or short or result["scheduled"] < 0:
        return
    for name, goals in result["goals"].items():
        if name in open_ones or not goals and part == "errors":
            continue
        about = total["functions"].setdefault(name, {"key": keys[name]})
        about[part] = {"goals": goals, "seconds": round(result["seconds"] * goals / count, 1)}
        total["fresh"] += 1


def counts(name, goal, part):
    """Whether an open goal is one of this part: what a function assigns is of its contract."""
    return part == "contract" or not goal.startswith(f"typed_{name}_assigns")


def check(build):
    """What CI asks: is each verdict about the sources as they stand; and do the quickest functions,
    for CHECK_SECONDS in all, prove again (where there is a prover)? @return faults"""
    cases, faults, quick = 0, 0, []
    for path in source.core_files():
        known = verdicts.read(path, None)["functions"]
        if not known:
            continue
        parts, _, text = plan(build, path)
        keys = verdicts.keys_of(text, parts["errors"])
        stale = [name for name in known if keys.get(name) != known[name]["key"]]
        cases, faults = cases + 1, faults + bool(stale)
        print(f"FAIL {path}: the verdicts about {', '.join(stale)} are about another text: "
              f"./tessera prove {path}" if stale else
              f"ok {path}: {len(known)} verdicts are about this text")
        quick += [(known[name]["errors"]["seconds"], path, name) for name in known
                  if name not in stale and "errors" in known[name]]
    left, again = CHECK_SECONDS, {}
    for seconds, path, name in sorted(quick) if shutil.which("frama-c") else []:
        left -= seconds + 0.5
        if left < 0:
            break
        again.setdefault(path, []).append(name)
    for path, names in list(again.items())[:CHECK_FILES]:
        result = prove_some(build, path, names, "errors")
        cases, faults = cases + 1, faults + (not good(result))
        print(f"{'ok' if good(result) else 'FAIL'} {path}: {', '.join(names)} proved again")
    print(f"{cases - faults} passed, {faults} failed")
    return faults


def show(path, result):
    """One line a file, and what is wrong below it."""
    smoke = f", smoke {result['smoke'][0]}/{result['smoke'][1]}" if result["smoke"][1] else ""
    about = [about[part] for about in result["functions"].values() for part in PARTS
             if part in about]
    print(f"{'ok  ' if result['fine'] else 'FAIL'} {path}: {len(result['functions'])} functions, "
          f"{sum(part['goals'] for part in about)} goals{smoke} "
          f"({result['fresh']} proofs now, {result['seconds']} s)", flush=True)
    for name, goal in result["failed"]:
        print(f"       {name}: {goal}")
    if result["short"]:
        print(f"       {result['short']} goals were scheduled and have no verdict")
    for line in result["warnings"]:
        print(f"       {line}")


def arguments():
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__, add_help=True,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--all", action="store_true", help="also what has not changed")
    options.add_argument("--smoke", action="store_true", help="look for contradictory assumptions")
    options.add_argument("--mutants", action="store_true", help="mistakes that must be found")
    options.add_argument("--report", action="store_true",
                         help="write the pages from the verdicts, prove nothing")
    options.add_argument("--check", action="store_true", help="are the verdicts up to date?")
    options.add_argument("--errors", action="store_true", help="run-time errors only")
    options.add_argument("--function", action="append", help="only this one; may be repeated")
    options.add_argument("build")
    options.add_argument("files", nargs="*")
    return options.parse_args()


def main():
    given = arguments()
    build = os.path.abspath(given.build)
    prepare(build)
    if given.check:
        return 1 if check(build) else 0
    if given.mutants:
        return 1 if mutants.run(build, functools.partial(prove_some, build), good,
                                read_list(UNPROVED)) else 0
    results, wrong = {}, 0
    for path in given.files or source.core_files():
        result = prove_file(build, path, given)
        if result:
            if not given.report:
                show(path, result)
            wrong += not result["fine"]
            results[path] = result
    if not given.files and not given.function and not given.smoke:
        wrong += report.make(results, read_list(UNPROVED), versions())
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
