# SPDX-License-Identifier: BSD-2-Clause
"""Runs Frama-C/WP and reads what it says. Goals go to the provers in stages: most are proved by the
first in no time; only functions with open goals are given to the others, with more time."""
import os
import re
import subprocess

TIMEOUT = int(os.environ.get("PROVE_TIMEOUT", "15"))
# Provers and seconds a goal, in order. z3m is Z3 without a search for models, see why3_conf().
STAGES = (("cvc4", TIMEOUT // 3), ("z3,z3m", TIMEOUT), ("cvc4", TIMEOUT))
# Mutants and their controls: what fails has to fail soon.
SHORT_STAGES = (("cvc4", 5), ("z3,z3m", 8))
SMOKE_STAGES = (("cvc4", 1),)
# What a run can be about: run-time errors, with what callees and loops ask for; the rest of the
# contract; or whether what is assumed contradicts itself, so that it would prove everything.
PARTS = {"errors": "-@ensures", "contract": "@ensures,@assigns",
         "smoke": "-@ensures,-@assigns,-@assert,-@requires,-@invariant,-@variant,-@terminates,"
                  "-@check,-@exits"}
SCHEDULED = re.compile(r"^\[wp\] (\d+) goals? scheduled", re.M)
SMOKE = re.compile(r"^\[wp\] \[(?P<said>\w+)\] Smoke-test (?P<goal>\S+)", re.M)
GOAL = re.compile(r"^\[wp\] \[[^\]]*\] Goal (?P<goal>\S+)(?: : (?P<said>\w+).*)?$", re.M)
WARNING = re.compile(r"^(?:\[(?:wp|kernel)[^\]]*\] .*\bWarning:.*(?:\n  .*)*|"
                     r"\[kernel\] User Error.*)", re.M)
# What WP assumes of a pointer argument: it does not lead to the kernel's state.
HYPOTHESIS = re.compile(r"Memory model hypotheses for function '(\w+)'")
# Warnings that say nothing about the proof; a failed smoke test is counted by its goal.
HARMLESS = ("Neither code nor", "inline assembly", "-wp-rte", "No goal generated",
            "Failed smoke-test")
# Z3 as Why3 runs it, but without looking for models of quantified formulas: it says sooner that it
# does not know, and proves some goals that it does not prove otherwise, and not all that it does.
MATCHING = """
[prover]
alternative = "matching"
command = "z3 -smt2 -T:%t auto_config=false smt.mbqi=false smt.random_seed=42 -st %f"
command_steps = "z3 -smt2 -T:%t auto_config=false smt.mbqi=false rlimit=%S -st %f"
driver = "z3_471"
in_place = false
interactive = false
name = "Z3"
shortcut = "z3m"
version = "VERSION"
"""


def why3_conf(path):
    """Tells Why3 about the provers: more memory than it gives them, and Z3 a second time."""
    subprocess.run(["why3", "config", "detect", "-C", path], check=True, capture_output=True)
    with open(path, encoding="utf-8") as file:
        text = re.sub(r"memlimit = \d+", "memlimit = 4000", file.read())
    version = re.search(r'name = "Z3".*?version = "([^"]*)"', text, re.S)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + MATCHING.replace("VERSION", version[1] if version else ""))


# What WP need not simplify: provers do not miss it, and WP alone took most of the time of functions
# that call many (pruning: 4 times; the others: 2.5 times as quick without).
SIMPLE = ("-wp-no-pruning", "-wp-no-core", "-wp-no-ground", "-wp-no-simplify-is-cint")


def command(flags, proved, inlined, part, provers, seconds, parallel, props):
    """The command line of one run."""
    words = ["frama-c", "-machdep", "gcc_x86_64", "-c11", "-cpp-extra-args=" + " ".join(flags),
             "-wp", "-wp-rte", "-wp-model", "Typed", *SIMPLE, "-wp-par",
             str(parallel), "-wp-prover", provers, "-wp-timeout", str(seconds),
             "-wp-cache", "none", "-wp-fct", ",".join(proved)]
    if inlined:
        words += ["-inline-calls", ",".join(inlined)]
    if part == "smoke":
        words += ["-wp-smoke-tests", "-wp-smoke-timeout", str(seconds)]
    return words + ["-wp-prop=" + (props or PARTS[part])]


def call(words, path, log):
    """Runs one command. @return the output, and the seconds of processor time it took"""
    polite = ["nice", "-n", "10"] if os.nice(0) == 0 else []
    os.makedirs(os.path.dirname(log), exist_ok=True)
    lines = []
    with open(log, "a", encoding="utf-8") as file:
        child = subprocess.Popen([*polite, *words, path], stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, errors="replace")
        for line in child.stdout:
            lines.append(line)
            file.write(line)
            file.flush()
        usage = os.wait4(child.pid, 0)[2]
        child.returncode = 0
    return "".join(lines), usage.ru_utime + usage.ru_stime


def verdict(output, proved):
    """What the output says: of each function its goals and those that are open; warnings."""
    scheduled = SCHEDULED.search(output)
    warnings = [w for w in WARNING.findall(output) if not any(h in w for h in HARMLESS)]
    apart = {name for w in warnings for name in HYPOTHESIS.findall(w)}
    warnings = [w for w in warnings if not HYPOTHESIS.search(w)]
    goals, failed, fine, said = {name: 0 for name in proved}, [], set(), 0
    by_length = sorted(proved, key=len, reverse=True)
    for match in [*GOAL.finditer(output), *SMOKE.finditer(output)]:
        name = next((n for n in by_length if match["goal"].startswith(f"typed_{n}_")), None)
        said += 1
        if name is not None:
            goals[name] += 1
        if match["said"] in ("Valid", "Passed"):
            fine.add((name, match["goal"]))
        else:
            failed.append((name, match["goal"]))
    none = 0 if "No goal generated" in output else -1
    return {"goals": goals, "scheduled": int(scheduled[1]) if scheduled else none, "said": said,
            "fine": fine - set(failed), "failed": sorted(failed, key=str),
            "apart": sorted(apart), "warnings": warnings}


def properties(goals):
    """The names that select some goals of a contract again."""
    names = set()
    for goal in goals:
        name = re.search(r"_ensures_(\w+?)(?:_part\d+)?(?:_\d+)?$", goal)
        names |= {name[1]} if name else {"@ensures", "@assigns"}
    return ",".join(sorted(names))


def prove(where, proved, inlined, part, copy=None, parallel=2, stages=STAGES,
          props=None):
    """Runs the provers, stage by stage. @param where (path, flags, log) @param part the goals of
    PARTS that are meant @param copy to be proved instead of the file
    @param props other goals than those of PARTS @return verdict(), with each function's seconds"""
    path, flags, log = where
    stages = SMOKE_STAGES if part == "smoke" else stages
    total, names = None, proved
    for provers, seconds in stages:
        words = command(flags, names, inlined, part, provers, seconds, parallel, props)
        output, spent = call(words, copy or path, log)
        result = verdict(output, proved)
        share = spent / max(1, sum(result["goals"][name] for name in names))
        result["seconds"] = {name: result["goals"][name] * share for name in proved}
        total = join(total, result) if total else result
        if part == "smoke" or total["warnings"] or total["said"] < total["scheduled"]:
            break
        names = sorted({name for name, _ in total["failed"] if name})
        if not names:
            break
        if part == "contract":
            props = properties(goal for _, goal in total["failed"])
    return total


def prove_errors(where, proved, inlined, copy=None, parallel=2, stages=STAGES):
    """As prove(), of functions without loops: that loops assign no more than they say need not be
    shown. Only what has no goal but those of what it assigns is asked for these."""
    result = prove(where, proved, inlined, "errors", copy, parallel, stages,
                   PARTS["errors"] + ",-@assigns")
    bare = [name for name in proved if not result["goals"][name]]
    if not bare:
        return result
    more = prove(where, bare, inlined, "errors", copy, parallel, stages)
    both = {key: result[key] + more[key] for key in ("scheduled", "said", "failed", "warnings")}
    return dict(result, **both, goals={**result["goals"], **{n: more["goals"][n] for n in bare}},
                seconds={**result["seconds"], **more["seconds"]})


def join(first, more):
    """What two stages say: a goal that one of them proves is proved."""
    usable = more["said"] >= more["scheduled"] > 0 and not more["warnings"]
    failed = [pair for pair in first["failed"] if not usable or pair not in more["fine"]]
    seconds = {name: first["seconds"][name] + more["seconds"][name] for name in first["seconds"]}
    return dict(first, failed=failed, seconds=seconds)


def good(result):
    """Whether all that was scheduled is proved. (WP counts termination that is trivial besides.)"""
    return (result["said"] >= result["scheduled"] > 0 and not result["failed"]
            and not result["warnings"])
