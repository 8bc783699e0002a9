#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# libext2fs, the library of ext4's structures: Debian's source package of e2fsprogs at a pinned
# version, compiled for components (with our C library) and for this machine (with the address
# sanitizer, for the host tests).
#
#   ext2fs.sh path    where it is, or will be, installed: include/, user/ and host/libext2fs.a
#   ext2fs.sh build MUSL   fetch, verify, build and install it there, unless it is there already
#
# Kept in the user's cache as the C library is (tools/musl/musl.sh says how and why). Nothing of the
# package's own build runs: configure would look at this machine, and the answers for components are
# in config/. License: LGPL 2 (libext2fs) and MIT (libcom_err).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
package=e2fsprogs
version=1.47.0-2
upstream=${version%-*}
sums=$here/sums
cache=${TESSERA_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tessera}
flags="-std=gnu11 -O2 -g -w -D_GNU_SOURCE -fno-strict-aliasing -ffunction-sections -fdata-sections"
flags_user="-fno-pic -fno-pie -fno-stack-protector -fcf-protection=none -fno-omit-frame-pointer
    -fno-asynchronous-unwind-tables -ftls-model=local-exec -nostdinc"
flags_host="-O1 -fno-omit-frame-pointer -fsanitize=address"
# Parts that are of no use without files, devices and threads of Linux or another system.
unwanted=(bb_compat dosio dupfs e2image flushb getsectsize getsize imager inode_io
    llseek native nt_io qcow2 sparse_io tdb tdbtool test_io undo_io unix_io windows_io
    gen_crc32ctable digest_encode sha256 finddev bmove progress icount irel_ma brel_ma)

# shellcheck source=tools/source/source.sh
. "$here/../source/source.sh"

key()
{
    cd "$here" && sha256sum config/* sums ext2fs.sh | sha256sum | cut -c1-12
}

# Headers and sources that the package makes before it compiles.
prepare()
{
    tar -xf "$cache/source/e2fsprogs_$upstream.orig.tar.gz" -C "$work"
    cd "$work/e2fsprogs-$upstream/lib"
    sed "s/@E2FSPROGS_VERSION@/$upstream/" ext2fs/ext2_err.et.in >ext2fs/ext2_err.et
    awk -f et/et_h.awk outfile=ext2fs/ext2_err.h outfn=ext2_err.h ext2fs/ext2_err.et
    awk -f et/et_c.awk outfile=ext2fs/ext2_err.c outfn=ext2_err.c ext2fs/ext2_err.et
    gcc -o crc32ctable -I"$here/config" -I. ext2fs/gen_crc32ctable.c -w
    ./crc32ctable >ext2fs/crc32c_table.h
    cp "$here/config/config.h" . && cp "$here/config/ext2_types.h" ext2fs/
    (cd ext2fs && rm -f tst_*.c && for part in "${unwanted[@]}"; do rm -f "$part.c"; done)
}

# compile_for NAME FLAGS...: an archive of all that is left.
compile_for()
{
    local name=$1 file; shift
    mkdir -p "objects/$name" "$work/out/$name"
    printf '%s\n' ext2fs/*.c et/{error_message,et_name,init_et,com_err,com_right}.c |
        xargs -P "$(nproc)" -I{} sh -c 'gcc "$@" -I. -Iext2fs -ffile-prefix-map="$PWD"=libext2fs -c "$0" \
            -o "objects/'"$name"'/$(basename "$0").o"' {} $flags -DHAVE_CONFIG_H "$@" || return 1
    ar rcsD "$work/out/$name/libext2fs.a" objects/"$name"/*.o
}

compile()
{
    prepare
    # shellcheck disable=SC2086
    compile_for user $flags_user -isystem "$1/include" -isystem "$(gcc -print-file-name=include)" >"$work/log" 2>&1 &&
        compile_for host $flags_host >>"$work/log" 2>&1 || {
        tail -n 8 "$work/log" | cut -c1-200 >&2
        die "libext2fs does not compile"
    }
    mkdir -p "$work/out/include/ext2fs" "$work/out/include/et"
    cp ext2fs/{ext2fs,ext2_fs,ext2_io,ext2_types,ext2_err,ext2_ext_attr,ext3_extents,bitops,hashmap}.h \
        "$work/out/include/ext2fs/"
    cp et/com_err.h "$work/out/include/et/" && cp ../NOTICE "$work/out/"
}

build()
{
    mkdir -p "$cache"
    # Two builds at once would fetch and compile twice.
    exec 9>"$cache/lock" && flock 9
    [ ! -f "$target/host/libext2fs.a" ] || return 0
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    source_get
    (compile "$1")
    rm -rf "$target" && mv "$work/out" "$target"
}

target=$cache/ext2fs-$version-$(key)
case ${1:-} in
path) echo "$target" ;;
build) build "${2:?the folder of the C library}" ;;
*) sed -n 's/^# \{0,1\}//; 3,9p' "$0" >&2 && exit 2 ;;
esac
