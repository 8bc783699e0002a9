#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""command.py [--trace] [--learn] SYSTEM.yaml OUTPUT.yaml WORD...: the same system, made to run
one command and end. With --trace all its system calls are lines of the log, with --learn all that
it reaches (learn.py makes a manifest of that).

The first program of such a system is a shell with a script as its last argument that ends in
`exec SHELL`; here it runs the words instead.
"""
import os
import re
import sys

import yaml


def main():
    """Writes the new manifest."""
    words = sys.argv[1:]
    asked = []
    while words[0] in ("--trace", "--learn"):
        asked.append({"--trace": "trace=all", "--learn": "learn=yes"}[words.pop(0)])
    system, output, *words = words
    with open(system, encoding="utf-8") as file:
        manifest = yaml.safe_load(file)
    folder = os.path.dirname(os.path.abspath(system))
    manifest["include"] = [os.path.join(folder, part)
                           for part in manifest["include"] + ["command.yaml"]]
    linux = manifest["components"]["linux"]
    linux["uses"].update(console={"protocol": "console", "from": "console2"}, power="power")
    # What is done there before the shell, for people at its prompt, is not the command's.
    script = 'arg=exec "$@"' if "learn=yes" in asked else re.sub(r"\bexec .*", 'exec "$@"',
                                                                linux["args"][-1])
    linux["args"][-1] = script
    linux["args"] += ["arg=sh"] + ["arg=" + word for word in words]
    linux["args"] += asked
    linux["restart"] = "never"
    with open(output, "w", encoding="utf-8") as file:
        yaml.safe_dump(manifest, file, sort_keys=False)


if __name__ == "__main__":
    main()
