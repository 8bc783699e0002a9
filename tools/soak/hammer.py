#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A million operations of two clients in one directory of ext4, each compared with what the client
knows that the outcome must be, while the server is killed a hundred times: hammer.py BUILD. The
manifest is tests/qemu/ext4_hammer.yaml. At the end e2fsck must find nothing.
"""
import os
import re
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "tools/tessera"), os.path.join(ROOT, "tests/qemu")]
from disk import CASE, CLOSE, PANIC, fail  # noqa: E402  (the path must be set first)
from ext4 import clean, make_disk  # noqa: E402
from qemu import Machine, Report, disk_options  # noqa: E402

HOURS = 6


def main(build):
    """One boot."""
    report = Report()
    os.makedirs(os.path.join(build, "log"), exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = make_disk(folder, "-", 48, "-b", "4096")
        with Machine(build, image=os.path.join(build, "tests/qemu/ext4_hammer.img"),
                     extra=disk_options(path),
                     log=os.path.join(build, "log", "ext4_hammer.txt")) as machine:
            while True:
                found = machine.expect(rf"(\d+) operations|{CLOSE}", HOURS * 3600, never=PANIC)
                if found[1] is None:
                    break
                print(f"# {2 * int(found[1])} operations", flush=True)
            for verdict, text in CASE.findall(machine.text):
                report.case(text, lambda v=verdict, t=text: v == "ok" or fail(t))
            restarts = len(re.findall(r"'ext4' is restarted", machine.text))
            print(f"# the server was restarted {restarts} times")
        report.case("e2fsck finds nothing", lambda: clean(path))
    return report.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
