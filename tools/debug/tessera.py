# SPDX-License-Identifier: BSD-2-Clause
"""GDB commands that show the kernel's objects by name. `tessera` in GDB lists them.

Loaded by ./tessera debug. Field names, types and states come from kernel/model/objects.yaml and
abi/abi.yaml, so a new field shows up by itself.
"""
import glob
import os
import struct
import sys

import gdb

sys.path.insert(0, os.path.join(os.getcwd(), "tools/debug"))
import memory  # noqa: E402  (the path must be set first)
from memory import NIL, Object  # noqa: E402

BUILD = os.environ.get("BUILD", "build")


class Names:
    """Which component an address space runs: the one whose code it has in memory. The kernel knows
    no names, so the executables of the build are compared with what is mapped."""

    def __init__(self):
        self.code = {path: self.text(path) for path in glob.glob(f"{BUILD}/bin/*")}
        self.known = {}

    @staticmethod
    def text(path):
        """(address, bytes) of an executable's code, whole pages only."""
        with open(path, "rb") as file:
            data = file.read()
        start, size, count = (struct.unpack_from("<Q", data, 32)[0],
                              *struct.unpack_from("<HH", data, 54))
        for index in range(count):
            kind, flags, offset, address, _, length = struct.unpack_from(
                "<IIQQQQ", data, start + index * size)
            if kind == 1 and flags & 1:
                return address, data[offset:offset + length]
        return 0, b""

    def of(self, root):
        """Name of the component of a top-level page table, or ?."""
        if root not in self.known:
            self.known[root] = self.find(root)
        return self.known[root]

    def find(self, root):
        """Compares page by page; the longest match is it."""
        best, length = "?", 0
        for path, (address, code) in self.code.items():
            same = 0
            for at in range(0, len(code), memory.PAGE):
                part = code[at:at + memory.PAGE]
                if root == NIL or memory.user_bytes(root, address + at, len(part)) != part:
                    break
                same += len(part)
            else:
                if same > length:
                    best, length = os.path.basename(path), same
        return best


class Kernel:
    """Definitions and names, read when first needed."""

    def __init__(self):
        self.definitions = memory.Definitions(BUILD)
        self.names = Names()
        self.states = memory.enum_names("thread_state", "THREAD_STATE_")

    def get(self, thing, ref):
        """An object by its reference."""
        return Object(self.definitions, thing, ref)

    def thread_line(self, ref):
        """One line about a thread."""
        thread = self.get("thread", ref)
        space = thread.slot("space")["object"]
        root = self.get("space", space)["root"] if space else NIL
        context = self.get("sched_context", thread["sc"]) if thread["sc"] else None
        state = self.states.get(thread["state"], str(thread["state"]))
        # waits_for is stale in any other state.
        if state in ("sending", "receiving", "signal"):
            state += f" on {thread['waits_for']:#x}"
        elif state == "reply":
            state += f" through {thread['reply']:#x}"
        return (f"{ref:#x}  {self.names.of(root):14} {state}  "
                f"priority {context['priority'] if context else '-'}  "
                f"ip {thread['rip']:#x} sp {thread['rsp']:#x}"
                + (f"  fault {thread['fault']}" if thread["fault"] else ""))

    def slot_line(self, slot):
        """One line about a capability."""
        name = self.definitions.type_name(slot["type"])
        if name in ("Untyped", "DeviceUntyped"):
            return (f"{name} {slot['object']:#x} {slot['badge'] >> 4} KiB, "
                    f"{slot['extra'] >> 4} used  (slot {slot.ref:#x})")
        badge = f" badge {slot['badge']:#x}" if slot["badge"] else ""
        if name.endswith("Frame"):
            badge = f" mapped at {slot['extra']:#x}" if slot["badge"] else ""
        return (f"{name} {slot['object']:#x} "
                f"{self.definitions.rights_text(slot['rights'])}{badge}  (slot {slot.ref:#x})")

    def show(self, thing, ref):
        """All fields of an object."""
        found = self.get(thing, ref)
        print(f"{thing} {ref:#x}: "
              f"{self.definitions.things[thing]['doc']}")
        for field, _, _, kind, doc in found.fields:
            if kind == "slot":
                print(f"  {field:14} {self.slot_line(found.slot(field))}")
            elif kind != "block":
                print(f"  {field:14} {found[field]:#18x}  {doc}")


def reference(text):
    """An argument: a reference; any GDB expression."""
    if not text:
        raise gdb.GdbError("want a reference (the address of a granule), such as the lists show")
    return int(gdb.parse_and_eval(text)) & memory.MASK


def threads(kernel, _):
    """tessera threads: every thread with its component, state and place"""
    running = int(gdb.parse_and_eval("cpu.thread"))
    for ref in memory.objects(kernel.definitions, "Thread"):
        print(("* " if ref == running else "  ") + kernel.thread_line(ref))


def caps(kernel, text):
    """tessera caps [SLOT]: the derivation tree, from its root or from a slot"""
    top = reference(text) if text else memory.variable("tree_root")
    for slot, depth in memory.derived(kernel.definitions, kernel.get("slot", top)):
        print("  " * depth + kernel.slot_line(slot))


def slots(kernel, text):
    """tessera slots CNODE: what a CNode holds, by index"""
    ref = reference(text)
    for index in range(1, kernel.get("cnode", ref)["slots"]):
        slot = kernel.get("slot", ref + index * memory.GRANULE)
        if slot["type"]:
            print(f"  {index:6} {kernel.slot_line(slot)}")


def queues(kernel, _):
    """tessera queues: ready queues by priority, and who waits at each endpoint"""
    for priority in range(255, -1, -1):
        at = int(gdb.parse_and_eval(f"cpu.ready_head[{priority}]"))
        while at != NIL:
            context = kernel.get("sched_context", at)
            print(f"  ready {priority:3}: {kernel.thread_line(context['thread'])}")
            at = context["qnext"]
    sides = memory.enum_names("endpoint_side", "SIDE_")
    for ref in memory.objects(kernel.definitions, "Endpoint"):
        endpoint = kernel.get("endpoint", ref)
        at = endpoint["head"]
        while at != NIL:
            print(f"  endpoint {ref:#x} {sides.get(endpoint['side'])}: {kernel.thread_line(at)}")
            at = kernel.get("thread", at)["next"]


def spaces(kernel, text):
    """tessera spaces [SPACE]: every address space, or the mappings of one"""
    found = [reference(text)] if text else memory.objects(kernel.definitions, "AddressSpace")
    for ref in found:
        space = kernel.get("space", ref)
        joined = memory.ranges(space["root"]) if space["root"] else []
        print(f"{ref:#x}  {kernel.names.of(space['root']):14} {len(joined)} ranges, "
              f"{sum(each[1] for each in joined) >> 10} KiB, {space['free']} table pages free")
        for address, size, flags in joined if text else ():
            print(f"  {address:#14x} {size >> 10:8} KiB r{'w' if flags & memory.WRITE else '-'}"
                  f"{'-' if flags & memory.NO_EXECUTE else 'x'}")


def free(kernel, _):
    """tessera free: memory that no object has been made of, in KiB"""
    granules = 0
    for slot, _ in memory.everything(kernel.definitions):
        if kernel.definitions.type_name(slot["type"]) == "Untyped":
            granules += slot["badge"] - slot["extra"]
    print(f"{granules >> 4} KiB are free")


def show(kernel, text):
    """tessera show REF [KIND]: every field of an object; its KIND where it has no header"""
    words = text.split()
    ref = reference(words[0] if words else "")
    if len(words) > 1:
        thing = words[1]
    else:
        kind = kernel.get("object", ref)["kind"]
        thing = kernel.definitions.by_type.get(kernel.definitions.type_name(kind))
    if thing not in kernel.definitions.things:
        known = " ".join(kernel.definitions.things)
        raise gdb.GdbError(f"that is no object with a header; say which it is: {known}")
    kernel.show(thing, ref)


def component(_, text):
    """tessera component NAME: load the symbols of a component, for `break` and `list` in it"""
    path = f"{BUILD}/bin/{text}"
    if not os.path.exists(path):
        known = " ".join(sorted(os.path.basename(each) for each in glob.glob(f"{BUILD}/bin/*")))
        raise gdb.GdbError(f"there is no component '{text}'; there are: {known}")
    gdb.execute(f"add-symbol-file {path}")


COMMANDS = {function.__name__: function
            for function in (threads, caps, slots, queues, spaces, free, show, component)}


class Tessera(gdb.Command):
    """Shows Tessera's kernel objects."""

    def __init__(self):
        super().__init__("tessera", gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        """Runs one of COMMANDS."""
        word, _, rest = argument.strip().partition(" ")
        if word not in COMMANDS:
            for function in COMMANDS.values():
                print("  " + function.__doc__)
            return
        try:
            COMMANDS[word](Kernel(), rest.strip())
        except gdb.MemoryError as problem:
            raise gdb.GdbError(f"{problem}: no such object, or the kernel has not come so far yet")

    def complete(self, text, word):
        """Completes the first word."""
        return [name for name in COMMANDS if name.startswith(word)]


Tessera()
