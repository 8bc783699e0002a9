#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""prove.py [--all] [--open] [--check] [--report] [--part P] [--mutants] [--function NAME]
         [--jobs N] BUILD [FILE...]

Runs Frama-C/WP with Z3 and CVC4 over the kernel's core, file by file: each function that has a
contract, with the functions that have none inlined where they are called. Three parts: that there
are no run-time errors (with what callees require, and loops keep); the rest of the contract; and
smoke tests, which look for assumptions that contradict each other and would prove everything.
tools/prove/unproved says of which functions parts are not asked; --open asks nevertheless, and
takes off that list what is proved. What a verdict in tools/prove/verdicts/ is about, by a hash of
text, headers and tools, is not proved again, unless --all. Fails when a goal that is scheduled is
not proved, or when a function is neither proved nor listed in tools/prove/unproved. --check is for
CI: it fails if a verdict is not about the sources as they stand, and proves the quickest functions
again. docs/howto/proofs.md says how to work with it.
"""
import argparse
import concurrent.futures
import functools
import os
import re
import shutil
import subprocess
import sys

import fields
import mutants
import report
import source
import verdicts
import wp

UNPROVED = "tools/prove/unproved"
UNREACHED = "tools/prove/unreached"
# What --check proves again takes about so long, on a machine like the one of the verdicts.
CHECK_SECONDS = 60
CHECK_FILES = 5
# Functions a run of Frama-C.
GROUP = 5


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
    if shutil.which("why3") and (not os.path.exists(conf) or "z3m" not in open(conf).read()):
        wp.why3_conf(conf)
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
    room = "common" if path.startswith("common/") else path.split("/")[1]
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


def plan(build, path, everything=False):
    """What is scheduled of a file (and of the header of its name). @return {part: functions}, the
    functions that are inlined, the text"""
    text = preprocessed(build, path)
    here = source.functions(path)
    header = path[:-2] + ".h"
    if path.endswith(".c") and os.path.exists(header):
        here = source.functions(header) + here
    open_ones = {} if everything else read_list(UNPROVED)
    known = {m["name"] for m in source.HEAD.finditer(text) if m["end"] == "{"}
    specified = {m["name"] for m in source.HEAD.finditer(text)
                 if source.contract(text, m.start())}
    mine = [f.name for f in here if f.body is not None and f.name in specified
            and open_ones.get(f.name, ("contract", ""))[0] != "all"]
    mine += source.GENERATED if path == source.GENERATED_FOR else []
    inlined = sorted(known - specified)
    parts = {"errors": mine, "contract": [n for n in mine if n not in open_ones], "smoke": mine}
    return parts, inlined, text


def prove_some(build, path, names, part, copy=None, goals=None, stages=wp.SHORT_STAGES):
    """Proves some functions of a file, or of a copy of it, or some goals; nothing is remembered."""
    _, inlined, text = plan(build, path)
    if goals:
        return wp.prove(where(build, path), names, inlined, part, copy, stages=stages, props=goals)
    result = one_run(where(build, path), names, inlined, text, part, copy, stages=stages)
    return dict(result, failed=[pair for pair in result["failed"] if counts(*pair, part)])


def where(build, path):
    """What wp.prove() has to know of a file."""
    return path, flags(build, path), f"{build}/prove/log/{path}.log"


def prove_file(build, path, given):
    """Proves of one file what is scheduled and not known yet. @return the result, or None: nothing
    to do"""
    parts, inlined, text = plan(build, path, given.open)
    alone = path.endswith(".h") and os.path.exists(path[:-2] + ".c")
    if not parts["errors"] or alone: # the functions of a header are proved with its .c file
        return None
    keys, known = verdicts.keys_of(text, parts["errors"]), verdicts.read(path, versions())
    functions = {name: about for name, about in known["functions"].items()
                 if about["key"] == keys.get(name) and not (given.all and wanted(name, given))}
    total = {"functions": functions, "apart": set(known["apart"]), "failed": [], "warnings": [],
             "seconds": 0, "fresh": 0, "short": 0, "runs": 0}
    place = where(build, path)
    for part, names in parts.items():
        now = [name for name in names if part not in functions.get(name, {})]
        if given.part and part not in given.part or given.report:
            continue
        now = [name for name in now if wanted(name, given)]
        if now and not total["runs"]:
            write(place[2], "")
        for group in groups(now, part):
            total["runs"] += 1
            add(total, one_run(place, group, inlined, text, part, parallel=given.parallel), keys,
                part)
            verdicts.write(path, versions(), sorted(total["apart"]), functions)
    verdicts.write(path, versions(), sorted(total["apart"]), functions)
    open_ones = read_list(UNPROVED) if given.open else {}
    failed = [pair for pair in total["failed"] if pair[0] not in open_ones]
    return dict(total, fine=not (failed or total["warnings"] or total["short"]))


def wanted(name, given):
    """Whether a function was asked for."""
    return not given.function or name in given.function


def groups(names, part):
    """Functions that are proved in one run: some, so that what is known is kept soon. Smoke tests
    behind a call carry the name of who is called: one function at a time, to know whose they are.
    """
    size = 1 if part == "smoke" else GROUP
    return [names[i:i + size] for i in range(0, len(names), size)]


def one_run(place, names, inlined, text, part, copy=None, parallel=2, stages=wp.STAGES):
    """Runs the provers about some functions. @return as wp.prove()"""
    bodies = [head + body for owner, head, body in verdicts.split(text)
              if owner is None or owner in names]
    if part != "errors" or any("loop assigns" in body for body in bodies):
        return wp.prove(place, names, inlined, part, copy, parallel, stages)
    return wp.prove_errors(place, names, inlined, copy, parallel, stages)


def add(total, result, keys, part):
    """Puts the result of one run to what is known of a file."""
    failed = [pair for pair in result["failed"] if counts(*pair, part)]
    if part == "smoke" and never(result, failed):
        failed = []
    short = max(0, result["scheduled"] - result["said"]) + (result["scheduled"] < 0)
    total["failed"] += failed
    total["warnings"] += result["warnings"]
    total["short"] += short
    total["seconds"] += round(sum(result["seconds"].values()))
    total["apart"] |= set(result["apart"])
    if result["warnings"] or short or part == "smoke" and failed:
        return
    for name, goals in result["goals"].items():
        if name in {name for name, _ in failed} or not goals and part != "smoke":
            continue
        about = total["functions"].setdefault(name, {"key": keys[name]})
        about[part] = {"goals": result["said"] if part == "smoke" else goals,
                       "seconds": round(result["seconds"][name], 1)}
        total["fresh"] += 1


def never(result, failed):
    """Whether what smoke tests find are the places that are known to be never reached."""
    name = next(iter(result["goals"]))
    known = int(read_list(UNREACHED).get(name, ("0", ""))[0])
    return len(failed) == known and all("_dead_code_" in goal for _, goal in failed)


def counts(name, goal, part):
    """Whether an open goal is one of this part: what a function assigns is of its contract."""
    return part != "errors" or not goal.startswith(f"typed_{name}_assigns")


def check(build):
    """What CI asks: is each verdict about the sources as they stand; and do the quickest functions,
    for CHECK_SECONDS in all, prove again (where there is a prover)? @return faults"""
    cases, faults, quick = 0, 0, []
    for path in source.proved_files():
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
        cases, faults = cases + 1, faults + (not wp.good(result))
        print(f"{'ok' if wp.good(result) else 'FAIL'} {path}: {', '.join(names)} proved again")
    print(f"{cases - faults} passed, {faults} failed")
    return faults


def show(path, result):
    """One line a file, and what is wrong below it."""
    about = [about[part] for about in result["functions"].values() for part in wp.PARTS
             if part in about]
    print(f"{'ok  ' if result['fine'] else 'FAIL'} {path}: {len(result['functions'])} functions, "
          f"{sum(part['goals'] for part in about)} goals "
          f"({result['fresh']} proofs now, {result['seconds']} s)", flush=True)
    for name, goal in result["failed"]:
        print(f"       {name}: {goal}")
    if result["short"]:
        print(f"       {result['short']} goals were scheduled and have no verdict")
    for line in result["warnings"]:
        print(f"       {line}")


def keyed_mutants(build):
    """The mistakes made on purpose, each with a hash of itself and of what its function's verdict
    is about."""
    texts = functools.lru_cache(None)(functools.partial(preprocessed, build))
    return list(mutants.keys(lambda path, name: verdicts.keys_of(texts(path), [name])[name]))


def arguments():
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__, add_help=True,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--all", action="store_true", help="also what has not changed")
    options.add_argument("--open", action="store_true", help="also what is listed as not proved")
    options.add_argument("--mutants", action="store_true", help="mistakes that must be found")
    options.add_argument("--report", action="store_true",
                         help="write the pages from the verdicts, prove nothing")
    options.add_argument("--check", action="store_true", help="are the verdicts up to date?")
    options.add_argument("--part", action="append", choices=wp.PARTS, help="only this")
    options.add_argument("--function", action="append", help="only this one; may be repeated")
    options.add_argument("--jobs", type=int, default=os.cpu_count(), help="files at a time")
    options.add_argument("build")
    options.add_argument("files", nargs="*")
    return options.parse_args()


def take_off(results):
    """Takes off the list what is proved by now."""
    proved = {name: about for result in results.values()
              for name, about in result["functions"].items()}
    done = {name for name, (part, _) in read_list(UNPROVED).items()
            if {"errors", "contract"} <= set(proved.get(name, {}))}
    with open(UNPROVED, encoding="utf-8") as file:
        lines = [line for line in file if line[0] == "#" or line.split()[0] not in done]
    lines = [line.replace(" all      ", " contract ", 1) if line[0] != "#" and
             "errors" in proved.get(line.split()[0], {}) else line for line in lines]
    write(UNPROVED, "".join(lines))
    if done:
        print("taken off the list: " + ", ".join(sorted(done)))


def main():
    given = arguments()
    build = os.path.abspath(given.build)
    prepare(build)
    if given.check:
        return 1 if check(build) else 0
    if given.mutants:
        return 1 if mutants.run(build, functools.partial(prove_some, build), wp.good,
                                keyed_mutants(build), versions(), given.function) else 0
    files = given.files or source.proved_files()
    given.jobs = min(given.jobs, len(files))
    given.parallel = max(1, os.cpu_count() // given.jobs)
    results = {}
    with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        jobs = [(path, pool.submit(prove_file, build, path, given)) for path in files]
        for path, job in jobs:
            result = job.result()
            if result:
                results[path] = result
                if not given.report:
                    show(path, result)
    wrong = sum(not result["fine"] for result in results.values())
    if given.open:
        take_off(results)
    if not given.files and not given.function:
        wrong += report.make(results, read_list(UNPROVED), versions(), keyed_mutants(build))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
