#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""The short form of ./tessera inject: 2,000 faults, always the same ones."""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

os.execv(sys.executable, [sys.executable, os.path.join(ROOT, "tools/inject/inject.py"), sys.argv[1],
                          "--faults", "2000", "--jobs", "2", "--again", "--short"])
