#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Who may include whom, kept true by construction.

The file ROOMS lists one room a line, lowest first:  name  folder  may-use...
A room may use only rooms on earlier lines, so a cycle cannot be written down.
A folder that ends in /* makes each folder inside it a room of its own, called
NAME.FOLDER, and no two of those may use each other.

  rooms.py view OUT GEN ARCH   one include folder a room below OUT, holding just the headers it
                               may see; generated headers come from GEN/ROOM/
  rooms.py make                rooms, folders and rights as make variables, on standard output
  rooms.py check               every #include, extern and file against ROOMS
  rooms.py link OBJECT=ROOM... undefined symbols of compiled objects against ROOMS

Headers in a folder named after an architecture (kernel/arch/x86_64) are seen as if they stood in
the room itself, so that <arch/arch.h> can include "arch_inline.h" of whichever one is built.
Headers called x_priv.h are seen nowhere but in their room.
"""
import glob
import os
import re
import subprocess
import sys

ARCHES = ("x86_64", "riscv64", "aarch64", "host", "prove")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
# A declaration of somebody else's function or variable, written by hand in a source file.
EXTERN = re.compile(r'^extern\b[^;{]*;', re.M)
FREESTANDING = {"stdint.h", "stddef.h", "stdbool.h", "stdarg.h", "limits.h", "stdalign.h",
                "stdnoreturn.h", "stdatomic.h", "float.h", "iso646.h", "cpuid.h"}

# Called upwards by agreement: the start code calls the program.
AGREED = {"main", "first_main"}


class Room:
    """One line of ROOMS, or one folder of a line that ends in /*."""

    def __init__(self, name, folder, uses, line):
        self.name, self.folder, self.uses, self.line = name, folder, uses, line

    def holds(self, path):
        """Whether a file with this path is in the room's folder."""
        return path.startswith(self.folder + "/")


def read_rooms(path="ROOMS"):
    """All rooms by name, in order; a line that breaks the rules ends the program."""
    rooms, listed = {}, set()
    with open(path, encoding="utf-8") as lines:
        for number, text in enumerate(lines, 1):
            words = text.split("#")[0].split()
            if not words:
                continue
            if len(words) < 3:
                sys.exit(f"{path}:{number}: want: name folder may-use... (or - for nothing)")
            add_line(rooms, listed, f"{path}:{number}", words)
    return rooms


def add_line(rooms, listed, place, words):
    """Adds the room or rooms of one line."""
    name, folder, uses = words[0], words[1], [word for word in words[2:] if word != "-"]
    late = [use for use in uses if use not in listed]
    if name in listed:
        sys.exit(f"{place}: room {name} is listed twice")
    if late:
        sys.exit(f"{place}: {name} may not use {', '.join(late)}: not a room above it")
    listed.add(name)
    if not folder.endswith("/*"):
        rooms[name] = Room(name, folder, uses, place)
        return
    for sub in sorted(glob.glob(folder)):
        if os.path.isdir(sub):
            full = f"{name}.{os.path.basename(sub)}"
            rooms[full] = Room(full, sub, uses, place)


def room_of(path, rooms):
    """The room with the longest folder that holds path, or None."""
    best = None
    for room in rooms.values():
        if room.holds(path) and (best is None or len(room.folder) > len(best.folder)):
            best = room
    return best


def files_below(folder):
    """Every file below a folder, as paths relative to it."""
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield os.path.relpath(os.path.join(here, name), folder)


def door(room, rooms, gen, arch):
    """What a room shows the others: {name below the room's door: path of the header}."""
    shown = {}
    for base in (room.folder, os.path.join(gen, room.name)):
        for name in files_below(base) if os.path.isdir(base) else ():
            path = os.path.join(base, name)
            if not name.endswith(".h") or name.endswith("_priv.h"):
                continue
            if base == room.folder and room_of(path, rooms) is not room:
                continue
            parts = name.split(os.sep)
            if parts[0] in ARCHES:
                if parts[0] != arch:
                    continue
                parts = parts[1:]
            shown[os.path.join(*parts)] = os.path.abspath(path)
    return shown


def view(rooms, out, gen, arch):
    """Makes the include folders; links that are no longer right go away."""
    doors = {name: door(room, rooms, gen, arch) for name, room in rooms.items()}
    want = {}
    for name, room in rooms.items():
        for use in room.uses + [name]:
            for header, path in doors.get(use, {}).items():
                want[os.path.join(out, name, use, header)] = path
    for old in list(files_below(out)) if os.path.isdir(out) else ():
        link = os.path.join(out, old)
        if os.path.islink(link) and want.get(link) != os.readlink(link):
            os.remove(link)
    for link, path in want.items():
        if not os.path.islink(link):
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(path, link)
    for name in rooms:
        os.makedirs(os.path.join(out, name), exist_ok=True)


def make_variables(rooms):
    """Prints what the build needs to know of each room."""
    print("ROOMS_ALL :=", *rooms)
    for name, room in rooms.items():
        print(f"FOLDER_{name} := {room.folder}")
        print(f"USES_{name} :=", *room.uses)


def sources(endings=(".c", ".h", ".S")):
    """Every source file that is in the repository or could be added to it."""
    run = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True,
                         text=True, check=True)
    return sorted({path for path in run.stdout.splitlines()
                   if path.endswith(endings) and os.path.exists(path)})


def include_fault(me, path, crossing, name, rooms):
    """What is wrong with one #include, or None."""
    if not crossing:
        return f'"{name}" leaves the room; use <room/file.h>' if ".." in name.split("/") else None
    them = next((room for room in sorted(rooms, key=len, reverse=True)
                 if name.startswith(room + "/")), None)
    if them is None:
        if name in FREESTANDING or not is_kernel(me, path):
            return None
        return f"<{name}> is neither a room's header nor a freestanding one: the kernel has no more"
    if name.endswith("_priv.h"):
        return f"<{name}> is private to {them}"
    if them not in me.uses + [me.name]:
        return f"{me.name} may not use {them} ({me.line} says what it may)"
    return None


def is_kernel(room, path):
    """Whether the file is compiled into the kernel, where there is no C library. The processor that
    host tests run on (kernel/arch/host) is an ordinary program."""
    return (room.folder.startswith("kernel/") or room.name in ("abi", "common")) \
        and "/host/" not in path and "/prove/" not in path


def extern_fault(declaration, text):
    """What is wrong with one extern. The linker's own symbols (__...) and labels of assembly in the
    same file can be declared nowhere else."""
    name = re.search(r"(\w+)\s*(?:\[[^\]]*\]\s*)*(?:\(.*\))?\s*;$", declaration, re.S)
    if name and (name[1].startswith("__") or f"{name[1]}:" in text):
        return None
    return "extern written by hand: include the header of its room"


def check(rooms):
    """Prints each fault with its place; returns how many."""
    faults = 0
    for path in sources():
        me = room_of(path, rooms)
        if me is None:
            print(f"{path}:1: is in no room: add its folder to ROOMS")
            faults += 1
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        found = [(m.start(), include_fault(me, path, m[1] == "<", m[2], rooms))
                 for m in INCLUDE.finditer(text)]
        if path.endswith(".c") and not path.startswith("tests/"):
            found += [(m.start(), extern_fault(m[0], text)) for m in EXTERN.finditer(text)]
        for start, fault in found:
            if fault:
                print(f"{path}:{text.count(chr(10), 0, start) + 1}: {fault}")
                faults += 1
    return faults


def symbols(path):
    """The defined and undefined global symbols of an object: two sets. A weak reference is an
    agreement (use it if somebody brings it), not a dependence."""
    run = subprocess.run(["nm", "-g", path], capture_output=True, text=True, check=True)
    defined, undefined = set(), set()
    for row in run.stdout.splitlines():
        kind, name = row.split()[-2:]
        if kind == "U":
            undefined.add(name)
        elif kind not in "wv":
            defined.add(name)
    return defined, undefined


def link(rooms, pairs):
    """Compares what objects need with what their rooms may use; returns the number of faults."""
    owners, wants, faults = {}, [], 0
    for pair in pairs:
        path, _, name = pair.partition("=")
        if name not in rooms:
            sys.exit(f"rooms.py link: {pair}: no such room: {name}")
        defined, undefined = symbols(path)
        for symbol in defined:
            owners.setdefault(symbol, set()).add(name)
        wants += [(name, symbol, path) for symbol in sorted(undefined - AGREED)]
    for name, symbol, path in wants:
        them = owners.get(symbol, {name})
        if not them & {name, *rooms[name].uses}:
            print(f"{path}: {name} may not use {' or '.join(sorted(them))}, "
                  f"whose {symbol} it needs")
            faults += 1
    return faults


def main(arguments):
    """Runs one verb; the exit status says whether anything was wrong."""
    verbs = {"view": 3, "make": 0, "check": 0}
    verb, rest = (arguments + [""])[0], arguments[1:]
    if verb != "link" and (verb not in verbs or len(rest) != verbs[verb]):
        sys.exit(__doc__)
    rooms = read_rooms()
    if verb == "view":
        return view(rooms, *rest)
    if verb == "make":
        return make_variables(rooms)
    return 1 if (check(rooms) if verb == "check" else link(rooms, rest)) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
