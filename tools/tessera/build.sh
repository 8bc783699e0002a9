# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera build [TARGET...]    build everything, or make's targets; prints the numbers
#: needs build

start=$(date +%s.%N)
build "$@"
[ $# -gt 0 ] || /usr/bin/python3 tools/check/figures.py "$BUILD" --seconds \
    "$(awk -v a="$start" -v b="$(date +%s.%N)" 'BEGIN { print b - a }')"
