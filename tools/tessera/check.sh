# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera check [NAME...]      read the code: rooms, lengths, formats, warnings, analysis
#: needs build check

exec /usr/bin/python3 tools/check/check.py "$BUILD" "$@"
