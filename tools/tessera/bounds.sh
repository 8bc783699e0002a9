# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera bounds               the longest path through each entry of the kernel, in instructions
#: needs build bounds run

# What is measured to compare with are the kernel's tests, under a plugin of QEMU.
build "$BUILD/kernel.elf" "$BUILD/images/kernel.img" "$BUILD/tools/bounds" >&2
exec /usr/bin/python3 tools/bounds/bounds.py "$BUILD" --measure
