#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The same with a disk: stops, hangs and resets of its driver, partitions, ext4 and ramfs."""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

os.execv(sys.executable, [sys.executable, os.path.join(ROOT, "tools/inject/inject.py"), sys.argv[1],
                          "--system", "disk", "--seed", "42", "--kinds", "kill,hang,device-reset",
                          "--batch", "25", "--faults", "25", "--again", "--short"])
