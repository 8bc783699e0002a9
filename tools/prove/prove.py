#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""prove.py [--all] [--smoke] [--mutants] [--function NAME] BUILD [FILE...]

Runs Frama-C/WP with Z3 and CVC4 over the kernel's core, file by file: each function that has a
contract, with the functions that have none inlined where they are called. A file whose text,
headers and tools are what they were when it last proved is not proved again, unless --all. Fails
when a goal that is scheduled is not proved, or when a function is neither proved nor listed in
tools/prove/unproved. docs/howto/proofs.md says how to work with it.
"""
import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time

import fields
import mutants
import report
import source

TIMEOUT = 15
SUMMARY = re.compile(r"Proved goals:\s*(\d+)\s*/\s*(\d+)")
SCHEDULED = re.compile(r"^\[wp\] (\d+) goals? scheduled", re.M)
SMOKE = re.compile(r"Smoke Tests:\s*(\d+)\s*/\s*(\d+)")
BAD = re.compile(r"^\[wp\] \[(?:Failed|Timeout|Unsuccess|Unknown|Stepout)\w*\] Goal (\S+)|"
                 r"^\[wp\] \[.*?\] Goal (\S+) : (?!Valid|Passed)", re.M)
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
    if not os.path.exists(conf):
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
    """What the output says: goals scheduled and proved, which failed, smoke tests, warnings."""
    summary, scheduled = SUMMARY.search(output), SCHEDULED.search(output)
    smoke = SMOKE.search(output)
    warnings = [w for w in WARNING.findall(output) if not any(h in w for h in HARMLESS)]
    apart = sorted({name for w in warnings for name in HYPOTHESIS.findall(w)})
    warnings = [w for w in warnings if not HYPOTHESIS.search(w)]
    return {"functions": proved,
            "goals": int(summary[2]) if summary else 0,
            "proved": int(summary[1]) if summary else 0,
            "scheduled": int(scheduled[1]) if scheduled else -1,
            "smoke": [int(smoke[1]), int(smoke[2])] if smoke else None,
            "failed": sorted({a or b for a, b in BAD.findall(output)}),
            "apart": apart, "warnings": warnings}


def good(result):
    """Whether all that was scheduled is proved. (WP counts termination that is trivial besides.)"""
    return (result["goals"] >= result["scheduled"] > 0 and result["goals"] == result["proved"]
            and not result["failed"] and not result["warnings"]
            and (result["smoke"] is None or result["smoke"][0] == result["smoke"][1]))


def prove_some(build, path, wanted, copy=None):
    """Proves some functions of a file, or of a copy of it; nothing is remembered."""
    proved, inlined, _ = plan(build, path)
    chosen = [name for name in proved if name in wanted]
    if not chosen:
        return None
    start = time.time()
    result = verdict(frama_c(build, path, chosen, inlined, False, copy), chosen)
    return dict(result, seconds=round(time.time() - start), fresh=True)


def key_of(text, proved):
    """What a verdict is about: the text without its layout and plain comments, the tools."""
    text = re.sub(r"/\*(?!@).*?\*/", " ", text, flags=re.S)
    text = re.sub(r"^# \d+ .*$", "", text, flags=re.M)
    words = " ".join(text.split())
    return hashlib.sha256("\0".join([words, *versions(), *proved]).encode()).hexdigest()


def prove_file(build, path, again, smoke):
    """Proves one file, or takes what is known of it. @return the result; None: nothing to do"""
    proved, inlined, text = plan(build, path)
    alone = path.endswith(".h") and os.path.exists(path[:-2] + ".c")
    if not proved or alone: # the functions of a header are proved with its .c file
        return None
    key = key_of(text, proved)
    state = f"{build}/prove/state/{path}.json"
    if not again and os.path.exists(state):
        known = json.load(open(state, encoding="utf-8"))
        if known["key"] == key and good(known) and (known["smoke"] or not smoke):
            return dict(known, fresh=False)
    start = time.time()
    output = frama_c(build, path, proved, inlined, smoke)
    result = dict(verdict(output, proved), key=key, seconds=round(time.time() - start),
                  inlined=inlined)
    write(state, json.dumps(result, indent=1) + "\n")
    return dict(result, fresh=True)


def show(path, result):
    """One line a file, and what is wrong below it."""
    state = "ok  " if good(result) else "FAIL"
    how = f"{result['seconds']} s" if result["fresh"] else "unchanged"
    smoke = f", smoke {result['smoke'][0]}/{result['smoke'][1]}" if result["smoke"] else ""
    print(f"{state} {path}: {len(result['functions'])} functions, {result['proved']} of "
          f"{result['goals']} goals{smoke} ({how})", flush=True)
    for line in result["failed"] + result["warnings"]:
        print(f"       {line}")


def main():
    options = argparse.ArgumentParser(description=__doc__, add_help=True,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--all", action="store_true", help="also what has not changed")
    options.add_argument("--smoke", action="store_true", help="look for contradictory assumptions")
    options.add_argument("--mutants", action="store_true", help="mistakes that must be found")
    options.add_argument("--function", action="append", help="only this one; may be repeated")
    options.add_argument("build")
    options.add_argument("files", nargs="*")
    given = options.parse_args()
    build = os.path.abspath(given.build)
    prepare(build)
    wrong = 0
    if given.mutants:
        return 1 if mutants.run(build, lambda path, name, copy:
                                prove_some(build, path, [name], copy), good) else 0
    results = {}
    for path in given.files or source.core_files():
        if given.function:
            result = prove_some(build, path, given.function)
        else:
            result = prove_file(build, path, given.all, given.smoke)
        if result:
            show(path, result)
            wrong += not good(result)
            results[path] = result if good(result) else None
    if not given.files and not given.function:
        wrong += report.make(results, read_list("tools/prove/unproved"), versions())
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
