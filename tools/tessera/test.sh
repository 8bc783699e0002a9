# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera test [-v] [NAME...]  build and run every test, or those named; ends with the counts
#: needs build run test image check

exec /usr/bin/python3 tools/tessera/test.py "$BUILD" "$@"
