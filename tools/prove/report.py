# SPDX-License-Identifier: BSD-2-Clause
"""docs/reference/proofs.md: what is proved, what is trusted, what is not proved, with counts."""
import glob
import re

import mutants
import source

OUT = "docs/reference/proofs.md"
# Where else the line of numbers stands.
README = re.compile(r"(Proved of the kernel's core: ).*(\.)$", re.M)
BOOT = "kernel/boot/proofs.h"
BOOT_LINE = re.compile(r'(#define BOOT_PROOFS \\\n    ")[^"]*(")')
# The functions that assembly calls, and what marks a contract that is about all of kernel_wf.
DOORS = ("kernel/entry/entry.h", "kernel/entry/fast.h")
WHOLE = r"\brequires (?:kernel_wf|ALL_WF)\b|\bOPERATION\("
CONTRACTS = "kernel/arch/prove/arch_inline.h"


def covered(functions, proved):
    """Functions without a contract that are proved wherever they are called: all their callers in
    the core are proved, or covered themselves."""
    names = [f.name for f in functions]
    callers = {name: {f.name for f in functions if name in f.calls([name]) and f.name != name}
               for name in names}
    done, grew, named = set(proved), True, specified()
    while grew:
        more = {f.name for f in functions if f.name not in done | named
                and callers[f.name] and callers[f.name] <= done}
        done, grew = done | more, bool(more)
    return done - set(proved)


def assumptions():
    """Every contract that is assumed, every axiom and admitted fact: (kind, place, text)."""
    found = []
    paths = source.core_files() + sorted(glob.glob("kernel/*/prove/*.h"))
    for path in paths:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for match in re.finditer(r"\b(admit|axiom)\b(.*?);\s*(?:$|\*/|//)", text, re.M | re.S):
            if source.inside_annotation(text, match.start()):
                line = text.count("\n", 0, match.start()) + 1
                found.append((match[1], f"{path}:{line}", " ".join(match[2].split())))
    return found


def arch_contracts():
    """Names of the arch functions whose contracts are assumed."""
    return [f.name for f in source.functions(CONTRACTS) if f.contract]


def specified():
    """Names of the core's functions that have a contract."""
    return {f.name for path in source.core_files() for f in source.functions(path) if f.contract}


def assumed_ghosts():
    """Ghost functions that are declared only: what happens to kinds at retype."""
    found = []
    for path in source.core_files():
        with open(path, encoding="utf-8") as file:
            found += re.findall(r"@/\n  void (\w+)\([^)]*\);", file.read())
    return found


def assembly_lines():
    """Lines of assembly in the kernel, comments and empty ones left out."""
    lines = 0
    for path in glob.glob("kernel/*/x86_64/*.S"):
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        lines += sum(1 for line in text.splitlines() if line.split("#")[0].strip())
    return lines


def reason(function, why):
    """Why a function, or its contract, is not proved."""
    return why.get(function.name, ("", "has not been tried"))[1]


def sections(functions, known, why, tools, results, mistakes):
    """The page, in lines. @param known see numbers() @param mistakes see mutants.keys()"""
    apart = sorted({name for result in results.values() for name in result["apart"]})
    errors, inside, contracts = known
    facts, arch = assumptions(), arch_contracts()
    trusted = sorted((specified() | set(source.GENERATED)) - contracts) + assumed_ghosts()
    yield "<!-- Made by tools/prove: change the code, or tools/prove/unproved. -->"
    yield "# What is proved of the kernel's C\n"
    yield line(functions, known) + "\n"
    yield "docs/howto/proofs.md says what that means. Proved with " + "; ".join(tools) + ".\n"
    yield "## Trusted\n"
    yield f"- {assembly_lines()} lines of assembly, and the C of `kernel/arch` and `kernel/boot`."
    yield f"- {len(arch)} assumed contracts of `arch` functions: " + ", ".join(arch) + "."
    yield (f"- {len(trusted)} contracts of functions of the core, and of ghosts, that are not "
           "proved and that their callers assume: " + ", ".join(trusted) + ".")
    yield f"- {len(facts)} axioms and admitted facts:"
    for kind, place, text in facts:
        yield f"  - {kind}, {place}: `{text}`"
    yield (f"- {len(apart)} functions that give results through a pointer are given one that does "
           "not lead to the kernel's state (callers pass addresses of locals): "
           + ", ".join(apart) + ".")
    yield ("- That fields are arrays of their own for provers (tools/prove/fields.py says why); "
           "each access to one is proved to be in an object of the field's type.")
    yield "- That every caller outside the proved functions keeps what their contracts require."
    yield "- Frama-C, WP, Why3, Z3, CVC4, the compiler and the processor.\n"
    yield from doors(known)
    yield from smoked(results)
    yield from made(mistakes, tools)
    yield from spent(results)
    yield "## No run-time errors, and the contract\n"
    for f in functions:
        if f.name in contracts:
            yield f"- `{f.name}` ({f.path})"
    yield "\n## No run-time errors\n"
    yield ("As long as the contracts of those that it calls hold. Not proved is what the function "
           "itself ensures, or assigns.\n")
    for f in functions:
        if f.name in errors - contracts:
            yield f"- `{f.name}` ({f.path}): {reason(f, why)}"
        elif f.name in inside:
            yield f"- `{f.name}` ({f.path}): has no contract; proved inside those that call it"
    yield "\n## Not proved\n"
    for f in functions:
        if f.name not in errors and f.name not in inside:
            yield f"- `{f.name}` ({f.path}): {reason(f, why)}"


def doors(known):
    """What is required and ensured where the kernel is entered; and which functions inside require
    and ensure all of kernel_wf; and how far that is proved."""
    yield "## Where all of kernel_wf is required and ensured\n"
    yield ("That there is a state of which it holds is proved (" + source.WITNESS + "). The doors "
           "(system calls, the short ways that assembly tries first, interrupts with the timer's, "
           "exceptions), which assembly calls:\n")
    texts = {f.name: f for path in source.core_files() for f in source.functions(path)
             if f.contract and re.search(WHOLE, f.contract)}
    for f in texts.values():
        if f.path in DOORS:
            yield f"- `{f.name}` requires {clause(f, 'requires')}; ensures " \
                  f"{clause(f, 'ensures')}: {how_far(f.name, known)}"
    yield "\nFunctions inside rely on parts of it; these on all, and ensure it:\n"
    inner = {name: how_far(name, known) for name, f in texts.items() if f.path not in DOORS}
    for said in sorted(set(inner.values()), reverse=True):
        names = sorted(name for name in inner if inner[name] == said)
        yield f"- {said} ({len(names)}): " + ", ".join(f"`{name}`" for name in names)


def clause(function, keyword):
    """What a contract says behind a keyword, each time."""
    text = re.sub(r"//[^\n]*", "", function.contract).replace("ALL_KEPT", "ensures ALL_WF;")
    found = re.findall(rf"\b{keyword}\b([^;]*);", text)
    return ", ".join("`" + " ".join(part.split()) + "`" for part in found)


def how_far(name, known):
    """How much of a contract is proved, in words."""
    errors, _, contracts = known
    return ("proved" if name in contracts else
            "what it requires is proved to be enough for the run, what it ensures is assumed"
            if name in errors else "assumed")


def smoked(results):
    """What smoke tests have found: nothing, or they would fail."""
    parts = [parts for result in results.values() for parts in result["functions"].values()]
    tests = [part["smoke"]["goals"] for part in parts if "smoke" in part]
    yield "\n## Assumptions that contradict each other\n"
    yield (f"None found: {sum(tests)} smoke tests in {len(tests)} of {len(parts)} functions that "
           "are proved try to prove `false` from what is required, and behind branches and calls. "
           "Branches that are known to be never taken: tools/prove/unreached.\n")


def spent(results):
    """How long proving takes: by part, and what takes longest."""
    files = {path: sum(about[name]["seconds"] for about in result["functions"].values()
                       for name in ("errors", "contract", "smoke") if name in about)
             for path, result in results.items()}
    most = sorted(files, key=files.get)[-3:][::-1]
    parts = [sum(about[name]["seconds"] for result in results.values()
                 for about in result["functions"].values() if name in about)
             for name in ("errors", "contract", "smoke")]
    yield "## How long it takes\n"
    yield (f"{sum(parts) / 60:.0f} minutes of processor time in all ({parts[0] / 60:.0f} run-time "
           f"errors, {parts[1] / 60:.0f} contracts, {parts[2] / 60:.0f} smoke tests): on two cores "
           f"half as many minutes from nothing, if nothing else runs. Longest: "
           + ", ".join(f"{path} {files[path] / 60:.0f}" for path in most) + ".\n")


def made(mistakes, tools):
    """Which mistakes made on purpose were found."""
    known = mutants.kept(tools)
    found = [mutant for key, mutant in mistakes if known.get(key, {}).get("found")]
    time = sum(known[key]["seconds"] for key, _ in mistakes if key in known)
    yield "## Mistakes made on purpose\n"
    yield (f"{len(found)} of {len(mistakes)} were found in the sources as they stand, beside the "
           f"same function without them, which proves; that took {time / 60:.0f} minutes of "
           "processor time. tools/prove/mutants.yaml has them all.\n")
    for key, mutant in mistakes:
        if mutant in found:
            continue
        yield (f"- `{mutant['function']}` ({mutant['file']}), {mutant['why']}: "
               + ("was not run on this text" if key not in known else "was not shown to be found"))
    if len(found) < len(mistakes):
        yield ""


def numbers(functions, results):
    """Names of the functions whose run-time errors are excluded, of those that are proved inside
    others, and of those whose contract is proved too."""
    about = [pair for path, result in results.items() if path != source.WITNESS
             for pair in result["functions"].items()]
    errors = {name for name, parts in about if "errors" in parts}
    contracts = {name for name, parts in about if "errors" in parts and "contract" in parts}
    return errors, covered(functions, errors), contracts


def line(functions, known):
    """The proofs in one line."""
    errors, inside, contracts = known
    return (f"{len(errors) + len(inside)} of {len(functions)} functions: no run-time errors; "
            f"{len(contracts)}: contracts; {len(arch_contracts())} contracts of arch assumed")


def say(path, place, said):
    """Puts the line of numbers where a file has one."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    fresh = place.sub(lambda m: m[1] + said + m[2], text, count=1)
    if fresh != text:
        with open(path, "w", encoding="utf-8") as file:
            file.write(fresh)


def make(results, why, tools, mistakes):
    """Writes the page. @param results {file: result} @param why {function: (part, reason)} @param
    mistakes see mutants.keys() @return faults"""
    functions = [f for path in source.core_files() for f in source.functions(path)
                 if f.body is not None]
    known = numbers(functions, results)
    errors, inside, contracts = known
    faults = [f"tools/prove/unproved: {name} is not in the kernel" for name in why
              if name not in {f.name for f in functions}]
    faults += [f"{f.path}: {f.name} is neither proved nor in tools/prove/unproved"
               for f in functions if f.name not in contracts | inside | set(why)]
    faults += [f"{f.path}: {f.name} is not proved as far as tools/prove/unproved says"
               for f in functions if why.get(f.name, ("", ""))[0] == "contract"
               and f.name not in errors]
    for fault in faults:
        print(fault)
    with open(OUT, "w", encoding="utf-8") as file:
        file.write("\n".join(sections(functions, known, why, tools, results, mistakes)) + "\n")
    said = line(functions, known)
    say("README.md", README, said)
    say(BOOT, BOOT_LINE, said)
    print(said)
    return len(faults)
