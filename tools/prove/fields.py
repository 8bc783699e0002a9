# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's objects as provers see them: each field is an array of its own, indexed by object.

That is Burstall's and Bornat's way to keep frames small: a write to a field leaves all others as
they are, without a proof. It is sound because two fields never share a word: every access asserts
that the object is of the field's type (`kind`, proved at each access), objects do not overlap, and
check() below finds two fields of a type in one word. What is not a field (page tables, message
words and buffers, refills, the table of address spaces) stays in K, and so do the fields of
granules that are copied as a whole.
"""
import sys

import yaml

# One array for what is one thing under two names, or is looked at before its type is known.
SHARED = {"object.kind": "slot.type", "notification.head": "endpoint.head",
          "notification.tail": "endpoint.tail"}
SHARED.update({f"sched_context.{f}": f"timer.{f}" for f in
               ("deadline", "dnext", "dprev", "dbucket")})
# Granules of which the fields stay in K: (thing, granule).
PLAIN = {("thread", 2)}
# What an access asserts, where it is not is_THING.
KINDS = {"slot.type": "is_typed", "object": "is_object", "sched_context": "is_context",
         "timer.deadline": "is_node", "timer.dnext": "is_node", "timer.dprev": "is_node",
         "timer.dbucket": "is_node"}

HEAD = "/* Made from kernel/model/objects.yaml by tools/prove/fields.py: change that. */\n"


def read(path):
    """The definition of the objects."""
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def array(thing, field):
    """Name of the array that holds a field."""
    return "F_" + SHARED.get(f"{thing}.{field}", f"{thing}.{field}").replace(".", "_")


def is_plain(thing, granule):
    """Whether a field in this granule stays in K."""
    return (thing, granule) in PLAIN


def check(things):
    """No array is at two places, and no two arrays are in one word of an object."""
    place = {}
    for thing, about in things.items():
        words = {}
        fields = [(thing, f) for f in about["fields"]]
        if thing not in ("slot", "object"):
            fields += [("object", f) for f in things["object"]["fields"]]
        for owner, (field, granule, word, kind, _) in fields:
            if kind in ("slot", "block"):
                continue
            name = array(owner, field)
            if place.setdefault(name, (granule, word)) != (granule, word):
                sys.exit(f"objects.yaml: {name} is at two places")
            if words.setdefault((granule, word), name) != name:
                sys.exit(f"objects.yaml: {thing}: {name} shares a word")


def value(thing, field, granule, word, kind):
    """A field as contracts write it."""
    at = f"(r) + {granule}" if granule else "(r)"
    if kind in ("slot", "block"):
        return f"({at})"
    if is_plain(thing, granule):
        return f"K[{at}][{word}]"
    return f"{array(thing, field)}[r]"


def names(things):
    """names.h: the arrays, and what contracts call them."""
    text, known = [HEAD], []
    for thing, about in things.items():
        mine = []
        for field, granule, word, kind, _ in about["fields"]:
            name = array(thing, field)
            if kind in ("word", "ref") and not is_plain(thing, granule) and name not in known:
                text.append(f"extern word_t {name}[GRANULES];\n")
                known.append(name)
                mine.append(name)
            text.append(f"#define {thing.capitalize()}_{field}(r) "
                        f"{value(thing, field, granule, word, kind)}\n")
        text.append(f"#define ANY_{thing.upper()} " +
                    ", ".join(f"{name}[0 .. GRANULES - 1]" for name in mine) + "\n")
    return "".join(text)


def accessors(things):
    """fields.h: the same functions that compilers see, on the arrays."""
    text = [HEAD, "#ifndef MODEL_FIELDS_H\n#define MODEL_FIELDS_H\n\n#include <model/k.h>\n\n"]
    for thing, about in things.items():
        text.append(f"#define {thing.upper()}_GRANULES {about['size']}u\n")
        for field, granule, word, kind, _ in about["fields"]:
            at = value(thing, field, granule, word, kind)
            is_kind = KINDS.get(f"{thing}.{field}", KINDS.get(thing, f"is_{thing}"))
            claim = f"/*@ assert kind: {is_kind}(r); */"
            name = f"{thing}_{field}"
            if kind in ("slot", "block") or field.endswith("0"):
                text.append(f"#define {name.upper()} {granule}u\n")
            if kind in ("slot", "block"):
                text.append(f"static inline ref_t {name}(ref_t r) {{ return r + {granule}; }}\n")
                continue
            text.append(f"static inline word_t {name}(ref_t r) {{ {claim} return {at}; }}\n"
                        f"static inline void {thing}_set_{field}(ref_t r, word_t v) "
                        f"{{ {claim} {at} = v; }}\n")
    text.append("\n#include <model/kernel_wf.h>\n\n#endif\n")
    return "".join(text)
