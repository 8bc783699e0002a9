#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian's kernel for virtual machines, byte for byte: the Linux that Tessera is compared with.
#
#   kernel.sh path     where the kernel is, or will be
#   kernel.sh release  what uname -r says there
#   kernel.sh build    fetch the package, verify it and unpack the kernel there, unless it is there
set -euo pipefail
# shellcheck source=tools/debian/package.sh
. "$(dirname "${BASH_SOURCE[0]}")/package.sh"

release=6.1.0-56-cloud-amd64
name=linux-image-$release
version=6.1.192-2
package=${name}_${version}_amd64.deb
sum=e7d02b943971edcb8790e256c02cfab3bca6c3d37c1bf25392a57c71300615ee
member=./boot/vmlinuz-$release
target=$(package_target vmlinuz)

case ${1:-} in
path) echo "$target" ;;
release) echo "$release" ;;
build) package_build "$target" ;;
*) die "usage: kernel.sh path|release|build" ;;
esac
