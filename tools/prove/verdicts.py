# SPDX-License-Identifier: BSD-2-Clause
"""What is known: of each function, by a hash of all that its proof depends on, which parts of it
have been proved. A verdict about another text, or by other tools, is none."""
import hashlib
import json
import os
import re

import source

DEFINE = re.compile(r"^#define (\w+)(.*)$", re.M)
# An annotation that begins with a predicate; axioms and ghosts are for all.
LOGIC = re.compile(r"/\*@\s*(?://[^\n]*\n\s*)*(?:predicate|logic)\b(?:(?!\*/).)*\*/", re.S)
WORD = re.compile(r"\b[A-Za-z_]\w*\b")
FOLDER = "tools/prove/verdicts"


def path_of(path):
    """Where the verdict about a file is kept."""
    return f"{FOLDER}/{path.replace('/', '_')}.json"


def read(path, tools):
    """The verdict about a file. @param tools that it must be from; None: any"""
    if not os.path.exists(path_of(path)):
        return {"apart": [], "functions": {}}
    with open(path_of(path), encoding="utf-8") as file:
        known = json.load(file)
    return known if tools in (None, known["tools"]) else {"apart": [], "functions": {}}


def write(path, tools, apart, functions):
    """Keeps the verdict about a file, with what others have found out about the same text since."""
    known = read(path, tools)["functions"]
    functions = {name: {**known[name], **about} if known.get(name, about)["key"] == about["key"]
                 and name in known else about for name, about in functions.items()}
    with open(path_of(path), "w", encoding="utf-8") as file:
        json.dump({"tools": tools, "apart": apart, "functions": dict(sorted(functions.items()))},
                  file, indent=1)
        file.write("\n")


def keys_of(text, names):
    """What the verdict about each function is about: the text without layout and plain comments,
    without the bodies of other functions that have contracts (a call is proved from the contract),
    and without the contracts of those that it does not call; of macros and predicates those that
    are used."""
    named = {m[1]: m[0] for m in DEFINE.finditer(text)}
    text = DEFINE.sub("", text)
    text = re.sub(r"/\*(?!@).*?\*/", " ", text, flags=re.S)
    text = re.sub(r"^# \d+ .*$", "", text, flags=re.M)
    for block in LOGIC.findall(text):
        take_logic(block, named)
    text = LOGIC.sub(" ", text)
    pieces = split(text)
    shared = " ".join(head for name, head, _ in pieces if name is None)
    return {name: key_of(name, pieces, shared, named) for name in names}


def take_logic(block, named):
    """Puts the predicates of an annotation to what is known by name."""
    parts = re.split(r"\b(?=(?:predicate|logic \w+) \w+)", re.sub(r"//.*", "", block))
    for part in parts[1:]:
        name = re.match(r"(?:predicate|logic \w+) (\w+)", part)[1]
        named[name] = named.get(name, "") + part


def split(text):
    """A text in pieces: (function with a contract, its contract and head, its body), or (None, text
    that all share, "")."""
    heads = list(source.HEAD.finditer(text))
    specified = {m["name"] for m in heads if source.contract(text, m.start())}
    pieces, last = [], 0
    for match in heads:
        start = source.contract_start(text, match.start())
        if start is None:
            start = match.start()
        if match["name"] not in specified or start < last:
            continue
        end = text.index("\n}", match.end()) + 2 if match["end"] == "{" else match.end()
        pieces += [(None, text[last:start], ""),
                   (match["name"], text[start:match.end()], text[match.end():end])]
        last = end
    return pieces + [(None, text[last:], "")]


def key_of(name, pieces, shared, named):
    """The key of one function; see keys_of."""
    body = " ".join(body for owner, _, body in pieces if owner == name)
    called = set(re.findall(r"\b\w+\b(?=\s*\()", shared + body)) | {name}
    kept = [head for owner, head, _ in pieces if owner is None or owner in called]
    words = " ".join(" ".join([*kept, body, *used(kept + [body], named)]).split())
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def used(texts, named):
    """The macros and predicates that some texts use, and those that these use."""
    found, new = {}, texts
    while new:
        names = {word for text in new for word in WORD.findall(text)} & set(named) - set(found)
        new = [named[name] for name in names]
        found.update((name, named[name]) for name in names)
    return [found[name] for name in sorted(found)]
