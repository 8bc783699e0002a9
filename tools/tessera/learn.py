#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""learn.py LOG SYSTEM.yaml OUTPUT.yaml: the system with just what the log says that it used.

The log has lines `learn: look PATH`, `change PATH`, `see PATH`, `use ROUTE`, `memory FIXED USED`
(linux/policy.c). Paths become rules among the arguments, which have little room: files of one
folder become the folder, the fullest first, until the rules fit.
"""
import collections
import os
import re
import sys

import yaml

ROOM = 512 - 16      # bytes of all arguments: COMPONENT_ARGS, and what ends them
LINE = re.compile(r"linux: warning: learn: (\w+) (.*)$", re.M)
MEGABYTE = 1 << 20


class Rules:
    """Paths by what may be done to them."""

    def __init__(self, used):
        self.paths = {what: set(used[what]) for what in ("change", "look", "see")}
        self.simplify()

    def simplify(self):
        """Leaves out what another rule says already."""
        change, look, see = (self.paths[what] for what in ("change", "look", "see"))
        self.paths["change"] = {p for p in change if not below(p, change - {p})}
        self.paths["look"] = {p for p in look if not below(p, (look - {p}) | self.paths["change"])}
        known = self.paths["look"] | self.paths["change"]
        self.paths["see"] = {p for p in see - known if not below(p, known) and
                             not any(below(k, {p}) for k in known | (see - {p}))}

    def arguments(self):
        """As the component takes them."""
        return [f"{what}={':'.join(sorted(paths))}" for what, paths in self.paths.items() if paths]

    def narrow(self):
        """Makes one folder of the files in it; False: nothing is left to do."""
        folders = collections.Counter(os.path.dirname(p) for p in self.paths["look"])
        folders.pop("/", None)
        if not folders:
            return False
        # The fullest; of those that are alike the deepest, which gives away least.
        folder = max(folders, key=lambda f: (folders[f], f.count("/")))
        self.paths["look"].add(folder)
        self.simplify()
        return True


def below(path, others):
    """Is it one of the others, or in one?"""
    return any(path == o or o == "/" or path.startswith(o + "/") for o in others)


def used_of(log):
    """What was used, by kind."""
    used = collections.defaultdict(list)
    for what, value in LINE.findall(log.replace("\r", "")):
        used[what].append(value)
    return used


def fit(linux, rules):
    """The rules, as narrow as there is room for them."""
    own = [word for word in linux["args"] if word != "learn=yes"]
    while sum(len(word) + 1 for word in own + rules.arguments()) > ROOM:
        if not rules.narrow():
            sys.exit("learn: the paths that it used do not fit into the arguments of a manifest; "
                     "give it fewer folders")
    linux["args"] = own + rules.arguments()


def mounts(linux, change):
    """Whose files nothing was changed on, may only be looked at."""
    for path, server in linux.get("files", {}).items():
        if not any(below(p, {path}) for p in change):
            linux["files"][path] = {"from": server, "may": "look"}


def memory(linux, used):
    """Twice as much: files in memory may take half of the pages, kernel objects take a quarter."""
    fixed, taken = map(int, used["memory"][0].split())
    need = fixed + taken * 2 + 2 * MEGABYTE
    linux["memory"] = f"{-(-need // MEGABYTE)}M"


def main():
    """Writes the manifest."""
    log, system, output = sys.argv[1:]
    with open(log, encoding="utf-8", errors="replace") as file:
        used = used_of(file.read())
    if not used["memory"]:
        sys.exit(f"learn: the command did not come to its end: see {log}")
    with open(system, encoding="utf-8") as file:
        manifest = yaml.safe_load(file)
    linux = manifest["components"]["linux"]
    rules = Rules(used)
    fit(linux, rules)
    mounts(linux, rules.paths["change"])
    memory(linux, used)
    linux["uses"] = {name: route for name, route in linux["uses"].items()
                     if name not in ("supervisor", "log-reader") or name in used["use"]}
    with open(output, "w", encoding="utf-8") as file:
        file.write("# What one run of a command used, by ./tessera run --learn.\n")
        yaml.safe_dump(manifest, file, sort_keys=False, width=1000)


if __name__ == "__main__":
    main()
