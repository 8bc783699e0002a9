# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera bounds               the longest path through each entry of the kernel, in instructions
#: needs build bounds

make kernel >/dev/null
exec /usr/bin/python3 tools/bounds/bounds.py "$BUILD"
