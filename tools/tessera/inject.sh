# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera inject [--faults N]   inject faults into a running system, tell what became of them
#: needs build run

build all
exec /usr/bin/python3 tools/inject/inject.py "$BUILD" "$@"
