#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# The C library of native components: Debian's source package of musl at a pinned version, with the
# few files of overlay/ in place of what talks to a Linux kernel.
#
#   musl.sh path    where it is, or will be, installed: include/ and lib/libc.a
#   musl.sh build   fetch, verify, build and install it there, unless it is there already
#
# It is kept in the user's cache (TESSERA_CACHE, default ~/.cache/tessera) under a name made from
# everything it depends on, so that a clean build does not make it again. The source comes from
# whatever mirror this machine's apt is configured for; the machine's own configuration and package
# lists stay as they are. What makes it ours to trust is the file `sums`, not the mirror.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
package=musl
version=1.2.3-1
upstream=${version%-*}
sums=$here/sums
cache=${TESSERA_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tessera}
flags="-O2 -g -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none -fno-omit-frame-pointer"
# Assembly that makes Linux system calls; the overlay or musl's generic C replaces each.
unwanted=(signal/x86_64/restore.s process/x86_64/vfork.s thread/x86_64/__set_thread_area.s
    thread/x86_64/__unmapself.s thread/x86_64/clone.s thread/x86_64/syscall_cp.s)

# shellcheck source=tools/source/source.sh
. "$here/../source/source.sh"

key()
{
    cd "$here" && { find overlay -type f | LC_ALL=C sort | xargs sha256sum; sha256sum sums musl.sh; } |
        sha256sum | cut -c1-12
}

compile()
{
    tar -xf "$cache/source/musl_$upstream.orig.tar.gz" -C "$work"
    cd "$work/musl-$upstream"
    (cd src && rm "${unwanted[@]}")
    cp -r "$here/overlay/." .
    ./configure --target=x86_64 --prefix="$work/out" --disable-shared CC=gcc \
        CFLAGS="$flags -ffile-prefix-map=$PWD=musl-$upstream" >"$work/log" 2>&1 &&
        make -j"$(nproc)" CROSS_COMPILE= lib/libc.a >>"$work/log" 2>&1 &&
        make CROSS_COMPILE= install-headers >>"$work/log" 2>&1 || { tail -n 8 "$work/log" | cut -c1-200 >&2; die "musl does not compile"; }
    mkdir -p "$work/out/lib" && cp lib/libc.a COPYRIGHT "$work/out/lib/"
    if [ "$(objdump -d "$work/out/lib/libc.a" | grep -cP '\tsyscall\s*$')" != 0 ]; then
        die "libc.a still has a SYSCALL instruction: the overlay is not whole"
    fi
}

build()
{
    mkdir -p "$cache"
    # Two builds at once would fetch and compile twice.
    exec 9>"$cache/lock" && flock 9
    [ ! -f "$target/lib/libc.a" ] || return 0
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    echo "  The C library is built once and kept in $target (about a minute)"
    source_get
    (compile)
    rm -rf "$target" && mv "$work/out" "$target"
}

target=$cache/musl-$version-$(key)
case ${1:-} in
path) echo "$target" ;;
build) build ;;
*) sed -n 's/^# \{0,1\}//; 3,9p' "$0" >&2 && exit 2 ;;
esac
