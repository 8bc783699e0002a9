#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# record.sh: what the cases say on the Linux of this machine becomes tests/linux/expected.txt. To be
# run as root, with /bin/sh and an empty /tmp that may be written to.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${BUILD:-build}
make --no-print-directory BUILD="$build" "$build/linux/cases"
{
    echo "# SPDX-License-Identifier: BSD-2-Clause"
    echo "# What tests/linux says on Linux $(uname -r); made by tests/linux/record.sh."
    "$build/linux/cases"
} >tests/linux/expected.txt.new
mv tests/linux/expected.txt.new tests/linux/expected.txt
