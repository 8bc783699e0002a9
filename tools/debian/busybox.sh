#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian's busybox-static, byte for byte: the program of `./tessera run --small`.
#
#   busybox.sh path    where the executable is, or will be
#   busybox.sh build   fetch the package, verify it and unpack it there, unless it is there already
set -euo pipefail
# shellcheck source=tools/debian/package.sh
. "$(dirname "${BASH_SOURCE[0]}")/package.sh"

name=busybox-static
version=1:1.35.0-4+deb12u1+b1
package=busybox-static_1.35.0-4+deb12u1+b1_amd64.deb
sum=3d3fdbe91d4660c873e14b092c213fe81c1da6362daa236eb25d0171eb108744
member=./bin/busybox
target=$(package_target busybox)

case ${1:-} in
path) echo "$target" ;;
build) package_build "$target" ;;
*) die "usage: busybox.sh path|build" ;;
esac
