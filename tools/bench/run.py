#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark: ./tessera bench [--json] [--plot FILE] [--card [NAME...]] [--keep] [--quick]
               ./tessera bench --linux [--json] [--keep]
               ./tessera bench --heal [--json] [--card]

Builds nothing: the kernel, the suite and the counter must be there (./tessera bench makes them).
"""
import argparse
import json
import re
import sys
import textwrap

import card
import counts
import heal
import rival
import table


PAGE = "docs/explanation/round-trip.md"


def arguments():
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="./tessera bench")
    parser.add_argument("build", help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--plot", metavar="FILE", help="also draw an SVG picture")
    parser.add_argument("--card", nargs="*", metavar="NAME",
                        help="what paths touch: those named, or all")
    parser.add_argument("--keep", action="store_true",
                        help=f"from now on these counts are expected: write {table.EXPECTED}, and "
                             f"the card in {PAGE}")
    parser.add_argument("--quick", action="store_true", help="20 runs of each, no large systems")
    parser.add_argument("--linux", metavar="KERNEL", nargs="?",
                        help="count the calls of the same programs on Debian's own kernel")
    parser.add_argument("--heal", action="store_true",
                        help="what it costs to be healable; with --card also what of it")
    asked = parser.parse_args()
    if asked.keep and asked.quick:
        parser.error("--keep takes the whole suite, without --quick")
    return asked


def cards(build, paths, names):
    """The cards asked for."""
    maker = card.Cards(build)
    unknown = [name for name in names if name not in paths]
    if unknown:
        sys.exit(f"bench: no path is called {unknown[0]}; they are: {' '.join(paths)}")
    return [maker.make(path) for name, path in paths.items()
            if name != "calibrate" and (not names or name in names)]


def page(build, paths):
    """Puts the card of the round trip into the page that explains it."""
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    body = card.text(card.Cards(build).make(paths["call_0"])).rstrip()
    block = "\n".join("    " + part for line in body.splitlines()
                      for part in textwrap.wrap(line, 90, subsequent_indent="    "))
    text = re.sub(r"(<!-- card -->\n).*(<!-- end -->)", lambda m: f"{m[1]}\n{block}\n\n{m[2]}",
                  text, flags=re.S)
    with open(PAGE, "w", encoding="utf-8") as file:
        file.write(text)


def calibration(paths, said):
    """The line that says what a tick is."""
    ticks = re.search(r"calibration: .*", said)
    counted = paths["calibrate"].median("user")
    return f"{ticks[0]}; the counter saw {counted:,}."


def main():
    """Runs the suite and says what was asked for."""
    asked = arguments()
    if asked.linux:
        rival.main(asked)
        return
    if asked.heal:
        sys.exit(heal.main(asked))
    try:
        paths, said = counts.measure(asked.build, "quick" if asked.quick else "")
    except counts.Failure as problem:
        sys.exit(f"bench: {problem}")
    made = table.rows(paths)
    programs = rival.rows(paths, table.figures())
    made_cards = [] if asked.card is None else cards(asked.build, paths, asked.card)
    if asked.json:
        print(json.dumps({"calibration": calibration(paths, said), "rows": made,
                          "programs": programs, "text_bytes": table.text_bytes(asked.build),
                          "cards": made_cards}, indent=1))
    else:
        print(calibration(paths, said) + "\n")
        print(table.table(made, asked.build))
        print(table.growth(made) + "\n")
        print(rival.table(programs) + "\n")
        for one in made_cards:
            print(card.text(one))
    if asked.plot:
        table.plot(made, asked.plot)
    if asked.keep:
        table.keep(made + programs, asked.build)
        page(asked.build, paths)


if __name__ == "__main__":
    main()
