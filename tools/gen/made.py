# SPDX-License-Identifier: BSD-2-Clause
"""Files that are made from a definition."""
import os


def write(path, text):
    """Leave a file that would not change alone, so that nothing is rebuilt for it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.exists(path) and open(path).read() == text:
        return
    with open(path, "w") as f:
        f.write(text)
