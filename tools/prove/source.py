# SPDX-License-Identifier: BSD-2-Clause
"""What the provers have to do with: the functions of the kernel's core, read from its sources.

The kernel is written so plainly (tools/check sees to it) that a function's head can be found with a
regular expression: it begins in the first column and its body ends with a brace in the first
column.
"""
import glob
import re

ROOMS = ("common", "model", "mem", "sched", "cap", "ipc", "object", "entry")
HEAD = re.compile(r"^(?P<type>[a-z_][\w ]*(?:\((?:\([^()]*\)|[^()])*\)\)?[\w ]*)?[ *])(?P<name>\w+)"
                  r"\((?P<args>[^;{}()]*)\)\s*(?P<end>[;{])", re.M)
CONTRACT = re.compile(r"/\*@(?P<text>(?:(?!\*/).)*)\*/\s*\Z", re.S)
# What a contract begins with. OPERATION is the one that operations of objects have in common.
CLAUSE = re.compile(r"\s*(requires|assigns|ensures|admit|OPERATION)\b")
# Functions that tools/gen makes, proved with who calls them, and their contracts.
GENERATED_FOR = "kernel/entry/syscall.c"
GENERATED = {"operation_dispatch": """requires ALL_WF && type < TYPE_LIMIT;
    requires caller: is_thread(thread) && Thread_state(thread) == THREAD_STATE_READY &&
        Thread_lent(thread) == NIL;
    requires right: is_home(slot) && Slot_type(slot) == type && type != TYPE_NULL;
    assigns ANY_STATE, kind[0 .. GRANULES - 1];
    ALL_KEPT
    ensures thread: is_thread(thread);""", "operation_results": """assigns \\nothing;
    ensures small: \\result <= MESSAGE_REGS;"""}
WITNESS = "kernel/model/prove/witness.c"
KEYWORDS = {"if", "for", "while", "switch", "return", "sizeof"}


def contract(text, at):
    """The contract that stands right before a place; None if there is none."""
    before = CONTRACT.search(text, 0, at)
    if not before or not CLAUSE.match(before["text"]):
        return None
    return before["text"]


def contract_start(text, at):
    """Where the contract that stands right before a place begins; None if there is none."""
    if contract(text, at) is None:
        return None
    return text.rindex("/*@", 0, at)


class Function:
    """One function with a body, or one that is only declared (body is None)."""

    def __init__(self, path, match, text):
        self.path, self.name = path, match["name"]
        self.static = "static" in match["type"].split()
        self.line = text.count("\n", 0, match.start()) + 1
        self.contract = contract(text, match.start())
        self.body = None
        if match["end"] == "{":
            end = text.find("\n}", match.end())
            self.body = text[match.end():end]

    def calls(self, names):
        """Those of `names` that occur as calls in the body."""
        found = set(re.findall(r"\b(\w+)\s*\(", self.body or ""))
        return found & set(names)


def blank(match):
    """A comment with the same number of lines and nothing in it."""
    return re.sub(r"[^\n]", " ", match[0])


def functions(path):
    """The functions of a file, in order. Ghost code is not seen."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"/\*(?!@).*?\*/", blank, text, flags=re.S)
    text = re.sub(r"^#(?:.*\\\n)*.*", blank, text, flags=re.M)
    return [Function(path, match, text) for match in HEAD.finditer(text)
            if match["name"] not in KEYWORDS and not inside_annotation(text, match.start())]


def inside_annotation(text, at):
    """Whether a place is inside an annotation: ghost functions are proved but not counted."""
    return text.rfind("/*@", 0, at) > text.rfind("*/", 0, at)


def core_files(root="."):
    """The .c files and the headers of the core that are not of one architecture."""
    found = []
    for room in ROOMS:
        folder = room if room == "common" else f"kernel/{room}"
        for ending in "ch":
            found += sorted(glob.glob(f"{root}/{folder}/*.{ending}"))
    return [path[len(root) + 1:] for path in found]


def proved_files():
    """What is proved: the core; and that there is a state of which kernel_wf holds."""
    return core_files() + [WITNESS]
