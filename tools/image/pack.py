#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""pack.py PROGRAM OUT: a boot image with one program as the first component, and an empty archive.

For kernel tests and benchmarks that run in the place of root (lib/first). The layout is that of
abi/image.h; whole systems are packed by tools/manifest.
"""
import struct
import sys

PAGE = 4096
MAGIC, VERSION = 0x6567616D49737354, 1
READ, WRITE, EXECUTE = 1, 2, 4
LOAD, FLAG_X, FLAG_W = 1, 1, 2
SEGMENTS_MAX = 8
MASK = (1 << 64) - 1


def segments(data):
    """(address, bytes in the file, size in memory, flags) of each part that is loaded."""
    if data[:6] != b"\x7fELF\x02\x01":
        sys.exit("pack.py: the program is not a little-endian 64-bit ELF file")
    table, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for index in range(count):
        kind, flags, offset, address, _, length, memory = struct.unpack_from(
            "<IIQQQQQ", data, table + index * size)
        if kind == LOAD and memory:
            access = READ | (WRITE if flags & FLAG_W else 0) | (EXECUTE if flags & FLAG_X else 0)
            yield address, data[offset:offset + length], memory, access


def checksum(data):
    """image_sum() of abi/image.h."""
    a = b = 0
    for (word,) in struct.iter_unpack("<Q", data):
        a = (a + word) & MASK
        b = (b + a) & MASK
    return a, b


def pack(data):
    """The whole image."""
    entry, = struct.unpack_from("<Q", data, 24)
    head, body = [], b""
    for address, content, memory, access in segments(data):
        lead = address % PAGE
        content = b"\0" * lead + content
        # Every segment has at least a page in the image, clear if it has nothing to say.
        head.append((PAGE + len(body), max(len(content), 1), address - lead, memory + lead, access))
        body += content.ljust(max(-(-len(content) // PAGE), 1) * PAGE, b"\0")
    if len(head) > SEGMENTS_MAX:
        sys.exit(f"pack.py: the program has {len(head)} segments; {SEGMENTS_MAX} at most")
    total = PAGE + len(body)
    header = struct.pack("<9Q", MAGIC, VERSION, total, *checksum(body), entry, len(head), total, 0)
    header += b"".join(struct.pack("<5Q", *each) for each in head)
    return header.ljust(PAGE, b"\0") + body


def main(arguments):
    """Packs one program."""
    if len(arguments) != 2:
        sys.exit(__doc__)
    with open(arguments[0], "rb") as file:
        image = pack(file.read())
    with open(arguments[1], "wb") as file:
        file.write(image)


if __name__ == "__main__":
    main(sys.argv[1:])
