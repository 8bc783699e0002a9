#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# A disk image with a Debian root file system: ext4 as Debian's mkfs.ext4 makes it, filled with
# Debian's packages, byte for byte.
#
#   rootfs.sh path [full]    where the image is, or will be
#   rootfs.sh build [full]   make it there, unless it is there already
#
# It is kept in the user's cache (TESSERA_CACHE, default ~/.cache/tessera) under a name made from
# what is in this folder, and made again when the list of packages changes. It is never written to
# by Tessera itself: ./tessera run works on a copy. The packages come from the mirrors that this
# machine's apt is configured for, and are checked with Debian's keys.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
suite=bookworm
set=${2:-base}
cache=${TESSERA_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/tessera}

die()
{
    echo "rootfs.sh: $1" >&2
    [ -z "${2:-}" ] || echo "  to mend it: $2" >&2
    exit 1
}

case $set in
base) size=1G ;;
full) size=4G ;;
*) die "there is no set of packages '$set'" "base or full" ;;
esac

packages()
{
    awk -v set="$set" '!/^#/ && NF == 2 && ($1 == "base" || $1 == set) { print $2 }' "$here/packages"
}

image()
{
    local key
    key=$({ packages; cat "$here/rootfs.sh"; } | sha256sum | cut -c1-12)
    echo "$cache/debian-$suite-$set-$key.ext4"
}

# Debian's main component from the mirrors that this machine uses.
sources()
{
    apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' | grep -E " $suite[a-z/-]* main$" | sort -u
}

# What Debian leaves to whoever installs it.
configure()
{
    echo tessera >"$1/etc/hostname"
    printf '127.0.0.1 localhost tessera\n' >"$1/etc/hosts"
    printf '# Mounts are what the sandbox'"'"'s manifest says.\n' >"$1/etc/fstab"
    sed -i 's/^root:[^:]*:/root::/' "$1/etc/shadow"
    rm -f "$1/etc/resolv.conf"
}

# Run by fill, as root or as what looks like it.
pack()
{
    tar -xpf "$work/root.tar" -C "$work/root" --exclude='./dev/*'
    configure "$work/root"
    mke2fs -q -t ext4 -L debian -d "$work/root" "$work/image" "$size" >/dev/null
}

fill()
{
    mkdir "$work/root"
    export -f pack configure
    export work size
    if [ "$(id -u)" = 0 ]; then
        pack
    else
        fakeroot bash -euc pack
    fi
}

build()
{
    local to
    to=$(image)
    [ ! -f "$to" ] || return 0
    mkdir -p "$cache"
    exec 9>"$cache/lock.rootfs" && flock 9 # two builds at a time would do it twice
    [ ! -f "$to" ] || return 0
    work=$(mktemp -d "$cache/rootfs.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    sources >"$work/sources"
    [ -s "$work/sources" ] || die "apt has no mirror of Debian $suite configured" \
        "see /etc/apt/sources.list.d"
    echo "Making a Debian root file system ($set, about a minute; kept in $cache)" >&2
    mmdebstrap --quiet --variant=minbase --include="$(packages | paste -sd,)" \
        "$suite" "$work/root.tar" - <"$work/sources" >"$work/log" 2>&1 || {
        tail -n 5 "$work/log" >&2
        die "mmdebstrap failed" "see above; ./tessera doctor looks at the machine"
    }
    fill
    e2fsck -fn "$work/image" >"$work/log" 2>&1 || die "the new image is damaged: $(tail -n 1 "$work/log")"
    rm -f "$cache/debian-$suite-$set-"*.ext4
    mv "$work/image" "$to"
}

case ${1:-} in
path) image ;;
build) build ;;
*) die "usage: rootfs.sh path|build [base|full]" ;;
esac
