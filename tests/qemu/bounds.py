#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's bounds: no stretch without interrupts is longer than it may be, and no stay in the
kernel that is measured is longer than its bound. As ./tessera bounds."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools/tessera"))
from qemu import Report  # noqa: E402  (the path must be set first)


def bounds(build):
    """The whole of it."""
    run = subprocess.run(["/usr/bin/python3", "tools/bounds/bounds.py", build, "--measure"],
                         cwd=ROOT, capture_output=True, text=True, check=False)
    print(run.stdout)
    assert run.returncode == 0, run.stdout.strip().split("\n")[-1] + run.stderr


def main(build):
    """One case."""
    report = Report()
    report.case("every stay in the kernel is bounded, and none is longer", lambda: bounds(build))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
