# SPDX-License-Identifier: BSD-2-Clause
#: ./tessera doctor               say what is wrong with this machine and how to mend it

wrong=0

# good WHAT / bad WHAT FIX / note WHAT FIX (works, but could be better)
good() { printf '  good  %s\n' "$1"; }
bad() { printf '  WRONG %s\n        to mend it: %s\n' "$1" "$2" && wrong=$((wrong + 1)); }
note() { printf '  note  %s\n        %s\n' "$1" "$2"; }

check_system()
{
    local name version
    name=$(. /etc/os-release 2>/dev/null && echo "${ID:-unknown}")
    version=$(. /etc/os-release 2>/dev/null && echo "${VERSION_ID:-}")
    if [ "$name $version" = "debian 12" ]; then
        good "Debian 12"
    else
        note "this is $name $version; Tessera is tested on Debian 12" "packages may be called otherwise: $PACKAGES"
    fi
    if [ "$(uname -m)" = x86_64 ]; then
        good "an x86-64 processor"
    else
        bad "this is a $(uname -m) machine" "build on an x86-64 one: cross-compiling is not set up yet"
    fi
}

check_packages()
{
    command -v dpkg-query >/dev/null || return 0
    local lines
    lines=$(missing "")
    if [ -z "$lines" ]; then
        good "every package that is needed"
    elif [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; then
        note "not installed yet: $(cut -d' ' -f1 <<<"$lines" | tr '\n' ' ')" "the commands that need them install them"
    else
        bad "not installed: $(cut -d' ' -f1 <<<"$lines" | tr '\n' ' ')" \
            "as root: apt-get install $(cut -d' ' -f1 <<<"$lines" | tr '\n' ' ')"
    fi
}

check_python()
{
    if ! [ -x /usr/bin/python3 ]; then
        note "no /usr/bin/python3" "./tessera build installs it"
    elif /usr/bin/python3 -c 'import yaml' 2>/dev/null; then
        good "Python with yaml"
    else
        bad "/usr/bin/python3 has no yaml module" "apt-get install python3-yaml (./tessera build does it)"
    fi
}

check_library()
{
    local path
    path=$(tools/musl/musl.sh path)
    if [ -f "$path/lib/libc.a" ]; then
        good "the C library is built: $path"
    elif [ -n "$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null)" ]; then
        note "the C library is not built yet" "the first build does it, once, with source from your Debian mirror"
    else
        bad "the C library is not built and apt knows no mirror to get it from" \
            "configure one in /etc/apt/sources.list.d"
    fi
}

check_machine()
{
    local free
    free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
    if [ "$free" -ge 1024 ]; then
        good "$free MiB of disk are free"
    else
        bad "only $free MiB of disk are free" "make room for 1 GiB"
    fi
    if [ "$(accelerator)" = kvm:tcg ]; then
        good "QEMU can use KVM"
    elif [ -w /dev/kvm ]; then
        note "/dev/kvm is there, but QEMU cannot use it: it emulates, which is slower but works" \
            "usually a virtual machine whose host does not nest well"
    elif [ -e /dev/kvm ]; then
        note "/dev/kvm is there but you may not use it, so QEMU emulates, which is slower" \
            "as root: adduser $(id -un) kvm, then log in again"
    else
        note "no /dev/kvm: QEMU emulates, which is slower but works" \
            "switch virtualisation on in the firmware, or nesting in the host of this machine"
    fi
}

check_tree()
{
    local spaces
    spaces=$(pwd | grep -c '[[:space:]]' || true)
    [ "$spaces" = 0 ] && good "a path without blanks" ||
        bad "the path of this folder has a blank in it, which make cannot bear" "move it: $(pwd)"
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        good "a git repository"
    else
        note "not a git repository, or no git" "the checks list files with git: clone rather than copy"
    fi
    if [ -d "$BUILD" ] && [ ! -w "$BUILD" ]; then
        bad "$BUILD belongs to $(stat -c %U "$BUILD")" "as root: rm -r $BUILD"
    fi
}

check_system
check_packages
check_python
check_library
check_machine
check_tree
[ "$wrong" = 0 ] && echo "Nothing is wrong." || { echo "$wrong things are wrong."; exit 1; }
