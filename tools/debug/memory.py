# SPDX-License-Identifier: BSD-2-Clause
"""Kernel memory as the debugger sees it: granules, objects by the definition, page tables.

Runs inside GDB. A reference is the kernel virtual address of a granule of 64 bytes.
"""
import json
import os
import struct

import gdb
import yaml

NIL = 0
GRANULE = 64
MASK = (1 << 64) - 1
PAGE = 4096
ENTRY_ADDRESS = 0x000FFFFFFFFFF000
PRESENT, WRITE, USER, LARGE, NO_EXECUTE = 1, 2, 4, 128, 1 << 63
DIRECT_MAP = 0xFFFF800000000000


def read(address, count):
    """Bytes of kernel memory."""
    return bytes(gdb.selected_inferior().read_memory(address & MASK, count))


def variable(name):
    """Value of a kernel variable, as a number."""
    return int(gdb.lookup_global_symbol(name).value())


def enum_names(enum, prefix):
    """{value: name without the prefix} of an enum of the kernel."""
    try:
        fields = gdb.lookup_type(f"enum {enum}").fields()
    except gdb.error:
        return {}
    return {field.enumval: field.name[len(prefix):].lower() for field in fields}


class Definitions:
    """What the kernel's structures and numbers are called."""

    def __init__(self, build):
        with open(os.path.join(build, "gen/debug/objects.json"), encoding="utf-8") as file:
            self.things = json.load(file)
        with open("abi/abi.yaml", encoding="utf-8") as file:
            abi = yaml.safe_load(file)
        self.types = {entry["number"]: entry["name"] for entry in abi["types"]}
        self.rights = [(entry["value"], entry["name"][0].lower()) for entry in abi["rights"]
                       if entry["name"] in ("READ", "WRITE", "GRANT", "RAM")]
        # Which definition a type's object has; types without one are not objects in memory.
        self.by_type = {"CNode": "cnode", "Endpoint": "endpoint", "Notification": "notification",
                        "Reply": "reply", "Thread": "thread", "SchedContext": "sched_context",
                        "AddressSpace": "space", "Interrupt": "interrupt", "Timer": "timer"}

    def type_name(self, number):
        """Name of a capability type."""
        return self.types.get(number, f"type{number}")

    def rights_text(self, rights):
        """Rights as letters."""
        return "".join(letter for bit, letter in self.rights if rights & bit) or "-"


class Object:
    """One object, or slot: fields by name, read from memory once."""

    def __init__(self, definitions, thing, ref):
        self.definitions, self.thing, self.ref = definitions, thing, ref
        self.fields = definitions.things[thing]["fields"]
        count = definitions.things[thing]["size"] * 8
        self.words = struct.unpack(f"<{count}Q", read(ref, count * 8))

    def __getitem__(self, name):
        for field, granule, word, kind, _ in self.fields:
            if field == name:
                if kind in ("slot", "block"):
                    return self.ref + granule * GRANULE
                return self.words[granule * 8 + word]
        if self.thing not in ("object", "slot"):
            return Object(self.definitions, "object", self.ref)[name]
        raise gdb.GdbError(f"{self.thing} has no field {name}")

    def slot(self, name):
        """A capability slot inside the object."""
        return Object(self.definitions, "slot", self[name])


def children(definitions, slot):
    """The slots derived from a slot. The last sibling's `next` is the parent."""
    at = slot["child"]
    while at not in (NIL, slot.ref):
        child = Object(definitions, "slot", at)
        yield child
        at = child["next"]


def derived(definitions, slot, depth=0):
    """All slots below a slot, parents first, with their depth."""
    work = [(child, depth) for child in children(definitions, slot)]
    work.reverse()
    while work:
        child, level = work.pop()
        yield child, level
        below = [(each, level + 1) for each in children(definitions, child)]
        work += reversed(below)


def everything(definitions):
    """Every capability in the system: (slot, depth)."""
    return derived(definitions, Object(definitions, "slot", variable("tree_root")))


def objects(definitions, type_name):
    """Every object of a type, each once, with the capabilities to it."""
    found = {}
    for slot, _ in everything(definitions):
        if definitions.type_name(slot["type"]) == type_name:
            found.setdefault(slot["object"], []).append(slot)
    return found


def mappings(root):
    """(virtual address, bytes, flags) of each page mapped below a top-level table's user half."""
    def walk(table, level, base):
        entries = struct.unpack("<512Q", read(table, PAGE))
        for index, entry in enumerate(entries[:256] if level == 3 else entries):
            if not entry & PRESENT:
                continue
            address = base + (index << (12 + 9 * level))
            if level == 0 or (entry & LARGE and level < 3):
                yield address, 1 << (12 + 9 * level), entry
            else:
                yield from walk(DIRECT_MAP + (entry & ENTRY_ADDRESS), level - 1, address)
    yield from walk(root & MASK, 3, 0)


def ranges(root):
    """The same with neighbours of equal flags joined: [address, bytes, flags]."""
    keep = WRITE | USER | NO_EXECUTE
    joined = []
    for address, size, entry in mappings(root):
        flags = entry & keep
        if joined and joined[-1][0] + joined[-1][1] == address and joined[-1][2] == flags:
            joined[-1][1] += size
        else:
            joined.append([address, size, flags])
    return joined


def user_bytes(root, address, count):
    """Memory of an address space (within one page), or None where nothing is mapped."""
    table = root & MASK
    for level in (3, 2, 1, 0):
        index = (address >> (12 + 9 * level)) & 511
        entry = struct.unpack("<Q", read(table + index * 8, 8))[0]
        if not entry & PRESENT:
            return None
        if level == 0 or (entry & LARGE and level < 3):
            inside = address & ((1 << (12 + 9 * level)) - 1)
            frame = entry & ENTRY_ADDRESS & ~((1 << (12 + 9 * level)) - 1)
            return read(DIRECT_MAP + frame + inside, count)
        table = DIRECT_MAP + (entry & ENTRY_ADDRESS)
    return None
