#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Debian's busybox-static, byte for byte: the program of `./tessera run --small`.
#
#   busybox.sh path    where the executable is, or will be
#   busybox.sh build   fetch the package, verify it and unpack it there, unless it is there already
#
# It comes from whatever mirror this machine's apt is configured for; what makes it ours to trust is
# the sum below. It is kept in the user's cache (TESSERA_CACHE, default ~/.cache/tessera).
set -euo pipefail

version=1:1.35.0-4+deb12u1+b1
package=busybox-static_1.35.0-4+deb12u1+b1_amd64.deb
sum=3d3fdbe91d4660c873e14b092c213fe81c1da6362daa236eb25d0171eb108744
cache=${TESSERA_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tessera}
target=$cache/busybox-static-${sum:0:12}/busybox

die()
{
    echo "busybox.sh: $1" >&2
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
    (cd "$work" && apt-get -q -o APT::Sandbox::User= download "busybox-static=$version") >"$work/log" 2>&1 || {
        tail -n 3 "$work/log" >&2
        die "busybox-static $version is not to be had from the configured mirror" \
            "apt-get update, or put $package into $cache"
    }
    find "$work" -name 'busybox-static_*.deb' -exec mv {} "$cache/$package" \;
}

build()
{
    [ -f "$target" ] && return
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/work.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    verified "$cache/$package" || fetch
    verified "$cache/$package" || die "$cache/$package is not what it should be (SHA-256)" "delete it and try again"
    dpkg-deb -x "$cache/$package" "$work/out"
    mkdir -p "$(dirname "$target")"
    mv "$work/out/bin/busybox" "$target"
}

case ${1:-} in
path) echo "$target" ;;
build) build ;;
*) die "usage: busybox.sh path|build" ;;
esac
