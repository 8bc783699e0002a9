#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Packs files into a cpio archive (newc, cpio(5)), the same bytes for the same files.

    newc.py OUTPUT NAME=FILE... NAME:=TARGET... NAME/...
A NAME is a path without the leading slash; `:=` makes a symbolic link, a trailing slash a
directory,
and `FOLDER=` (no name) everything below a folder, as it is there.
"""
import os
import stat
import sys

TRAILER = "TRAILER!!!"


def entry(name, mode, data, number):
    """One member: header, name and contents, each padded to four bytes."""
    fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name.encode()) + 1, 0]
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def read(path):
    """Mode and contents of a file of this machine."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return status.st_mode, os.readlink(path).encode()
    if stat.S_ISDIR(status.st_mode):
        return stat.S_IFDIR | 0o755, b""
    with open(path, "rb") as file:
        return stat.S_IFREG | (status.st_mode & 0o111 and 0o755 or 0o644), file.read()


def below(folder):
    """Names of everything below a folder, in order."""
    for where, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(folders + files):
            yield os.path.relpath(os.path.join(where, name), folder)


def members(words):
    """(name, mode, contents) of each."""
    for word in words:
        name, equals, file = word.partition("=")
        if name.endswith(":"):
            yield name[:-1], stat.S_IFLNK | 0o777, file.encode()
        elif not equals:
            yield name.rstrip("/"), stat.S_IFDIR | 0o755, b""
        elif not file:
            for inner in below(name):
                yield (inner, *read(os.path.join(name, inner)))
        else:
            yield (name, *read(os.path.realpath(file)))


def main(output, *words):
    """Writes the archive."""
    with open(output, "wb") as archive:
        for number, (name, mode, data) in enumerate(members(words), 1):
            archive.write(entry(name, mode, data, number))
        archive.write(entry(TRAILER, 0, b"", 0))


if __name__ == "__main__":
    main(*sys.argv[1:])
