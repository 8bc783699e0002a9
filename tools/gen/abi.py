#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""abi.py abi/abi.yaml OUT [DOCS]: what is made from the definition of the kernel interface.

  OUT/abi/abi.h            numbers, for both sides
  OUT/abi/invoke.h         user stubs, one inline function an operation
  OUT/abi/pairs.h          every operation with every outcome: what the kernel's tests must cover
  OUT/object/operations.h  the kernel's decode table
  DOCS/kernel.md           the reference page
"""
import sys

import yaml

from made import write

LICENSE = ("/* SPDX-License-Identifier: BSD-2-Clause */\n"
           "/* Made from abi/abi.yaml by tools/gen/abi.py: change that. */\n")


def snake(name):
    """SchedContext -> sched_context, CNode -> cnode"""
    name = name.replace("CNode", "Cnode")
    return "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(name))


def constant(prefix, name, value, doc, base="%du"):
    return f"/** {doc} */\n#define {prefix}{name} {base % value}\n"


def function(op):
    return f"{snake(op['type'])}_{op['name']}"


def check(abi):
    """The definition must agree with itself; the first thing wrong ends the build."""
    types = {t["name"] for t in abi["types"]}
    errors = {e["name"] for e in abi["errors"]}
    rights = {r["name"] for r in abi["rights"]}
    for call in abi["calls"]:
        for e in call["errors"]:
            if e not in errors:
                sys.exit(f"abi.yaml: {call['name']}: there is no error {e}")
    seen = set()
    for op in abi["operations"]:
        where = f"abi.yaml: {op['type']}.{op['name']}"
        for t in [op["type"]] + op.get("also", []):
            if t not in types:
                sys.exit(f"{where}: there is no type {t}")
            if (t, op["label"]) in seen:
                sys.exit(f"{where}: label {op['label']} is taken")
            seen.add((t, op["label"]))
        if len(op["args"]) > 8 or len(op.get("results", [])) > 8:
            sys.exit(f"{where}: more words than there are registers")
        for e in op["errors"]:
            if e not in errors:
                sys.exit(f"{where}: there is no error {e}")
        for r in op["rights"]:
            if r not in rights:
                sys.exit(f"{where}: there is no right {r}")


def numbers(abi):
    out = [LICENSE, "#ifndef ABI_ABI_H\n#define ABI_ABI_H\n\n#ifndef __ASSEMBLER__\n"
                    "#include <stdint.h>\n\n",
           "/** A machine word; also a message word. */\ntypedef uint64_t word_t;\n",
           "/** Index of a capability in the caller's CNode; 0 is none. */\n"
           "typedef uint64_t cap_t;\n\n",
           "/** How a system call ended. */\nenum error {\n"]
    for e in abi["errors"]:
        out.append(f"    E_{e['name']} = {e['number']}, /**< {e['doc']} */\n")
    out.append("};\n#define ERRORS %du\n#endif\n\n" % len(abi["errors"]))
    out.append(constant("ABI_", "VERSION", abi["version"], "Version of this interface."))
    for c in abi["calls"]:
        out.append(constant("SYS_", snake(c["name"]).upper(), c["number"], c["doc"]))
    for f in abi["flags"]:
        out.append(constant("SYS_", f["name"], f["value"], f["doc"]))
    for r in abi["rights"]:
        out.append(constant("RIGHT_", r["name"], r["value"], r["doc"]))
    for limit in abi["limits"]:
        form = "0x%xul" if limit["value"] > 0xffffffff else "%du"
        out.append(constant("", limit["name"], limit["value"], limit["doc"], form))
    for f in abi["map_flags"]:
        out.append(constant("MAP_", f["name"], f["value"], f["doc"]))
    for f in abi["thread_flags"]:
        out.append(constant("THREAD_", f["name"], f["value"], f["doc"]))
    for f in abi["faults"]:
        words = ", ".join(f["words"])
        out.append(constant("FAULT_", f["name"], f["label"], f"{f['doc']} Words: {words}."))
    for t in abi["types"]:
        out.append(constant("TYPE_", snake(t["name"]).upper(), t["number"], t["doc"]))
    out.append("#define TYPES %du\n" % len(abi["types"]))
    for op in abi["operations"]:
        out.append(constant("", function(op).upper(), op["label"], op["doc"].split(".")[0] + "."))
    for b in abi["buffer"]:
        out.append(constant("BUFFER_", b["name"], b["word"], b["doc"]))
    for f in abi["cap_flags"]:
        out.append(constant("", f["name"], f["value"], f["doc"], "0x%xul"))
    for s in abi["boot"]["slots"]:
        out.append(constant("ROOT_", s["name"], s["slot"], s["doc"]))
    out.append(constant("ROOT_VADDR_", "BUFFER", abi["boot"]["vaddr_buffer"],
                        "The first thread's message buffer.", "0x%xul"))
    out.append(constant("ROOT_VADDR_", "INFO", abi["boot"]["vaddr_info"],
                        "The boot information page.", "0x%xul"))
    out.append("\n#endif\n")
    return "".join(out)


def stubs(abi):
    out = [LICENSE, "#ifndef ABI_INVOKE_H\n#define ABI_INVOKE_H\n\n#include <abi/call.h>\n"]
    for op in abi["operations"]:
        target = snake(op["type"])
        out.append(f"\n/** {op['doc']}\n")
        for a in op["args"]:
            out.append(f" * @param {a['name']} {a['doc']} ({a['range']})\n")
        for e, when in op["errors"].items():
            out.append(f" * @return E_{e} {when}\n")
        out.append(" */\n")
        params = [f"cap_t {target}_cap"]
        params += [("cap_t " if a["kind"] == "cap" else "word_t ") + a["name"] for a in op["args"]]
        params += [f"word_t *{r}" for r in op.get("results", [])]
        out.append(f"static inline enum error {function(op)}({', '.join(params)})\n{{\n")
        words = ", ".join(a["name"] for a in op["args"]) or "0"
        out.append(f"    struct message m = {{.tag = MESSAGE_TAG({function(op).upper()}, "
                   f"{len(op['args'])}, 0), .w = {{{words}}}}};\n")
        out.append(f"    enum error e = sys_call({target}_cap, &m);\n")
        for i, r in enumerate(op.get("results", [])):
            out.append(f"    *{r} = m.w[{i}];\n")
        out.append("    return e;\n}\n")
    out.append("\n#endif\n")
    return "".join(out)


def pairs(abi):
    out = [LICENSE, "#ifndef ABI_PAIRS_H\n#define ABI_PAIRS_H\n\n#include <abi/abi.h>\n\n",
           "/** PAIR(operation, outcome, what is expected) for each outcome of each operation. */\n"
           "#define ABI_PAIRS(PAIR)"]
    named = [(f"sys_{snake(c['name'])}", c["name"], c) for c in abi["calls"]]
    named += [(function(op), f"{op['type']}.{op['name']}", op) for op in abi["operations"]]
    for stub, name, op in named:
        lines = [("OK", f"{name} succeeds")]
        lines += [(e, f"{name} gives {e}: {when}") for e, when in op["errors"].items()]
        out += [f" \\\n    PAIR({stub}, {e}, \"{text}\")" for e, text in lines]
    out.append("\n\n/** The same as numbers. */\nenum abi_pair {\n"
               "#define ABI_PAIR_NUMBER(operation, outcome, text) PAIR_##operation##_##outcome,\n"
               "    ABI_PAIRS(ABI_PAIR_NUMBER)\n#undef ABI_PAIR_NUMBER\n    PAIRS\n};\n\n#endif\n")
    return "".join(out)


def table(abi):
    out = [LICENSE, "#ifndef OBJECT_OPERATIONS_H\n#define OBJECT_OPERATIONS_H\n\n"
                    "#include <model/k.h>\n\n",
           "/* Each operation: the thread that called, and the slot through which it did. "
           "Arguments\n"
           " * are the thread's message words; results replace them. */\n"]
    for op in abi["operations"]:
        out.append(f"enum error op_{function(op)}(ref_t thread, ref_t slot);\n")
    out.append("\n/** Rights are checked here, once; then the operation of this type and label is "
               "carried out. */\n"
               "static inline enum error operation_dispatch(ref_t thread, ref_t slot, word_t type, "
               "word_t label,\n"
               "                                            word_t rights)\n{\n"
               "    if (label >= 16)\n        return E_OP;\n    switch (type * 16 + label) {\n")
    values = {r["name"]: r["value"] for r in abi["rights"]}
    for op in abi["operations"]:
        for t in [op["type"]] + op.get("also", []):
            out.append(f"    case TYPE_{snake(t).upper()} * 16 + {function(op).upper()}:\n")
        need = sum(values[r] for r in op["rights"])
        if need:
            names = " | ".join("RIGHT_" + r for r in op["rights"])
            cond = f"(rights & ({names})) != ({names})"
            if len(op["rights"]) == 1:
                cond = f"!(rights & {names})"
            out.append(f"        if ({cond})\n            return E_RIGHTS;\n")
        out.append(f"        return op_{function(op)}(thread, slot);\n")
    out.append("    default:\n        return E_OP;\n    }\n}\n\n"
               "/** Number of result words of an operation that succeeded. */\n"
               "static inline word_t operation_results(word_t type, word_t label)\n{\n"
               "    switch (type * 16 + label) {\n")
    for op in abi["operations"]:
        if op.get("results"):
            for t in [op["type"]] + op.get("also", []):
                out.append(f"    case TYPE_{snake(t).upper()} * 16 + {function(op).upper()}:\n")
            out.append(f"        return {len(op['results'])};\n")
    out.append("    default:\n        return 0;\n    }\n}\n\n#endif\n")
    return "".join(out)


def reference(abi):
    out = ["<!-- Made from abi/abi.yaml by tools/gen/abi.py: change that. -->\n"
           "# The kernel interface\n\n"
           "Everything a component can ask of the kernel. Numbers are in `<abi/abi.h>`, stubs in "
           "`<abi/invoke.h>`.\n\n## System calls\n\n| call | number | what it does |\n"
           "|---|---:|---|\n"]
    out += [f"| {c['name']} | {c['number']} | {c['doc']} |\n" for c in abi["calls"]]
    out += [f"| {f['name']} | +{f['value']} | {f['doc']} |\n" for f in abi["flags"]]
    out.append("\nRegisters (x86-64): RAX call number, RDI capability, RSI message tag (label * "
               "65536 + capabilities * 256 + words), RBX Reply "
               "capability, message words 0 to 7 in RDX R10 R8 R9 R12 R13 R14 R15. Back: RAX "
               "outcome, RDI badge, RSI tag, the same words. RCX and R11 are lost.\n")
    out.append("\nA number that is none of these gives CALL. Other outcomes:\n\n"
               "| call | error | when |\n|---|---|---|\n")
    out += [f"| {c['name']} | {e} | {w} |\n" for c in abi["calls"] for e, w in c["errors"].items()]
    out.append("\n## Errors\n\n| error | number | whose fault | meaning |\n|---|---:|---|---|\n")
    out += [f"| {e['name']} | {e['number']} | {e['fault']} | {e['doc']} |\n" for e in abi["errors"]]
    for title, key, number in (
            ("Rights", "rights", "value"), ("Mapping flags", "map_flags", "value"),
            ("Thread flags", "thread_flags", "value"), ("Limits", "limits", "value"),
            ("Capabilities in messages", "cap_flags", "value"),
            ("Message buffer", "buffer", "word")):
        out.append(f"\n## {title}\n\n| name | {number} | meaning |\n|---|---:|---|\n")
        for r in abi[key]:
            value = r[number] if r[number] < 2**31 else hex(r[number])
            out.append(f"| {r['name']} | {value} | {r['doc']} |\n")
    out.append("\n## Faults\n\n"
               "A fault is a Call that the kernel makes for the thread on its fault endpoint.\n\n"
               "| fault | label | words | meaning |\n|---|---:|---|---|\n")
    out += [f"| {f['name']} | {f['label']} | {', '.join(f['words'])} | {f['doc']} |\n"
            for f in abi["faults"]]
    out.append("\n## Objects and operations\n")
    for t in abi["types"]:
        out.append(f"\n### {t['name']} (type {t['number']})\n\n{t['doc']}\n")
        for op in abi["operations"]:
            if op["type"] != t["name"] and t["name"] not in op.get("also", []):
                continue
            args = ", ".join(a["name"] for a in op["args"])
            results = " -> " + ", ".join(op["results"]) if op.get("results") else ""
            out.append(f"\n#### {t['name']}.{op['name']}({args}){results}\n\n"
                       f"{op['doc']} Label {op['label']}; rights: "
                       f"{', '.join(op['rights']) or 'none'}.\n")
            if op["args"]:
                out.append("\n| argument | range | meaning |\n|---|---|---|\n")
                out += [f"| {a['name']} | {a['range']} | {a['doc']} |\n" for a in op["args"]]
            if op["errors"]:
                out.append("\n| error | when |\n|---|---|\n")
                out += [f"| {e} | {w} |\n" for e, w in op["errors"].items()]
    out.append("\n## What the first thread finds\n\n| slot | name | what |\n|---:|---|---|\n")
    out += [f"| {s['slot']} | {s['name']} | {s['doc']} |\n" for s in abi["boot"]["slots"]]
    return "".join(out)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    with open(sys.argv[1]) as f:
        abi = yaml.safe_load(f)
    check(abi)
    out = sys.argv[2]
    write(f"{out}/abi/abi.h", numbers(abi))
    write(f"{out}/abi/invoke.h", stubs(abi))
    write(f"{out}/abi/pairs.h", pairs(abi))
    write(f"{out}/object/operations.h", table(abi))
    if len(sys.argv) == 4:
        write(f"{sys.argv[3]}/kernel.md", reference(abi))


main()
