#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian's kernel for virtual machines, byte for byte: the Linux that Tessera is compared with.
#
#   kernel.sh path     where the kernel is, or will be
#   kernel.sh release  what uname -r says there
#   kernel.sh build    fetch the package, verify it and unpack the kernel there, unless it is there
#
# It comes from whatever mirror this machine's apt is configured for; what makes it ours to trust is
# the sum below. It is kept in the user's cache (TESSERA_CACHE, default ~/.cache/tessera).
set -euo pipefail

release=6.1.0-56-cloud-amd64
version=6.1.192-2
package=linux-image-${release}_${version}_amd64.deb
sum=e7d02b943971edcb8790e256c02cfab3bca6c3d37c1bf25392a57c71300615ee
cache=${TESSERA_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tessera}
target=$cache/linux-${sum:0:12}/vmlinuz

die()
{
    echo "kernel.sh: $1" >&2
    [ -z "${2:-}" ] || echo "  to mend it: $2" >&2
    exit 1
}

verified()
{
    [ -f "$1" ] && echo "$sum  $1" | sha256sum --status -c
}

fetch()
{
    command -v apt-get >/dev/null || die "apt-get is not here" "put $package into $cache"
    (cd "$work" && apt-get -q -o APT::Sandbox::User= download "linux-image-$release=$version") >"$work/log" 2>&1 || {
        tail -n 3 "$work/log" >&2
        die "linux-image-$release $version is not to be had from the configured mirror" \
            "apt-get update, or put $package into $cache"
    }
    find "$work" -name 'linux-image-*.deb' -exec mv {} "$cache/$package" \;
}

build()
{
    [ -f "$target" ] && return
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/work.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    verified "$cache/$package" || fetch
    verified "$cache/$package" || die "$cache/$package is not what it should be (SHA-256)" "delete it and try again"
    dpkg-deb --fsys-tarfile "$cache/$package" | tar -xf - -C "$work" "./boot/vmlinuz-$release"
    mkdir -p "$(dirname "$target")"
    mv "$work/boot/vmlinuz-$release" "$target"
}

case ${1:-} in
path) echo "$target" ;;
release) echo "$release" ;;
build) build ;;
*) die "usage: kernel.sh path|release|build" ;;
esac
