#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""No count of the benchmark suite gets worse by more than 3 %, and all are the same twice.

The kept counts are in bench/expected.json; `./tessera bench --keep` changes them, on purpose.
"""
import sys

sys.path[:0] = ["tools/tessera", "tools/bench"]

import card  # noqa: E402
import counts  # noqa: E402
import heal  # noqa: E402
import rival  # noqa: E402
import table  # noqa: E402
from qemu import Report  # noqa: E402


def must(condition, why):
    """Fails a case."""
    if not condition:
        raise AssertionError(why)


def main(build):
    """One case for each path, then for limits, determinism, growth and size."""
    report = Report()
    try:
        paths, _ = counts.measure(build)
        again, _ = counts.measure(build)
    except counts.Failure as problem:
        report.case("the suite runs", lambda: must(False, str(problem).replace("\n", " | ")))
        return report.close()
    rows = table.rows(paths)
    programs = rival.rows(paths, table.figures())
    for name, fault in table.worse(rows + programs):
        report.case(f"bench {name}", lambda fault=fault: must(not fault, fault))
    cards = card.Cards(build)
    over = table.over(rows, [cards.make(path) for path in paths.values()])
    over += rival.over(programs)
    report.case("bench limits", lambda: must(not over, ", ".join(over)))
    other = [name for name, path in again.items()
             if path.median("kernel") != paths[name].median("kernel") and not table.varies(name)]
    report.case("bench is the same twice", lambda: must(not other, ", ".join(other)))
    grown = table.not_flat(rows)
    report.case("bench with 10,000 components as with one", lambda: must(not grown, grown))
    costly = heal.over(heal.rows(build, paths)) + heal.stale()
    report.case("bench cost of being healable", lambda: must(not costly, ", ".join(costly)))
    size = table.text_bytes(build)
    report.case("kernel text", lambda: must(size <= table.TEXT_LIMIT, f"{size} bytes"))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
