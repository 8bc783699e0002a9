#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Mbed TLS, as much of it as we use (config.h): Debian's source package at a pinned version, compiled
# for components.
#
#   mbedtls.sh path          where it is, or will be, installed: include/ and libmbedtls.a
#   mbedtls.sh build MUSL    fetch, verify, build and install it there, unless it is there already
#
# Kept in the user's cache as the C library is (tools/musl/musl.sh says how and why). License: Apache
# 2.0 (the package leaves the choice between that and the GPL).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
package=mbedtls
version=2.28.3-1
upstream=${version%-*}
sums=$here/sums
cache=${TESSERA_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tessera}
parts=(sha256 platform_util)
flags="-std=gnu11 -O2 -g -w -fno-pic -fno-pie -fno-stack-protector -fcf-protection=none
    -fno-omit-frame-pointer -fno-asynchronous-unwind-tables -ffreestanding -nostdinc"
# shellcheck source=tools/source/source.sh
. "$here/../source/source.sh"

key()
{
    cd "$here" && sha256sum sums config.h mbedtls.sh | sha256sum | cut -c1-12
}

compile()
{
    mkdir "$work/source"
    tar -xf "$cache/source/mbedtls_$upstream.orig.tar.gz" -C "$work/source" --strip-components=1
    cd "$work/source"
    for part in "${parts[@]}"; do
        # shellcheck disable=SC2086
        gcc $flags -isystem "$1/include" -isystem "$(gcc -print-file-name=include)" -Iinclude -Ilibrary \
            -DMBEDTLS_CONFIG_FILE="\"$here/config.h\"" -ffile-prefix-map="$PWD"=mbedtls \
            -c -o "$part.o" "library/$part.c" || die "Mbed TLS does not compile"
    done
    mkdir -p "$work/out/include/mbedtls"
    ar rcsD "$work/out/libmbedtls.a" "${parts[@]/%/.o}"
    cp include/mbedtls/sha256.h include/mbedtls/platform_util.h LICENSE "$work/out/include/mbedtls/"
    cp "$here/config.h" "$work/out/include/mbedtls/config.h"
}

build()
{
    mkdir -p "$cache"
    # Two builds at once would fetch and compile twice.
    exec 9>"$cache/lock" && flock 9
    [ ! -f "$target/libmbedtls.a" ] || return 0
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    source_get
    (compile "$1")
    rm -rf "$target" && mv "$work/out" "$target"
}

target=$cache/mbedtls-$version-$(key)
case ${1:-} in
path) echo "$target" ;;
build) build "$2" ;;
*) sed -n 's/^# \{0,1\}//; 3,8p' "$0" >&2 && exit 2 ;;
esac
