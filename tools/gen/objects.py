#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""objects.py kernel/model/objects.yaml OUT [DOCS]: what is made from the definition of the
kernel's objects.

  OUT/model/fields.h    accessors: thing_field(ref), thing_set_field(ref, value)
  OUT/model/offsets.h   byte offsets of fields, for assembler
  OUT/debug/objects.json  for the debugger's printers
  DOCS/objects.md       the reference page
"""
import json
import sys

import yaml

from made import write

LICENSE = ("/* SPDX-License-Identifier: BSD-2-Clause */\n"
           "/* Made from kernel/model/objects.yaml by tools/gen/objects.py: change that. */\n")


def check(things):
    for name, thing in things.items():
        taken = {}
        for field, granule, word, kind, _ in thing["fields"]:
            if not (0 <= granule < thing["size"] and 0 <= word < 8):
                sys.exit(f"objects.yaml: {name}.{field}: outside the object")
            if (granule, word) in taken:
                sys.exit(f"objects.yaml: {name}.{field}: word is taken by {taken[granule, word]}")
            if kind not in ("word", "ref", "slot", "block"):
                sys.exit(f"objects.yaml: {name}.{field}: kind {kind} is not word, ref, slot or "
                         f"block")
            taken[granule, word] = field
        if name not in ("slot", "object"):
            for granule, word in ((0, 0), (0, 1), (0, 2)):
                if (granule, word) in taken:
                    sys.exit(f"objects.yaml: {name}.{taken[granule, word]}: the first three words "
                             f"are the header's")


def accessors(things):
    out = [LICENSE, "#ifndef MODEL_FIELDS_H\n#define MODEL_FIELDS_H\n\n#include <model/k.h>\n"]
    for name, thing in things.items():
        out.append(f"\n/* {name}: {thing['doc']} */\n"
                   f"#define {name.upper()}_GRANULES {thing['size']}u\n")
        for field, granule, word, kind, doc in thing["fields"]:
            word_at = f"K_WORD(r, {granule}, {word})"
            if kind in ("slot", "block"):
                out.append(f"/** {doc} */\n#define {name.upper()}_{field.upper()} {granule}u\n"
                           f"static inline ref_t {name}_{field}(ref_t r)\n"
                           f"{{\n    return granule_at(r, {granule});\n}}\n")
                continue
            if field.endswith("0"):
                out.append(f"/** Granule of {field} and those numbered on behind it. */\n"
                           f"#define {name.upper()}_{field.upper()} {granule}u\n")
            c = "ref_t" if kind == "ref" else "word_t"
            out.append(f"/** {doc} */\n"
                       f"static inline {c} {name}_{field}(ref_t r) {{ return {word_at}; }}\n"
                       f"static inline void {name}_set_{field}(ref_t r, {c} v) {{ {word_at} = v; "
                       f"}}\n")
    out.append("\n#endif\n")
    return "".join(out)


def offsets(things):
    out = [LICENSE, "#ifndef MODEL_OFFSETS_H\n#define MODEL_OFFSETS_H\n\n"]
    for name, thing in things.items():
        out += [f"#define {name.upper()}_{field.upper()}_BYTES {granule * 64 + word * 8}\n"
                for field, granule, word, _, _ in thing["fields"]]
    out.append("\n#endif\n")
    return "".join(out)


def reference(things):
    out = ["<!-- Made from kernel/model/objects.yaml by tools/gen/objects.py: change that. -->\n"
           "# Kernel objects, field by field\n\n"
           "A granule is 64 bytes, eight words. References are granule numbers.\n"]
    for name, thing in things.items():
        out.append(f"\n## {name} ({thing['size']} granule{'s' if thing['size'] > 1 else ''})\n\n"
                   f"{thing['doc']}\n\n| field | granule | word | kind | meaning |\n"
                   f"|---|---:|---:|---|---|\n")
        out += [f"| {f} | {g} | {w} | {k} | {d} |\n" for f, g, w, k, d in thing["fields"]]
    return "".join(out)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    with open(sys.argv[1]) as f:
        things = yaml.safe_load(f)
    check(things)
    out = sys.argv[2]
    write(f"{out}/model/fields.h", accessors(things))
    write(f"{out}/model/offsets.h", offsets(things))
    write(f"{out}/debug/objects.json", json.dumps(things, indent=1) + "\n")
    if len(sys.argv) == 4:
        write(f"{sys.argv[3]}/objects.md", reference(things))


main()
